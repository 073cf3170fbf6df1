using System.Text.Json;
using HiCorr.Pipeline.Evaluation;
using HiCorr.Pipeline.Evaluation.Noise;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Segmentation;

namespace HiCorr.Tests.Evaluation.Noise;

/// <summary>
/// Six points: 0 to 2 are wall, 3 and 4 chair, 5 has no ground truth. Segment 0 holds points 0 to 3, segment 1 the others. The run's classes are chair,
/// wall and lamp. View 0 labels 0 wall, 1 lamp, 2 wall, 5 wall; view 1 labels 0 wall, 3 chair, 4 wall, 5 chair.
/// </summary>
public sealed class LabelNoiseTests
{
    private const byte Chair = 0, Wall = 1, Lamp = 2;

    [Fact]
    public void Drops_points_without_ground_truth_and_counts_foreign_labels_as_wrong()
    {
        LabelNoise noise = Measure();
        Assert.Equal(2, noise.Raw.Views);
        Assert.Equal(6, noise.Raw.Pooled.Points);
        Assert.Equal(4 / 6.0, noise.Raw.Pooled.OverallAccuracy, 12);
        Assert.Equal((2 / 3.0 + 2 / 3.0) / 2, noise.Raw.MeanAccuracy, 12);
    }

    [Fact]
    public void Measures_refined_labels_beside_the_raw_ones() => Assert.Equal(1, Measure().Refined.Pooled.OverallAccuracy, 12);

    [Fact]
    public void Compares_views_by_the_runs_own_labels()
    {
        ViewAgreement views = Measure().AcrossViews;
        Assert.Equal(1, views.Points);
        Assert.Equal(1, views.PairAgreement);
        Assert.Equal(0, views.UnanimousWrong);
    }

    [Fact]
    public void Groups_labels_by_view_and_segment()
    {
        SegmentNoise segments = Measure().InSegments;
        Assert.Equal(2, segments.Segments);
        // View 0: wall lamp wall. View 1: wall chair on segment 0, wall on segment 1.
        Assert.Equal((2 + 1 + 1) / 6.0, segments.MajorityShare, 12);
    }

    [Fact]
    public void Bounds_refinement_by_the_best_label_of_every_segment()
    {
        SegmentationMetrics ceiling = Measure().InSegments.Ceiling;
        Assert.Equal(4 / 5.0, ceiling.OverallAccuracy, 12); // point 3 is a chair in a segment of wall
        Assert.Equal((3 / 4.0 + 1 / 2.0) / 2, ceiling.MeanIou, 12);
    }

    [Fact]
    public void Counts_how_many_views_label_the_points_of_a_class()
    {
        IReadOnlyList<ClassVisibility> classes = Measure().Visibility.Classes;
        Assert.Equal(3, classes[0].Points);
        Assert.Equal([0, 2 / 3.0, 1 / 3.0, 0, 0], classes[0].ByViews!);
        Assert.Equal(4 / 3.0, classes[0].MeanViews!.Value, 12);
        Assert.Equal(1, classes[1].Scenes);
        Assert.Null(classes[2].ByViews);
        Assert.Equal([0, 4 / 5.0, 1 / 5.0, 0, 0], Measure().Visibility.All.ByViews!);
        Assert.Equal((5, 1), (Measure().Visibility.All.Points, Measure().Visibility.All.Scenes));
    }

    [Fact]
    public void Reports_every_class_in_json_and_markdown()
    {
        var report = new LabelNoiseReport(Measure(), "val");
        using JsonDocument json = JsonDocument.Parse(report.ToJson());
        JsonElement root = json.RootElement;
        Assert.Equal(4 / 6.0, root.GetProperty("singleViews").GetProperty("raw").GetProperty("accuracy").GetDouble(), 12);
        Assert.Equal(1.0, root.GetProperty("acrossViews").GetProperty("pairAgreement").GetDouble());
        Assert.Equal(0.8, root.GetProperty("insideSegments").GetProperty("purity").GetDouble(), 12);
        Assert.Equal(["wall", "chair", "sink"], root.GetProperty("classes").EnumerateArray().Select(c => c.GetProperty("name").GetString()));
        string[] lines = report.ToMarkdown().Split('\n');
        Assert.Contains("| | accuracy, all labels together | 66.7 |", lines.Select(line => line.Replace("|  |", "| |", StringComparison.Ordinal)));
        Assert.StartsWith("| wall | 60.0 | 1 | 1.3 | 0.0 | 66.7 | 33.3 |", Assert.Single(lines, line => line.StartsWith("| wall", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    private static LabelNoise Measure()
    {
        var truth = new ClassList("truth", ["wall", "chair", "sink"]);
        var noise = new LabelNoise(truth, new ClassMapping(new ClassList("run", ["chair", "wall", "lamp"]), truth));
        var pairs = new LabelPairs
        {
            FrameOffsets = [0, 4, 8],
            Points = [0, 1, 2, 5, 0, 3, 4, 5],
            Raw = [Wall, Lamp, Wall, Wall, Wall, Chair, Wall, Chair],
            Refined = [Wall, Wall, Wall, Wall, Wall, Chair, Chair, Chair],
            Confidence = new byte[8],
        };
        noise.AddScene([0, 0, 0, 1, 1, ClassList.None], pairs, new Segments([0, 0, 0, 0, 1, 1], 2));
        return noise;
    }
}
