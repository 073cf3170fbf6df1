using System.Buffers;
using System.Numerics;
using System.Runtime.Intrinsics;
using HiCorr.Pipeline.Geometry;
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
    /// <summary>Points that are tested side by side: doubles in a register.</summary>
    private const int Lanes = 4;

    /// <param name="cloud">Points in the frame's world.</param>
    /// <param name="frame">Pose and both intrinsics.</param>
    /// <param name="depth">The frame's depth image.</param>
    /// <param name="imageWidth">Columns of the colour image.</param>
    /// <param name="imageHeight">Rows of the colour image.</param>
    /// <param name="test">Depth tolerance.</param>
    public static VisiblePoints Project(PointCloud cloud, Frame frame, DepthImage depth, int imageWidth, int imageHeight, DepthTest test)
    {
        // A frame sees few of a scene's points: room for all of them comes from the pool.
        int[] points = ArrayPool<int>.Shared.Rent(cloud.Count);
        float[] columns = ArrayPool<float>.Shared.Rent(cloud.Count), rows = ArrayPool<float>.Shared.Rent(cloud.Count);
        Pose m = frame.CameraToWorld.Inverse();
        var view = new ViewPyramid(m, frame.Color, imageWidth, imageHeight);
        ReadOnlySpan<float> positions = cloud.Positions;
        // The last points, filled up with NaN, which nothing sees.
        Span<float> rest = stackalloc float[3 * Lanes];
        rest.Fill(float.NaN);
        positions[(cloud.Count / Lanes * Lanes * 3)..].CopyTo(rest);
        Span<double> zs = stackalloc double[Lanes], us = stackalloc double[Lanes], vs = stackalloc double[Lanes], depthUs = stackalloc double[Lanes], depthVs = stackalloc double[Lanes];
        int seen = 0;
        for (int first = 0; first < cloud.Count; first += Lanes)
        {
            if (first % PointBlocks.Size == 0 && !cloud.Blocks.MayBeIn(view, first / PointBlocks.Size))
            {
                first += PointBlocks.Size - Lanes;
                continue;
            }
            (Vector256<double> px, Vector256<double> py, Vector256<double> pz) = Deinterleave(first + Lanes <= cloud.Count ? positions.Slice(3 * first, 3 * Lanes) : rest);
            Vector256<double> z = m.R20 * px + m.R21 * py + m.R22 * pz + Vector256.Create(m.Tz);
            Vector256<double> before = Vector256.GreaterThan(z, Vector256<double>.Zero); // also drops NaN
            if (before == Vector256<double>.Zero) continue;

            Vector256<double> x = m.R00 * px + m.R01 * py + m.R02 * pz + Vector256.Create(m.Tx), y = m.R10 * px + m.R11 * py + m.R12 * pz + Vector256.Create(m.Ty);
            Vector256<double> u = frame.Color.Fx * x / z + Vector256.Create(frame.Color.Cx), v = frame.Color.Fy * y / z + Vector256.Create(frame.Color.Cy);
            uint inside = (before & IsInside(u, imageWidth) & IsInside(v, imageHeight)).ExtractMostSignificantBits();
            if (inside == 0) continue;

            Vector256<double> du = frame.Depth.Fx * x / z + Vector256.Create(frame.Depth.Cx), dv = frame.Depth.Fy * y / z + Vector256.Create(frame.Depth.Cy);
            inside &= (IsInside(du, depth.Width) & IsInside(dv, depth.Height)).ExtractMostSignificantBits();
            z.CopyTo(zs);
            u.CopyTo(us);
            v.CopyTo(vs);
            du.CopyTo(depthUs);
            dv.CopyTo(depthVs);
            for (; inside != 0; inside &= inside - 1)
            {
                int lane = BitOperations.TrailingZeroCount(inside);
                ushort millimetres = depth.Millimetres[Nearest(depthVs[lane]) * depth.Width + Nearest(depthUs[lane])];
                if (millimetres == 0) continue;
                double measured = millimetres / 1000.0;
                if (Math.Abs(measured - zs[lane]) > (test.Relative ? test.Tolerance * measured : test.Tolerance)) continue;

                points[seen] = first + lane;
                columns[seen] = (float)us[lane];
                rows[seen] = (float)vs[lane];
                seen++;
            }
        }
        var visible = new VisiblePoints(points[..seen], columns[..seen], rows[..seen]);
        ArrayPool<int>.Shared.Return(points);
        ArrayPool<float>.Shared.Return(columns);
        ArrayPool<float>.Shared.Return(rows);
        return visible;
    }

    /// <summary>Index of the label map's pixel that covers a place in the colour image.</summary>
    public static int PixelOf(LabelMap map, float column, float row)
    {
        int x = Math.Clamp((int)((column + 0.5f) * map.Width / map.ImageWidth), 0, map.Width - 1);
        int y = Math.Clamp((int)((row + 0.5f) * map.Height / map.ImageHeight), 0, map.Height - 1);
        return y * map.Width + x;
    }

    /// <summary>x, y and z of four points.</summary>
    private static (Vector256<double> X, Vector256<double> Y, Vector256<double> Z) Deinterleave(ReadOnlySpan<float> xyz)
    {
        Vector128<float> a = Vector128.Create(xyz), b = Vector128.Create(xyz[4..]), c = Vector128.Create(xyz[8..]); // x0 y0 z0 x1, y1 z1 x2 y2, z2 x3 y3 z3
        return (Widen(Vector128.Shuffle(Take(a, c, b), Vector128.Create(0, 3, 2, 1))), Widen(Vector128.Shuffle(Take(b, a, c), Vector128.Create(1, 0, 3, 2))),
            Widen(Vector128.Shuffle(Take(c, b, a), Vector128.Create(2, 1, 0, 3))));

        // The second and the third element from others than the first and the fourth.
        static Vector128<float> Take(Vector128<float> ends, Vector128<float> second, Vector128<float> third) =>
            Vector128.ConditionalSelect(Vector128.Create(0, -1, 0, 0).AsSingle(), second, Vector128.ConditionalSelect(Vector128.Create(0, 0, -1, 0).AsSingle(), third, ends));

        static Vector256<double> Widen(Vector128<float> values) => Vector256.WidenLower(values.ToVector256Unsafe());
    }

    /// <summary>A pixel covers half a pixel on every side of its centre.</summary>
    private static Vector256<double> IsInside(Vector256<double> coordinate, int length) =>
        Vector256.GreaterThanOrEqual(coordinate, Vector256.Create(-0.5)) & Vector256.LessThan(coordinate, Vector256.Create(length - 0.5));

    private static int Nearest(double coordinate) => (int)(coordinate + 0.5);
}
