using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Tests.Labels;

public sealed class FrameProjectionTests
{
    private static readonly Intrinsics s_camera = new(10, 10, 4, 3);
    private static readonly DepthTest s_fiveCentimetres = new(0.05, Relative: false);

    /// <summary>No rotation, the camera at the origin.</summary>
    private static readonly Pose s_identity = new(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0);

    [Fact]
    public void Maps_a_point_through_pose_and_intrinsics()
    {
        // The camera stands at (1, 2, 3) and looks along world x; its right is world -y, its down is world -z.
        var pose = new Pose(0, 0, 1, 1, -1, 0, 0, 2, 0, -1, 0, 3);
        // 2 m ahead, 0.2 m to the right, 0.4 m up: u = 10 * 0.1 + 4, v = 10 * -0.2 + 3.
        VisiblePoints seen = Project([3, 1.8f, 3.4f], Depth(2000), pose);

        Assert.Equal([0], seen.Points);
        Assert.Equal(5, seen.Columns[0], 1e-5);
        Assert.Equal(1, seen.Rows[0], 1e-5);
    }

    [Theory]
    [InlineData(2.05f, true)]
    [InlineData(1.95f, true)]
    [InlineData(2.06f, false)]
    [InlineData(1.94f, false)]
    public void Sees_a_point_only_within_the_absolute_tolerance(float z, bool seen) =>
        Assert.Equal(seen, Project([0, 0, z], Depth(2000), s_identity, new DepthTest(0.0501, false)).Points.Length == 1);

    [Theory]
    [InlineData(4.9f, true)]
    [InlineData(5.1f, false)]
    [InlineData(3.1f, true)]
    [InlineData(2.9f, false)]
    public void Sees_a_point_within_a_share_of_the_measured_depth_when_relative(float z, bool seen) =>
        Assert.Equal(seen, Project([0, 0, z], Depth(4000), s_identity, new DepthTest(0.25, true)).Points.Length == 1);

    [Theory]
    [InlineData(0f)]
    [InlineData(-2f)]
    [InlineData(float.NaN)]
    public void Never_sees_a_point_that_is_not_in_front_of_the_camera(float z) =>
        Assert.Empty(Project([0, 0, z], Depth(2000), s_identity, new DepthTest(100, false)).Points);

    [Fact]
    public void Never_sees_a_point_behind_a_hole_in_the_depth() =>
        Assert.Empty(Project([0, 0, 0.01f], Depth(0), s_identity, new DepthTest(100, false)).Points);

    /// <summary>By the formula, a point at a time: 1,001 points all around, so that most blocks of them are out of sight, and other intrinsics for depth.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1.3)]
    [InlineData(3.9)]
    public void Sees_what_a_loop_over_all_points_sees(double angle)
    {
        var random = new Random(1);
        float[] positions = new float[3 * 1001];
        for (int i = 0; i < 1001; i++)
        {
            double reach = 0.5 + 2 * random.NextDouble(), direction = i * Math.Tau / 1001;
            (positions[3 * i], positions[3 * i + 1], positions[3 * i + 2]) = ((float)(reach * Math.Cos(direction)), (float)(reach * Math.Sin(direction)), random.NextSingle() - 0.5f);
        }
        positions[3 * 500] = float.NaN;
        (double sin, double cos) = Math.SinCos(angle);
        var pose = new Pose(cos, 0, sin, 0.3, -sin, 0, cos, -0.2, 0, -1, 0, 0.1);
        Intrinsics color = new(30, 31, 20.5, 14), depthCamera = new(15, 15, 9, 8);
        var depth = new DepthImage(20, 15, [.. Enumerable.Range(0, 300).Select(i => (ushort)(i % 7 == 0 ? 0 : 500 + 5 * i))]);
        var test = new DepthTest(0.4, Relative: false);

        VisiblePoints seen = FrameProjection.Project(Cloud(positions), new Frame("0", pose, color, depthCamera, new NoImages()), depth, 41, 30, test);

        Pose inverse = pose.Inverse();
        var expected = new List<(int, float, float)>();
        for (int i = 0; i < 1001; i++)
        {
            (double x, double y, double z) = inverse.Apply(positions[3 * i], positions[3 * i + 1], positions[3 * i + 2]);
            double u = 30 * x / z + 20.5, v = 31 * y / z + 14, du = 15 * x / z + 9, dv = 15 * y / z + 8;
            if (!(z > 0 && u >= -0.5 && u < 40.5 && v >= -0.5 && v < 29.5 && du >= -0.5 && du < 19.5 && dv >= -0.5 && dv < 14.5)) continue;
            int millimetres = depth.Millimetres[(int)(dv + 0.5) * 20 + (int)(du + 0.5)];
            if (millimetres > 0 && Math.Abs(millimetres / 1000.0 - z) <= 0.4) expected.Add((i, (float)u, (float)v));
        }
        Assert.NotEmpty(expected);
        Assert.Equal(expected, seen.Points.Select((point, i) => (point, seen.Columns[i], seen.Rows[i])));
    }

