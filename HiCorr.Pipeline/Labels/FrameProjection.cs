using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Labels;

/// <summary>How far a point may lie from the measured surface and still count as seen.</summary>
/// <param name="Tolerance">Metres, or a share of the measured depth.</param>
/// <param name="Relative">False: |D - z| &lt;= tolerance (HICL, CLIP2Scene). True: |D - z| &lt;= tolerance * D (OpenScene).</param>
public readonly record struct DepthTest(double Tolerance, bool Relative);

/// <summary>Points of a cloud that one frame sees, in ascending order, and where in its colour image.</summary>
/// <param name="Points">Indices into the cloud.</param>
/// <param name="Columns">u in pixels of the colour image, pixel centres at whole numbers.</param>
/// <param name="Rows">v in pixels of the colour image.</param>
public sealed record VisiblePoints(int[] Points, float[] Columns, float[] Rows); // (P) each

/// <summary>
/// Which points of a cloud a posed frame sees: x_c = E⁻¹ x with z &gt; 0, u = fx x/z + cx and v = fy y/z + cy nearest to a pixel
/// of the colour image (its intrinsics) and of the depth image (its own intrinsics), and measured depth within tolerance of z.
/// A hole in the depth image sees nothing.
/// </summary>
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
        int[] points = new int[cloud.Count];
        float[] columns = new float[cloud.Count], rows = new float[cloud.Count];
        Pose worldToCamera = frame.CameraToWorld.Inverse();
        ReadOnlySpan<float> positions = cloud.Positions;
        int seen = 0;
        for (int i = 0; i < points.Length; i++)
        {
            (double x, double y, double z) = worldToCamera.Apply(positions[3 * i], positions[3 * i + 1], positions[3 * i + 2]);
            if (!(z > 0)) continue; // also drops NaN

            double u = frame.Color.Fx * x / z + frame.Color.Cx, v = frame.Color.Fy * y / z + frame.Color.Cy;
            if (!IsInside(u, imageWidth) || !IsInside(v, imageHeight)) continue;

            double du = frame.Depth.Fx * x / z + frame.Depth.Cx, dv = frame.Depth.Fy * y / z + frame.Depth.Cy;
            if (!IsInside(du, depth.Width) || !IsInside(dv, depth.Height)) continue;

            ushort millimetres = depth.Millimetres[Nearest(dv) * depth.Width + Nearest(du)];
            if (millimetres == 0) continue;
            double measured = millimetres / 1000.0;
            if (Math.Abs(measured - z) > (test.Relative ? test.Tolerance * measured : test.Tolerance)) continue;

            points[seen] = i;
            columns[seen] = (float)u;
            rows[seen] = (float)v;
            seen++;
        }
        return new VisiblePoints(points[..seen], columns[..seen], rows[..seen]);
    }

    /// <summary>Index of the label map's pixel that covers a place in the colour image.</summary>
    public static int PixelOf(LabelMap map, float column, float row)
    {
        int x = Math.Clamp((int)((column + 0.5f) * map.Width / map.ImageWidth), 0, map.Width - 1);
        int y = Math.Clamp((int)((row + 0.5f) * map.Height / map.ImageHeight), 0, map.Height - 1);
        return y * map.Width + x;
    }

    /// <summary>A pixel covers half a pixel on every side of its centre.</summary>
    private static bool IsInside(double coordinate, int length) => coordinate >= -0.5 && coordinate < length - 0.5;

    private static int Nearest(double coordinate) => (int)(coordinate + 0.5);
}
