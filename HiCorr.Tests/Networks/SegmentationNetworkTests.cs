using HiCorr.Native.Devices;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Tests.Networks;

public sealed class SegmentationNetworkTests
{
    private const int Points = 60;

    private readonly PointCloud _cloud = new()
    {
        Positions = Numbers.Normal(3 * Points, 2), Colors = [.. Enumerable.Range(0, 3 * Points).Select(i => (byte)(i * 37))], Normals = new float[3 * Points],
    };

    [Fact]
    public void A_voxels_scores_are_the_mean_over_its_points_in_all_turns()
    {
        using var device = new CpuDevice(1);
        using SegmentationNetwork network = Network(device);
        using VoxelScores once = network.Score(_cloud, (0, 0, 1));
        using VoxelScores turned = network.Score(Turned(_cloud), (0, 0, 1));
        network.Turns = 2;
        using VoxelScores both = network.Score(_cloud, (0, 0, 1));

        for (int voxel = 0; voxel < once.Rows.Rows; voxel++)
        {
            int[] points = [.. Enumerable.Range(0, Points).Where(p => once.Input.RowOf(0, p) == voxel)];
            double[] expected = [.. Enumerable.Range(0, 2).Select(c =>
                (once.Rows.Row(voxel)[c] + points.Average(p => (double)turned.Rows.Row(turned.Input.RowOf(0, p))[c])) / 2)];
            Numbers.AssertClose(expected, both.Rows.Row(voxel), 1e-4);
        }
    }

    /// <summary>Half a turn about z: x and y change sign.</summary>
    private static PointCloud Turned(PointCloud cloud) => new()
    {
        Positions = [.. cloud.Positions.Select((value, i) => i % 3 == 2 ? value : -value)], Colors = cloud.Colors, Normals = cloud.Normals,
    };

    private static SegmentationNetwork Network(CpuDevice device) =>
        new(device, TextEmbeddings.Normalised(new ClassList("two", ["a", "b"]), 4, Numbers.Normal(8, 1)), 0.5);
}
