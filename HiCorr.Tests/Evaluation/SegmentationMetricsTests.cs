using HiCorr.Native.Devices;
using HiCorr.Native.Ops.ConfusionMatrix;
using HiCorr.Pipeline.Evaluation;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Tests.Evaluation;

public sealed class SegmentationMetricsTests
{
    private const byte None = ClassList.None;
    private static readonly ClassList s_classes = new("test", ["wall", "chair", "table", "sink"]);

    // wall: 3 points, 2 right, 1 taken for chair. chair: 2 points, 1 right, 1 without prediction. table: 1 point, taken for wall.
    private static readonly byte[] s_truth = [0, 0, 0, 1, 1, 2, None, None];
    private static readonly byte[] s_prediction = [0, 0, 1, 1, None, 0, 2, 0];

    [Fact]
    public void Gives_intersection_over_union_per_class()
    {
        double?[] iou = Compute().Iou;
        Assert.Equal(2.0 / 4, iou[0]!.Value, 12); // 2 / (3 true + 3 predicted - 2)
        Assert.Equal(1.0 / 3, iou[1]!.Value, 12); // 1 / (2 true + 2 predicted - 1)
        Assert.Equal(0.0, iou[2]!.Value, 12); // predicted only where there is no ground truth
    }

    [Fact]
    public void Leaves_a_class_in_neither_truth_nor_prediction_out_of_the_mean()
    {
        SegmentationMetrics metrics = Compute();
        Assert.Null(metrics.Iou[3]);
        Assert.Equal((0.5 + 1.0 / 3) / 3, metrics.MeanIou, 12);
    }

    [Fact]
    public void Counts_an_absent_class_as_one_in_clip2scene_mode()
    {
        SegmentationMetrics metrics = Compute(absentCountsAsOne: true);
        Assert.Equal(1.0, metrics.Iou[3]);
        Assert.Equal((0.5 + 1.0 / 3 + 0 + 1) / 4, metrics.MeanIou, 12);
    }

    [Fact]
    public void Leaves_the_wall_out_of_the_foreground() => Assert.Equal(1.0 / 3 / 2, Compute().ForegroundMeanIou, 12);

    [Fact]
    public void Counts_points_without_a_prediction_as_wrong_and_drops_those_without_truth()
    {
        SegmentationMetrics metrics = Compute();
        Assert.Equal(6, metrics.Points);
        Assert.Equal(3.0 / 6, metrics.OverallAccuracy, 12);
        Assert.Equal((2.0 / 3 + 1.0 / 2 + 0) / 3, metrics.MeanAccuracy, 12);
        Assert.Equal(5.0 / 6, metrics.Coverage, 12);
    }

    [Fact]
    public void Counts_all_scenes_in_one_matrix()
    {
        var matrix = new ConfusionMatrix(2);
        matrix.Add(CpuDevice.Default, [0, 0], [0, 1]);
        matrix.Add(CpuDevice.Default, [0, 1], [0, 1]);
        SegmentationMetrics metrics = SegmentationMetrics.Compute(matrix, new ClassList("two", ["a", "b"]));
        Assert.Equal(2.0 / 3, metrics.Iou[0]!.Value, 12);
        Assert.Equal(1.0 / 2, metrics.Iou[1]!.Value, 12);
    }

    [Fact]
    public void Gives_zero_without_any_labelled_point() =>
        Assert.Equal(0, SegmentationMetrics.Compute(new ConfusionMatrix(4), s_classes).MeanIou);

    private static SegmentationMetrics Compute(bool absentCountsAsOne = false)
    {
        var matrix = new ConfusionMatrix(s_classes.Count);
        matrix.Add(CpuDevice.Default, s_truth, s_prediction);
        return SegmentationMetrics.Compute(matrix, s_classes, absentCountsAsOne);
    }
}
