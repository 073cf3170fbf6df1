using System.Globalization;
using HiCorr.Pipeline.Evaluation;
using HiCorr.Pipeline.Stages;
using Spectre.Console;

namespace HiCorr.Pipeline.Cli;

/// <summary>The end of a run on the terminal: the comparison or the spread of labels, the time of every stage, and where the files are.</summary>
internal static class RunReport
{
    public static void Write(SegmentationRun run, string outFolder)
    {
        IAnsiConsole console = AnsiConsole.Console;
        if (run.Metrics is { } metrics) MetricsTable.Write(console, metrics);
        else if (run.Labels is { } labels) WriteLabels(console, labels);

        var timings = new Table().Border(TableBorder.Rounded).AddColumn("stage").AddColumn(new TableColumn("scenes").RightAligned())
            .AddColumn(new TableColumn("made now").RightAligned()).AddColumn(new TableColumn("seconds").RightAligned());
        foreach (StageTiming timing in run.Timings)
            timings.AddRow(timing.Stage, Text(timing.Scenes), Text(timing.Made), timing.Seconds.ToString("0.0", CultureInfo.InvariantCulture));
        console.Write(timings);
        console.WriteLine($"Clouds and pictures: {run.CloudFolder}");
        console.WriteLine($"Network, metrics, configuration: {outFolder}");
    }

    private static void WriteLabels(IAnsiConsole console, LabelSummary labels)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("share of points in %").AddColumn(new TableColumn("projected labels").RightAligned())
            .AddColumn(new TableColumn(Markup.Escape(labels.System)).RightAligned());
        IReadOnlyList<double> before = labels.ProjectedShares, after = labels.PredictedShares;
        for (int c = 0; c < labels.Classes.Count; c++) table.AddRow(Markup.Escape(labels.Classes[c]), MetricsTable.Percent(before[c]), MetricsTable.Percent(after[c]));
        table.AddEmptyRow();
        table.AddRow("points with a label", MetricsTable.Percent(labels.Coverage), MetricsTable.Percent(labels.PredictedCoverage));
        table.AddRow("agreement with the views", MetricsTable.Percent(labels.AgreementWithProjected), MetricsTable.Percent(labels.AgreementWithNetwork));
        table.AddRow("labels changed", "", MetricsTable.Percent(labels.Changed));
        console.Write(table);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
