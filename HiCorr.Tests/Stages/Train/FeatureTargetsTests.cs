using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Projection;
using HiCorr.Native.Tensors;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Segmentation;
using HiCorr.Pipeline.Stages.Fuse;
using HiCorr.Pipeline.Stages.Train;
using HiCorr.Pipeline.Vision;

namespace HiCorr.Tests.Stages.Train;

/// <summary>Two scenes of four points, each in a voxel of its own; the features of a pixel turn with its column.</summary>
public sealed class FeatureTargetsTests : IDisposable
{
    private const int Points = 4, Dimension = 2;
    private static readonly float[] s_views = [0, 2.5f, 5, 9]; // column of each point
    private static readonly PointCloud s_cloud = new() { Positions = [0, 0, 0, 2, 0, 0, 4, 0, 0, 6, 0, 0], Colors = new byte[3 * Points], Normals = new float[3 * Points] };

    private readonly CpuDevice _device = new(1);
    private readonly VoxelInput _input;

    public FeatureTargetsTests()
    {
        double[] upright = Upright.Rotation((0, 0, 1));
        _input = VoxelInput.Build(_device, [(s_cloud, upright), (s_cloud, upright)], 1, NetworkInputs.Color);
    }

    public void Dispose()
    {
        _input.Dispose();
        _device.Dispose();
    }

    [Fact]
    public void Every_drawn_pair_has_the_feature_of_its_own_pixel()
    {
        // Of what a frame sees, class balance drew some; the second frame of the first scene sees its points two columns further.
        TrainingScene first = Scene(frame => frame == 0 ? Seen([0, 1, 3], 0) : Seen([1, 2], 2)), second = Scene(_ => Seen([0, 2, 3], 1));
        var drawn = new DrawnPairs[] { new([0, 3, 2], [0, 0, 0], [(0, 0..2), (1, 2..3)]), new([2, 3], [0, 0], [(4, 0..2)]) };
        (int Item, int Point, float Column)[] expected = [(0, 0, 0), (0, 3, 9), (0, 2, 7), (1, 2, 6), (1, 3, 10)];

        using RowTargets targets = FeatureTargets.OfPixels(_device, _input, [first, second], drawn, [.. expected.Select(pair => _input.RowOf(pair.Item, pair.Point))]);

        AssertLoss(targets, [.. expected.Select(pair => (_input.RowOf(pair.Item, pair.Point), At(pair.Column)))]);
    }

    [Fact]
    public void Every_point_that_a_view_sees_has_the_direction_of_its_fused_feature()
    {
        var fused = new FusedFeatures([1, 0, 2, 1], Dimension, [(Half)2, (Half)0, (Half)0, (Half)3, (Half)1, (Half)1]);
        TrainingScene scene = Scene(_ => throw new NotSupportedException()) with { ReadFused = () => fused };
        (int Point, float[] Direction)[] expected = [(0, [1, 0]), (2, [0, 1]), (3, [MathF.Sqrt(0.5f), MathF.Sqrt(0.5f)])];

        using RowTargets targets = FeatureTargets.OfPoints(_device, _input, [scene, scene]);

        AssertLoss(targets, [.. new[] { 0, 1 }.SelectMany(item => expected.Select(entry => (_input.RowOf(item, entry.Point), entry.Direction)))]);
    }

    /// <summary>The mean of 1 - cos over the entries, in double.</summary>
    private void AssertLoss(RowTargets targets, (int Row, float[] Direction)[] entries)
    {
        float[] features = Numbers.Normal(2 * Points * Dimension, 1);
        double expected = entries.Average(entry =>
        {
            double x = features[Dimension * entry.Row], y = features[Dimension * entry.Row + 1];
            return 1 - (x * entry.Direction[0] + y * entry.Direction[1]) / Math.Sqrt(x * x + y * y);
        });
        using Tensor rows = _device.Memory.Rent(targets.Rows.Length, Dimension);
        for (int i = 0; i < targets.Rows.Length; i++) features.AsSpan(Dimension * targets.Rows[i], Dimension).CopyTo(rows.Row(i));

        Assert.Equal(entries.Length, targets.Count);
        Assert.Equal(expected, targets.Loss(_device, rows, 1), 1e-6);
    }

    private static (VisiblePoints, PixelFeatures) Seen(int[] points, float shift) =>
        (new VisiblePoints(points, [.. points.Select(point => s_views[point] + shift)], [.. points.Select(_ => 1.5f)]), Features());

    private static float[] At(float column)
    {
        float[] feature = new float[Dimension];
        Features().Sample(column, 1.5f, new float[2 * Dimension], feature);
        return feature;
    }

    /// <summary>Three cells on an image of 12 x 4 pixels.</summary>
    private static PixelFeatures Features() => new(new FeatureMap(Dimension, 1, 3, [(Half)2, (Half)0, (Half)(-1), (Half)0, (Half)5, (Half)1]), 3, 1, 12, 4);

    private static TrainingScene Scene(Func<int, (VisiblePoints, PixelFeatures)> readFrame) => new("s", s_cloud, Upright.Rotation((0, 0, 1)),
        new LabelPairs { FrameOffsets = [0], Points = [], Raw = [], Refined = [], Confidence = [] }, new GeometricSets(new Segments([], 0))) { ReadFrame = readFrame };
}
