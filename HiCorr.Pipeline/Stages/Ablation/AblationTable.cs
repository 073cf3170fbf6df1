using System.Globalization;
using System.Text;
using System.Text.Json;
using HiCorr.Pipeline.Evaluation;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Stages.Ablation;

/// <summary>The table of an ablation: mean and spread over the seeds, beside the paper's figures.</summary>
/// <param name="rows">In order.</param>
/// <param name="results">As far as they are there.</param>
/// <param name="labels">Pseudo-labels without training, by name.</param>
public sealed class AblationTable(IReadOnlyList<AblationRow> rows, IReadOnlyList<AblationResult> results, IReadOnlyDictionary<string, SegmentationMetrics> labels)
{
    private static readonly string[] s_columns = ["row", "seeds", "mIoU", "min", "max", "foreground mIoU", "accuracy", "training s", "parameters", "in training", "paper's mIoU"];

    /// <summary>Writes <c>ablation.md</c>, <c>ablation.csv</c> (a line a training) and <c>ablation.json</c> (with the IoU of every class).</summary>
    public void Save(string folder)
    {
        AtomicFile.WriteText(Path.Combine(folder, "ablation.md"), ToMarkdown());
        AtomicFile.WriteText(Path.Combine(folder, "ablation.csv"), ToCsv());
        AtomicFile.WriteText(Path.Combine(folder, "ablation.json"), ToJson());
    }

    /// <summary>Percent, seconds and millions of parameters.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        Append(s_columns);
        Append(["---", .. s_columns.Skip(1).Select(_ => "---:")]);
        foreach ((string name, SegmentationMetrics metrics) in labels)
            Append([name, "", MetricsTable.Percent(metrics.MeanIou), "", "", MetricsTable.Percent(metrics.ForegroundMeanIou), MetricsTable.Percent(metrics.OverallAccuracy), "", "", "", ""]);
        foreach (AblationRow row in rows) Append(Cells(row));
        return text.ToString();

        void Append(IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
    }

    public string ToCsv()
    {
        var text = new StringBuilder("row,seed,miou,foreground_miou,overall_accuracy,mean_accuracy,training_seconds,network_parameters,training_parameters\n");
        foreach (AblationResult r in results)
            text.Append(CultureInfo.InvariantCulture, $"\"{r.Row}\",{r.Seed},{r.Metrics.MeanIou:R},{r.Metrics.ForegroundMeanIou:R},{r.Metrics.OverallAccuracy:R},{r.Metrics.MeanAccuracy:R},{r.TrainingSeconds:R},{r.NetworkParameters},{r.TrainingParameters}\n");
        return text.ToString();
    }

    public string ToJson() => JsonSerializer.Serialize(new
    {
        schemaVersion = 1,
        labels,
        rows = rows.Select(row => new { row.Name, settings = row.Settings.ToDictionary(s => s.Key, s => s.Value), paperMiou = row.Paper, results = Of(row) }),
    }, new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true });

    private AblationResult[] Of(AblationRow row) => [.. results.Where(result => result.Row == row.Name)];

    private IEnumerable<string> Cells(AblationRow row)
    {
        AblationResult[] of = Of(row);
        string paper = row.Paper?.ToString("0.0", CultureInfo.InvariantCulture) ?? "";
        if (of.Length == 0) return [row.Name, "0", "", "", "", "", "", "", "", "", paper];
        return
        [
            row.Name, of.Length.ToString(CultureInfo.InvariantCulture), MetricsTable.Percent(of.Average(r => r.Metrics.MeanIou)), MetricsTable.Percent(of.Min(r => r.Metrics.MeanIou)), MetricsTable.Percent(of.Max(r => r.Metrics.MeanIou)),
            MetricsTable.Percent(of.Average(r => r.Metrics.ForegroundMeanIou)), MetricsTable.Percent(of.Average(r => r.Metrics.OverallAccuracy)), of.Average(r => r.TrainingSeconds).ToString("0", CultureInfo.InvariantCulture),
            Millions(of[0].NetworkParameters), Millions(of[0].TrainingParameters), paper,
        ];
    }

    private static string Millions(long count) => (count / 1e6).ToString("0.00 M", CultureInfo.InvariantCulture);
}