    [Theory]
    [InlineData(-0.89f, true)] // u = -0.45, the left half of the first pixel
    [InlineData(-0.91f, false)] // u = -0.55
    [InlineData(0.69f, true)] // u = 7.45, the right half of the last pixel
    [InlineData(0.71f, false)] // u = 7.55
    public void Reaches_half_a_pixel_beyond_the_outer_centres(float x, bool seen) =>
        Assert.Equal(seen, Project([x, 0, 2], Depth(2000), s_identity).Points.Length == 1);

    [Fact]
    public void Tests_depth_in_the_depth_camera_and_labels_in_the_colour_camera()
    {
        ushort[] depth = new ushort[4 * 3];
        depth[1 * 4 + 3] = 2000; // row 1, column 3: the only measurement
        var frame = new Frame("0", s_identity, new Intrinsics(100, 100, 40, 30), new Intrinsics(5, 5, 2, 1), new NoImages());

        // x/z = 0.2: depth column 5 * 0.2 + 2 = 3, colour column 100 * 0.2 + 40 = 60.
        VisiblePoints seen = FrameProjection.Project(Cloud([0.4f, 0, 2]), frame, new DepthImage(4, 3, depth), 80, 60, s_fiveCentimetres);

        Assert.Equal([0], seen.Points);
        Assert.Equal(60, seen.Columns[0], 1e-4);
        Assert.Equal(30, seen.Rows[0], 1e-4);
    }

    [Theory]
    [InlineData(0f, 0f, 0)]
    [InlineData(3.4f, 0f, 0)] // columns 0 to 3 of the image are column 0 of the map
    [InlineData(3.6f, 0f, 1)]
    [InlineData(7.4f, 5.4f, 5)] // row 5 of the image is row 2 of the map: 2 * 2 + 1
    public void Scales_pixels_to_the_size_of_the_label_map(float column, float row, int expected)
    {
        // An image of 8 x 12 pixels, 4 x 2 of them per pixel of the map.
        var map = new LabelMap(2, 6, 8, 12, new byte[12], new byte[12]);
        Assert.Equal(expected, FrameProjection.PixelOf(map, column, row));
    }

    private static VisiblePoints Project(float[] positions, DepthImage depth, Pose pose, DepthTest? test = null) =>
        FrameProjection.Project(Cloud(positions), new Frame("0", pose, s_camera, s_camera, new NoImages()), depth, 8, 6, test ?? s_fiveCentimetres);

    private static DepthImage Depth(ushort millimetres) => new(8, 6, [.. Enumerable.Repeat(millimetres, 48)]);

    private static PointCloud Cloud(float[] positions) =>
        new() { Positions = positions, Colors = new byte[positions.Length], Normals = new float[positions.Length] };

    private sealed class NoImages : IFrameImages
    {
        public string ColorSource => "none";
        public string DepthSource => "none";
        public ColorImage ReadColor() => throw new NotSupportedException();
        public DepthImage ReadDepth() => throw new NotSupportedException();
    }
}
