using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Projection;
using HiCorr.Tests.Native.Cuda;

namespace HiCorr.Tests.Native.Ops;

public sealed class ProjectionTests
{
    private static readonly DepthTest s_fiveCentimetres = new(0.05, Relative: false);

    [Theory]
    [InlineData(2.05f, true)]
    [InlineData(1.95f, true)]
    [InlineData(2.06f, false)]
    [InlineData(1.94f, false)]
    public void Sees_a_point_only_within_the_absolute_tolerance(float z, bool seen) =>
        Assert.Equal(seen, Sees([0, 0, z], 2000, new DepthTest(0.0501, false)));

    [Theory]
    [InlineData(4.9f, true)]
    [InlineData(5.1f, false)]
    [InlineData(3.1f, true)]
    [InlineData(2.9f, false)]
    public void Sees_a_point_within_a_share_of_the_measured_depth_when_relative(float z, bool seen) =>
        Assert.Equal(seen, Sees([0, 0, z], 4000, new DepthTest(0.25, true)));

    [Theory]
    [InlineData(0f)]
    [InlineData(-2f)]
    [InlineData(float.NaN)]
    public void Never_sees_a_point_that_is_not_in_front_of_the_camera(float z) => Assert.False(Sees([0, 0, z], 2000, new DepthTest(100, false)));

    [Fact]
    public void Never_sees_a_point_behind_a_hole_in_the_depth() => Assert.False(Sees([0, 0, 0.01f], 0, new DepthTest(100, false)));

    [Theory]
    [InlineData(-0.89f, true)] // u = -0.45, the left half of the first pixel
    [InlineData(-0.91f, false)] // u = -0.55
    [InlineData(0.69f, true)] // u = 7.45, the right half of the last pixel
    [InlineData(0.71f, false)] // u = 7.55
    public void Reaches_half_a_pixel_beyond_the_outer_centres(float x, bool seen) => Assert.Equal(seen, Sees([x, 0, 2], 2000, s_fiveCentimetres));

    /// <summary>By the formula, a point at a time: 1,001 points all around, so that most blocks of them are out of sight, and other intrinsics for depth.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1.3)]
    [InlineData(3.9)]
    public void Sees_what_a_loop_over_all_points_sees(double angle)
    {
        float[] random = KernelData.Uniform("positions", 2 * 1001), positions = new float[3 * 1001];
        for (int i = 0; i < 1001; i++)
        {
            double reach = 1.5 + random[2 * i], direction = i * Math.Tau / 1001;
            (positions[3 * i], positions[3 * i + 1], positions[3 * i + 2]) = ((float)(reach * Math.Cos(direction)), (float)(reach * Math.Sin(direction)), random[2 * i + 1] / 2);
        }
        positions[3 * 500] = float.NaN;
        (double sin, double cos) = Math.SinCos(angle);
        double[] m = [cos, -sin, 0, 0.3, 0, 0, -1, 0.1, sin, cos, 0, -0.2, 0, 0, 0, 1];
        ushort[] depth = [.. Enumerable.Range(0, 300).Select(i => (ushort)(i % 7 == 0 ? 0 : 500 + 5 * i))];

        VisiblePoints seen = Project(positions, new ProjectionView(m, new Pinhole(30, 31, 20.5, 14, 41, 30), new Pinhole(15, 15, 9, 8, 20, 15), new DepthTest(0.4, Relative: false)), depth);

        var expected = new List<(int, float, float)>();
        for (int i = 0; i < 1001; i++)
        {
            double px = positions[3 * i], py = positions[3 * i + 1], pz = positions[3 * i + 2];
            double x = m[0] * px + m[1] * py + m[2] * pz + m[3], y = m[4] * px + m[5] * py + m[6] * pz + m[7], z = m[8] * px + m[9] * py + m[10] * pz + m[11];
            double u = 30 * x / z + 20.5, v = 31 * y / z + 14, du = 15 * x / z + 9, dv = 15 * y / z + 8;
            if (!(z > 0 && u >= -0.5 && u < 40.5 && v >= -0.5 && v < 29.5 && du >= -0.5 && du < 19.5 && dv >= -0.5 && dv < 14.5)) continue;
            int millimetres = depth[(int)(dv + 0.5) * 20 + (int)(du + 0.5)];
            if (millimetres > 0 && Math.Abs(millimetres / 1000.0 - z) <= 0.4) expected.Add((i, (float)u, (float)v));
        }
        Assert.NotEmpty(expected);
        Assert.Equal(expected, seen.Points.Select((point, i) => (point, seen.Columns[i], seen.Rows[i])));
    }

    [Theory]
    [InlineData(12, 48)]
    [InlineData(16, 47)]
    public void Refuses_a_pose_or_a_depth_image_of_another_size(int pose, int depths) =>
        Assert.Throws<ArgumentException>(() => Project([0, 0, 1], Straight(s_fiveCentimetres) with { WorldToCamera = new double[pose] }, new ushort[depths]));

    [Fact]
    public void Refuses_positions_that_are_not_three_a_point() => Assert.Throws<ArgumentException>(() => new ProjectionPoints(CpuDevice.Default, new float[4]));

    private static bool Sees(float[] position, ushort millimetres, DepthTest test) =>
        Project(position, Straight(test), [.. Enumerable.Repeat(millimetres, 48)]).Points.Length == 1;

    /// <summary>No rotation, the camera at the origin.</summary>
    private static ProjectionView Straight(DepthTest test)
    {
        var camera = new Pinhole(10, 10, 4, 3, 8, 6);
        return new ProjectionView([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], camera, camera, test);
    }

    private static VisiblePoints Project(float[] positions, ProjectionView view, ushort[] depth)
    {
        using var points = new ProjectionPoints(CpuDevice.Default, positions);
        return Projection.Forward(points, view, depth);
    }
}
