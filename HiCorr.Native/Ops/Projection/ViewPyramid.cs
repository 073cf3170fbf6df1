namespace HiCorr.Native.Ops.Projection;

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

    /// <param name="worldToCamera">As <see cref="ProjectionView.WorldToCamera"/>.</param>
    /// <param name="camera">Of the image.</param>
    public ViewPyramid(ReadOnlySpan<double> worldToCamera, in Pinhole camera)
    {
        ReadOnlySpan<double> m = worldToCamera;
        Plane x = new(m[0], m[1], m[2], m[3]), y = new(m[4], m[5], m[6], m[7]), z = new(m[8], m[9], m[10], m[11]);
        _front = z;
        _left = Plane.Sum(camera.Fx, x, camera.Cx + 0.5, z);
        _right = Plane.Sum(-camera.Fx, x, camera.Width - 0.5 - camera.Cx, z);
        _top = Plane.Sum(camera.Fy, y, camera.Cy + 0.5, z);
        _bottom = Plane.Sum(-camera.Fy, y, camera.Height - 0.5 - camera.Cy, z);
        // Sums may cancel, the rounding of their terms does not: the bound is on the terms.
        double terms = Slack * (1 + Math.Abs(camera.Fx) + Math.Abs(camera.Fy) + Math.Abs(camera.Cx) + Math.Abs(camera.Cy) + camera.Width + camera.Height);
        _factor = terms * Math.Max(x.Largest, Math.Max(y.Largest, z.Largest));
        _offset = terms * (Math.Abs(x.D) + Math.Abs(y.D) + Math.Abs(z.D));
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
