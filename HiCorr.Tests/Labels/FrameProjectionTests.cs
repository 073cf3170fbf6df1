using HiCorr.Native.Ops.Projection;
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
