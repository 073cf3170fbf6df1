using System.Globalization;
using System.Text;
using System.Text.Json;
using HiCorr.Pipeline.Evaluation;
using HiCorr.Pipeline.Reports;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Storage;
using MathNet.Numerics.Statistics;

namespace HiCorr.Pipeline.Stages.Comparison;

/// <summary>The table of a comparison: mean and spread over the seeds, beside the papers' figures, and the IoU of every class.</summary>
/// <param name="name">Of its files, <c>NAME.md</c>, <c>NAME.csv</c> and <c>NAME.json</c>.</param>
/// <param name="rows">In order.</param>
public sealed class ComparisonTable(string name, IReadOnlyList<ComparisonRow> rows)
{
    private const int SchemaVersion = 2;

    private readonly List<ComparisonResult> _results = [];

    /// <summary>What the pseudo-labels themselves reach, projected and refined, without any training.</summary>
    private readonly Dictionary<string, SegmentationMetrics> _labels = [];

    private ClassList _classes = new("none", []);

    public IReadOnlyList<ComparisonRow> Rows { get; } = rows;

    /// <param name="result">One row with one seed.</param>
    /// <param name="classes">Of the ground truth, the same for all results.</param>
    public void Add(ComparisonResult result, ClassList classes)
    {
        _results.Add(result);
        _classes = classes;
    }

    /// <summary>Labels of the first row that has them stay: those of later ones may come from a setting that was varied.</summary>
    public void SetLabels(string system, SegmentationMetrics metrics) => _labels.TryAdd(system, metrics);

    /// <summary>Writes the table as Markdown, as CSV (a line a result) and as JSON.</summary>
    public void Save(string folder)
    {
        AtomicFile.WriteText(Path.Combine(folder, name + ".md"), ToMarkdown());
        AtomicFile.WriteText(Path.Combine(folder, name + ".csv"), ToCsv());
        AtomicFile.WriteText(Path.Combine(folder, name + ".json"), ToJson());
    }

    /// <summary>Percent, seconds and millions of parameters; the deviation is the sample's, over the seeds.</summary>
    public string ToMarkdown()
    {
        var table = new MarkdownTable("row", "seeds", "mIoU", "deviation", "min", "max", "foreground mIoU", "accuracy", "training s", "parameters", "in training", "paper's mIoU");
        foreach ((string system, SegmentationMetrics metrics) in _labels)
            table.Add(system, "", MetricsTable.Percent(metrics.MeanIou), "", "", "", MetricsTable.Percent(metrics.ForegroundMeanIou), MetricsTable.Percent(metrics.OverallAccuracy), "", "", "", "");
        foreach (ComparisonRow row in Rows) table.Add(Cells(row));
        return table + "\n" + ClassTable();
    }

    public string ToCsv()
    {
        var text = new StringBuilder("row,seed,system,miou,foreground_miou,overall_accuracy,mean_accuracy,training_seconds,network_parameters,training_parameters\n");
        foreach (ComparisonResult r in _results)
            text.Append(CultureInfo.InvariantCulture, $"\"{r.Row}\",{r.Seed},{r.System},{r.Metrics.MeanIou:R},{r.Metrics.ForegroundMeanIou:R},{r.Metrics.OverallAccuracy:R},{r.Metrics.MeanAccuracy:R},{r.Training?.Seconds:R},{r.Training?.NetworkParameters},{r.Training?.TrainingParameters}\n");
        return text.ToString();
    }

    /// <summary>Shares from 0 to 1 but for the papers' percent; null for a class in neither ground truth nor prediction, and for a training that there is not.</summary>
    public string ToJson() => JsonSerializer.Serialize(new
    {
        schemaVersion = SchemaVersion,
        labels = _labels.ToDictionary(system => system.Key, system => Of(system.Value)),
        rows = Rows.Select(row => new
        {
            row.Name,
            row.Method,
            settings = row.Settings.ToDictionary(setting => setting.Key, setting => setting.Value),
            paperMIoU = row.Paper,
            meanMIoU = Of(row) is { Length: > 0 } of ? of.Average(r => r.Metrics.MeanIou) : (double?)null,
            mIoUDeviation = Deviation(Of(row)),
            results = Of(row).Select(result => new
            {
                result.Seed,
                result.System,
                trainingSeconds = result.Training?.Seconds,
                networkParameters = result.Training?.NetworkParameters,
                trainingParameters = result.Training?.TrainingParameters,
                metrics = Of(result.Metrics),
            }),
        }),
    }, new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true });

    private ComparisonResult[] Of(ComparisonRow row) => [.. _results.Where(result => result.Row == row.Name)];

    /// <summary>Named as in <c>metrics.json</c>.</summary>
    private object Of(SegmentationMetrics metrics) => new
    {
        metrics.Points,
        mIoU = metrics.MeanIou,
        foregroundMIoU = metrics.ForegroundMeanIou,
        metrics.OverallAccuracy,
        metrics.MeanAccuracy,
        metrics.Coverage,
        classes = _classes.Names.Zip(metrics.Iou, (className, iou) => new { name = className, iou }),
    };

    private string[] Cells(ComparisonRow row)
    {
        ComparisonResult[] of = Of(row);
        string paper = row.Paper?.ToString("0.0", CultureInfo.InvariantCulture) ?? "";
        if (of.Length == 0) return [row.Name, "0", "", "", "", "", "", "", "", "", "", paper];
        TrainingCost? training = of[0].Training;
        return
        [
            row.Name, of.Length.ToString(CultureInfo.InvariantCulture), MetricsTable.Percent(of.Average(r => r.Metrics.MeanIou)), MetricsTable.Percent(Deviation(of)),
            MetricsTable.Percent(of.Min(r => r.Metrics.MeanIou)), MetricsTable.Percent(of.Max(r => r.Metrics.MeanIou)), MetricsTable.Percent(of.Average(r => r.Metrics.ForegroundMeanIou)),
            MetricsTable.Percent(of.Average(r => r.Metrics.OverallAccuracy)), of.Average(r => r.Training?.Seconds)?.ToString("0", CultureInfo.InvariantCulture) ?? "",
            Millions(training?.NetworkParameters), Millions(training?.TrainingParameters), paper,
        ];
    }

    private string ClassTable()
    {
        ComparisonRow[] measured = [.. Rows.Where(row => Of(row).Length > 0)];
        var table = new MarkdownTable(["IoU in %, mean over seeds", .. _labels.Keys, .. measured.Select(row => row.Name)]);
        for (int c = 0; c < _classes.Count; c++)
            table.Add([_classes.Names[c], .. _labels.Values.Select(metrics => MetricsTable.Percent(metrics.Iou[c])), .. measured.Select(row => MetricsTable.Percent(Of(row).Average(r => r.Metrics.Iou[c])))]);
        return table.ToString();
    }

    private static double? Deviation(ComparisonResult[] of) => of.Length < 2 ? null : of.Select(r => r.Metrics.MeanIou).StandardDeviation();

    private static string Millions(long? count) => count is { } value ? (value / 1e6).ToString("0.00 M", CultureInfo.InvariantCulture) : "";
}
