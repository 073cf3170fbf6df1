using System.Buffers;
using System.Numerics;
using System.Runtime.Intrinsics;

namespace HiCorr.Native.Ops.Projection;

public static partial class Projection
{
    /// <summary>Points that are tested side by side: doubles in a register.</summary>
    private const int Lanes = 4;

    private static VisiblePoints ForwardCpu(ReadOnlySpan<float> positions, PointBlocks blocks, ProjectionView view, ReadOnlySpan<ushort> depth)
    {
        int count = positions.Length / 3;
        // A view sees few of a scene's points: room for all of them comes from the pool.
        int[] points = ArrayPool<int>.Shared.Rent(count);
        float[] columns = ArrayPool<float>.Shared.Rent(count), rows = ArrayPool<float>.Shared.Rent(count);
        (Pinhole image, Pinhole sensor, DepthTest test) = (view.Image, view.Depth, view.Test);
        var pyramid = new ViewPyramid(view.WorldToCamera, image);
        ReadOnlySpan<double> m = view.WorldToCamera;
        (double r00, double r01, double r02, double tx) = (m[0], m[1], m[2], m[3]);
        (double r10, double r11, double r12, double ty) = (m[4], m[5], m[6], m[7]);
        (double r20, double r21, double r22, double tz) = (m[8], m[9], m[10], m[11]);
        // The last points, filled up with NaN, which nothing sees.
        Span<float> rest = stackalloc float[3 * Lanes];
        rest.Fill(float.NaN);
        positions[(count / Lanes * Lanes * 3)..].CopyTo(rest);
        Span<double> zs = stackalloc double[Lanes], us = stackalloc double[Lanes], vs = stackalloc double[Lanes], depthUs = stackalloc double[Lanes], depthVs = stackalloc double[Lanes];
        int seen = 0;
        for (int first = 0; first < count; first += Lanes)
        {
            if (first % PointBlocks.Size == 0 && !blocks.MayBeIn(pyramid, first / PointBlocks.Size))
            {
                first += PointBlocks.Size - Lanes;
                continue;
            }
            (Vector256<double> px, Vector256<double> py, Vector256<double> pz) = Deinterleave(first + Lanes <= count ? positions.Slice(3 * first, 3 * Lanes) : rest);
            Vector256<double> z = r20 * px + r21 * py + r22 * pz + Vector256.Create(tz);
            Vector256<double> before = Vector256.GreaterThan(z, Vector256<double>.Zero); // also drops NaN
            if (before == Vector256<double>.Zero) continue;

            Vector256<double> x = r00 * px + r01 * py + r02 * pz + Vector256.Create(tx), y = r10 * px + r11 * py + r12 * pz + Vector256.Create(ty);
            Vector256<double> u = image.Fx * x / z + Vector256.Create(image.Cx), v = image.Fy * y / z + Vector256.Create(image.Cy);
            uint inside = (before & IsInside(u, image.Width) & IsInside(v, image.Height)).ExtractMostSignificantBits();
            if (inside == 0) continue;

            Vector256<double> du = sensor.Fx * x / z + Vector256.Create(sensor.Cx), dv = sensor.Fy * y / z + Vector256.Create(sensor.Cy);
            inside &= (IsInside(du, sensor.Width) & IsInside(dv, sensor.Height)).ExtractMostSignificantBits();
            z.CopyTo(zs);
            u.CopyTo(us);
            v.CopyTo(vs);
            du.CopyTo(depthUs);
            dv.CopyTo(depthVs);
            for (; inside != 0; inside &= inside - 1)
            {
                int lane = BitOperations.TrailingZeroCount(inside);
                ushort millimetres = depth[Nearest(depthVs[lane]) * sensor.Width + Nearest(depthUs[lane])];
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
