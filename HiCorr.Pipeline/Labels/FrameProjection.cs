using HiCorr.Native.Ops.Projection;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Labels;

/// <summary>Which points of a cloud a posed frame sees (<see cref="Projection"/>), and where they lie on its label maps.</summary>
public static class FrameProjection
{
    /// <param name="cloud">Points in the frame's world.</param>
    /// <param name="frame">Pose and both intrinsics.</param>
    /// <param name="depth">The frame's depth image.</param>
    /// <param name="imageWidth">Columns of the colour image.</param>
    /// <param name="imageHeight">Rows of the colour image.</param>
    /// <param name="test">Depth tolerance.</param>
    public static VisiblePoints Project(PointCloud cloud, Frame frame, DepthImage depth, int imageWidth, int imageHeight, DepthTest test)
    {
        var view = new ProjectionView(frame.CameraToWorld.Inverse().ToRowMajor(), Camera(frame.Color, imageWidth, imageHeight), Camera(frame.Depth, depth.Width, depth.Height), test);
        return Projection.Forward(cloud.Projected, view, depth.Millimetres);
    }

    /// <summary>Index of the label map's pixel that covers a place in the colour image.</summary>
    public static int PixelOf(LabelMap map, float column, float row)
    {
        int x = Math.Clamp((int)((column + 0.5f) * map.Width / map.ImageWidth), 0, map.Width - 1);
        int y = Math.Clamp((int)((row + 0.5f) * map.Height / map.ImageHeight), 0, map.Height - 1);
        return y * map.Width + x;
    }

    private static Pinhole Camera(Intrinsics camera, int width, int height) => new(camera.Fx, camera.Fy, camera.Cx, camera.Cy, width, height);
}
