using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Tests.Networks;

public sealed class VoxelFeaturesTests
{
    /// <summary>Two points in the cell from 0 to 1 m, a third in a cell of its own; the mean of all is the origin.</summary>
    private static readonly PointCloud s_cloud = new()
    {
        Positions = [0.25f, 0.5f, 0.5f, 0.75f, 0.25f, 0.5f, -1f, -0.75f, -1f],
        Colors = [255, 0, 0, 0, 255, 0, 0, 0, 255],
        Normals = [0, 0, 1, 1, 0, 0, 0, -1, 0],
    };

    private static readonly double[] s_upright = [1, 0, 0, 0, 1, 0, 0, 0, 1];

    [Fact]
    public void Colour_is_the_first_points() => Assert.Equal([1f, -1, -1], RowOfFirstPoint(NetworkInputs.Color, s_upright));

    [Fact]
    public void Colour_and_shape_are_means_over_the_voxel() =>
        Numbers.AssertClose(
            [0, 0, -1, // half red, half green
            0.5f, 0, 0.5f, // normals
            0.5f, // 1.5 m above the lowest point, less 1
            0, -0.25f, 0], // from the middle of the cell, in half cells
            RowOfFirstPoint(NetworkInputs.ColorAndShape, s_upright), 1e-6);

    [Fact]
    public void Normals_turn_with_the_cloud()
    {
        float[] row = RowOfFirstPoint(NetworkInputs.ColorAndShape, [0, -1, 0, 1, 0, 0, 0, 0, 1]); // a quarter turn: x becomes y

        Numbers.AssertClose([0, 0.5f, 0.5f], row[3..6], 1e-6);
    }

    private static float[] RowOfFirstPoint(NetworkInputs inputs, double[] turn)
    {
        using var device = new CpuDevice(1);
        using VoxelInput input = VoxelInput.Build(device, [(s_cloud, turn)], 1, inputs);
        using Tensor features = input.Features(device);
        Assert.Equal(2, features.Rows);
        return features.Row(input.RowOf(0, 0)).ToArray();
    }
}
