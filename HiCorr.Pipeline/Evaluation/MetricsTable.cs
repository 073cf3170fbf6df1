using System.Globalization;
using Spectre.Console;

namespace HiCorr.Pipeline.Evaluation;

/// <summary>The report as a terminal table: a row per class, a column per system, percent.</summary>
public static class MetricsTable
{
    public static void Write(IAnsiConsole console, MetricsReport report)
    {
        (string Name, SegmentationMetrics Metrics)[] systems = [.. report.Systems];
        var table = new Table().Border(TableBorder.Rounded).AddColumn("IoU in %");
        foreach ((string name, _) in systems) table.AddColumn(new TableColumn(Markup.Escape(name)).RightAligned());

        for (int c = 0; c < report.Classes.Count; c++)
            table.AddRow([Markup.Escape(Mark(report, report.Classes.Names[c])), .. systems.Select(system => Percent(system.Metrics.Iou[c]))]);
        table.AddEmptyRow();
        table.AddRow(["[bold]mIoU[/]", .. systems.Select(system => $"[bold]{Percent(system.Metrics.MeanIou)}[/]")]);
        table.AddRow(["foreground mIoU", .. systems.Select(system => Percent(system.Metrics.ForegroundMeanIou))]);
        table.AddRow(["overall accuracy", .. systems.Select(system => Percent(system.Metrics.OverallAccuracy))]);
        table.AddRow(["mean accuracy", .. systems.Select(system => Percent(system.Metrics.MeanAccuracy))]);
        table.AddRow(["points with a label", .. systems.Select(system => Percent(system.Metrics.Coverage))]);
        console.Write(table);

        if (systems.Any(system => system.Metrics.Iou.Contains(null)))
            console.WriteLine("-: in neither ground truth nor prediction; left out of the mean.");
        if (report.UnknownClasses.Count > 0)
            console.WriteLine("*: not among the run's classes; its points are wrong, and it counts in the mean with 0.");
        if (report.ForeignClasses.Count > 0)
            console.WriteLine($"Not in the ground truth, so that their labels count as none: {string.Join(", ", report.ForeignClasses)}.");
    }

    private static string Mark(MetricsReport report, string name) => report.UnknownClasses.Contains(name) ? name + " *" : name;

    /// <summary>A share of 1 in percent with one digit; "-" for none.</summary>
    public static string Percent(double? share) => share is { } value ? (100 * value).ToString("0.0", CultureInfo.InvariantCulture) : "-";
}
