using System.Text.Json;
using HiCorr.Pipeline.Evaluation;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Stages.Comparison;

namespace HiCorr.Tests.Stages.Comparison;

/// <summary>Two rows on two classes: one trained with two seeds (mIoU 20 and 40 %), one that trains nothing (10 %), and one that was not run yet.</summary>
public sealed class ComparisonTableTests
{
    [Fact]
    public void Gives_mean_and_spread_over_the_seeds_beside_the_papers_figure() =>
        Assert.Equal("| trained | 2 | 30.0 | 14.1 | 20.0 | 40.0 | 25.0 | 50.0 | 15 | 2.50 M | 4.00 M | 36.6 |", Line("| trained |"));

    [Fact]
    public void Leaves_the_training_of_a_method_without_one_empty() => Assert.Equal("| labels only | 1 | 10.0 | - | 10.0 | 10.0 | 25.0 | 50.0 |  |  |  |  |", Line("| labels only |"));

    [Fact]
    public void Keeps_a_row_that_was_not_run_yet() => Assert.Equal("| later | 0 |  |  |  |  |  |  |  |  |  | 12.3 |", Line("| later |"));

    [Fact]
    public void Shows_the_iou_of_every_class_for_labels_and_rows()
    {
        Assert.Equal("| IoU in %, mean over seeds | projected labels | trained | labels only |", Line("| IoU"));
        Assert.Equal("| chair | 5.0 | 15.0 | 5.0 |", Line("| chair |"));
    }

    [Fact]
    public void Labels_of_a_varied_row_do_not_take_the_place_of_the_shared_ones()
    {
        ComparisonTable table = Table();
        table.SetLabels("projected labels", Metrics(0.9));

        Assert.Equal(Table().ToMarkdown(), table.ToMarkdown());
    }

    [Fact]
    public void Names_the_classes_in_json()
    {
        using JsonDocument json = JsonDocument.Parse(Table().ToJson());
        JsonElement rows = json.RootElement.GetProperty("rows");
        JsonElement chair = rows[0].GetProperty("results")[1].GetProperty("metrics").GetProperty("classes")[1];
        Assert.Equal(("chair", 0.2), (chair.GetProperty("name").GetString(), chair.GetProperty("iou").GetDouble()));
        Assert.Equal(0.3, rows[0].GetProperty("meanMIoU").GetDouble(), 12);
        Assert.Equal(JsonValueKind.Null, rows[1].GetProperty("results")[0].GetProperty("trainingSeconds").ValueKind);
        Assert.Equal(JsonValueKind.Null, rows[2].GetProperty("meanMIoU").ValueKind);
        Assert.Equal("chair", json.RootElement.GetProperty("labels").GetProperty("projected labels").GetProperty("classes")[1].GetProperty("name").GetString());
    }

    [Fact]
    public void Writes_a_line_of_csv_a_result() => Assert.Equal("\"labels only\",0,projected labels,0.1,0.25,0.5,0.5,,,", Table().ToCsv().Split('\n')[3]);

    private static string Line(string start) => Assert.Single(Table().ToMarkdown().Split('\n'), line => line.StartsWith(start, StringComparison.Ordinal));

    private static ComparisonTable Table()
    {
        var classes = new ClassList("two", ["wall", "chair"]);
        var table = new ComparisonTable("test", [new("trained", "hicorr", [("a", "b")], 36.6), new("labels only", "hicorr", [], null), new("later", "hicorr", [], 12.3)]);
        table.SetLabels("projected labels", Metrics(0.1));
        table.Add(new ComparisonResult("trained", 0, "3D network", Metrics(0.2), new TrainingCost(10, 2_500_000, 4_000_000)), classes);
        table.Add(new ComparisonResult("trained", 1, "3D network", Metrics(0.4), new TrainingCost(20, 2_500_000, 4_000_000)), classes);
        table.Add(new ComparisonResult("labels only", 0, "projected labels", Metrics(0.1), null), classes);
        return table;
    }

    private static SegmentationMetrics Metrics(double miou) => new([1.5 * miou, miou / 2], miou, 0.25, 0.5, 0.5, 1, 100);
}
