using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Geometry;

/// <summary>
/// The bounding box of every <see cref="Size"/> points that follow each other. Clouds and meshes keep near points near in the file, so that a camera, which
/// sees a small part of a scene, can pass over most of it by its boxes.
/// </summary>
internal sealed class PointBlocks
{
    /// <summary>Points in a block; the last one may have fewer.</summary>
    public const int Size = 64;

    private readonly float[] _boxes; // (blocks, 6): least x y z, largest x y z; NaN where a point is not a number

    /// <param name="positions">(N, 3)</param>
    public PointBlocks(ReadOnlySpan<float> positions)
    {
        const int Length = 3 * Size;
        _boxes = new float[(positions.Length + Length - 1) / Length * 6];
        for (int block = 0; block < _boxes.Length / 6; block++)
        {
            ReadOnlySpan<float> points = positions.Slice(block * Length, Math.Min(Length, positions.Length - block * Length));
            float lowX = points[0], lowY = points[1], lowZ = points[2], highX = lowX, highY = lowY, highZ = lowZ;
            for (int i = 3; i < points.Length; i += 3)
            {
                (lowX, highX) = (MathF.Min(lowX, points[i]), MathF.Max(highX, points[i]));
                (lowY, highY) = (MathF.Min(lowY, points[i + 1]), MathF.Max(highY, points[i + 1]));
                (lowZ, highZ) = (MathF.Min(lowZ, points[i + 2]), MathF.Max(highZ, points[i + 2]));
            }
            ReadOnlySpan<float> box = [lowX, lowY, lowZ, highX, highY, highZ];
            box.CopyTo(_boxes.AsSpan(6 * block));
        }
    }

    /// <summary>False where no point of the block can lie in the view; true for a block with a point that is not a number.</summary>
    public bool MayBeIn(in ViewPyramid view, int block)
    {
        ReadOnlySpan<float> box = _boxes.AsSpan(6 * block, 6);
        return view.MayHold(((double)box[0] + box[3]) / 2, ((double)box[1] + box[4]) / 2, ((double)box[2] + box[5]) / 2,
            ((double)box[3] - box[0]) / 2, ((double)box[4] - box[1]) / 2, ((double)box[5] - box[2]) / 2);
    }
}

/// <summary>
/// What a camera can see, as five half-spaces n · p + d &gt;= 0 of the world: z &gt; 0, and u = fx x/z + cx from -0.5 to width - 0.5, which times z is linear
/// in the point; v alike.
/// </summary>
internal readonly struct ViewPyramid
{
    /// <summary>A box is outside only by more than this share of the largest number on the way, far above the rounding of whoever tests its points one by one.</summary>
    private const double Slack = 1e-9;

    private readonly Plane _front, _left, _right, _top, _bottom;
    private readonly double _offset, _factor;

    /// <param name="worldToCamera">Camera axes x right, y down, z forward.</param>
    /// <param name="camera">Intrinsics of the image.</param>
    /// <param name="width">Columns of the image.</param>
    /// <param name="height">Rows of the image.</param>
    public ViewPyramid(Pose worldToCamera, Intrinsics camera, int width, int height)
    {
        Pose m = worldToCamera;
        Plane x = new(m.R00, m.R01, m.R02, m.Tx), y = new(m.R10, m.R11, m.R12, m.Ty), z = new(m.R20, m.R21, m.R22, m.Tz);
        _front = z;
        _left = Plane.Sum(camera.Fx, x, camera.Cx + 0.5, z);
        _right = Plane.Sum(-camera.Fx, x, width - 0.5 - camera.Cx, z);
        _top = Plane.Sum(camera.Fy, y, camera.Cy + 0.5, z);
        _bottom = Plane.Sum(-camera.Fy, y, height - 0.5 - camera.Cy, z);
        // Sums may cancel, the rounding of their terms does not: the bound is on the terms.
        double terms = Slack * (1 + Math.Abs(camera.Fx) + Math.Abs(camera.Fy) + Math.Abs(camera.Cx) + Math.Abs(camera.Cy) + width + height);
        _factor = terms * Math.Max(x.Largest, Math.Max(y.Largest, z.Largest));
        _offset = terms * (Math.Abs(m.Tx) + Math.Abs(m.Ty) + Math.Abs(m.Tz));
    }

    /// <summary>Whether a box, by its centre and its half extents, may reach into the view; true where a number is none.</summary>
    public bool MayHold(double x, double y, double z, double reachX, double reachY, double reachZ)
    {
        double least = -(_offset + _factor * (Math.Abs(x) + Math.Abs(y) + Math.Abs(z) + reachX + reachY + reachZ));
        return !(_front.Highest(x, y, z, reachX, reachY, reachZ) < least || _left.Highest(x, y, z, reachX, reachY, reachZ) < least
            || _right.Highest(x, y, z, reachX, reachY, reachZ) < least || _top.Highest(x, y, z, reachX, reachY, reachZ) < least
            || _bottom.Highest(x, y, z, reachX, reachY, reachZ) < least);
    }

    private readonly record struct Plane(double X, double Y, double Z, double D)
    {
        public double Largest => Math.Max(Math.Abs(X), Math.Max(Math.Abs(Y), Math.Abs(Z)));

        public static Plane Sum(double a, Plane p, double b, Plane q) => new(a * p.X + b * q.X, a * p.Y + b * q.Y, a * p.Z + b * q.Z, a * p.D + b * q.D);

        /// <summary>n · p + d at the corner of a box that lies furthest inside.</summary>
        public double Highest(double x, double y, double z, double reachX, double reachY, double reachZ) =>
            X * x + Y * y + Z * z + D + Math.Abs(X) * reachX + Math.Abs(Y) * reachY + Math.Abs(Z) * reachZ;
    }
}
