using HiCorr.Native.Devices;
using HiCorr.Native.Ops.ConfusionMatrix;

namespace HiCorr.Tests.Native.Ops;

public sealed class ConfusionMatrixTests
{
    private const byte None = 255;

    [Fact]
    public void Counts_points_by_truth_and_prediction_over_several_scenes()
    {
        ConfusionMatrix matrix = Of(([0, 0, 1, 1], [0, 1, 1, 0]), ([1, 0], [1, 1]));
        Assert.Equal((1, 2, 1, 2), (matrix[0, 0], matrix[0, 1], matrix[1, 0], matrix[1, 1]));
        Assert.Equal((3, 3), (matrix.TruthCount(0), matrix.TruthCount(1)));
        Assert.Equal((2, 4), (matrix.PredictionCount(0), matrix.PredictionCount(1)));
        Assert.Equal(6, matrix.Total);
    }

    [Fact]
    public void Drops_points_without_truth() => Assert.Equal(1, Of(([None, 2, 0], [0, 1, 1])).Total);

    [Theory]
    [InlineData(None)]
    [InlineData(2)]
    public void Takes_a_prediction_outside_the_classes_for_none(byte prediction)
    {
        ConfusionMatrix matrix = Of(([1, 1], [prediction, 1]));
        Assert.Equal(1, matrix.Unpredicted(1));
        Assert.Equal(2, matrix.TruthCount(1));
    }

    [Fact]
    public void Refuses_predictions_that_are_not_as_many_as_the_points() => Assert.Throws<ArgumentException>(() => Of(([0, 1], [0])));

    private static ConfusionMatrix Of(params (byte[] Truth, byte[] Prediction)[] scenes)
    {
        var matrix = new ConfusionMatrix(2);
        foreach ((byte[] truth, byte[] prediction) in scenes) matrix.Add(CpuDevice.Default, truth, prediction);
        return matrix;
    }
}
