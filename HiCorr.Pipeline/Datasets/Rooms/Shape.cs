using System.Numerics;

namespace HiCorr.Pipeline.Datasets.Rooms;

/// <summary>
/// An object under construction, in its own frame: x to its right, y from its back (y = 0) to its front, z up from the floor, metres.
/// </summary>
internal sealed class Shape(byte label)
{
    public List<Quad> Quads { get; } = [];

    /// <summary>Class of the parts that are added next; some objects hold parts of another class (a sink in a counter).</summary>
    public byte Label { get; set; } = label;

    /// <summary>The object's class.</summary>
    public byte Class { get; } = label;

    /// <summary>What a person would call it, where the class name does not say ("lamp").</summary>
    public string Name { get; set; } = label == RoomsClass.None ? "thing" : RoomsClass.Names[label];

    /// <summary>Horizontal places that things may stand on: corner, opposite corner (same height).</summary>
    public List<(Vector3 Low, Vector3 High)> Tops { get; } = [];

    /// <summary>Applied to parts that are added next.</summary>
    public Matrix4x4 Motion { get; set; } = Matrix4x4.Identity;

    public (Vector3 Low, Vector3 High) Bounds()
    {
        var low = new Vector3(float.MaxValue);
        var high = new Vector3(float.MinValue);
        foreach (Quad q in Quads)
        {
            low = Vector3.Min(Vector3.Min(low, q.P0), Vector3.Min(q.P1, Vector3.Min(q.P2, q.P3)));
            high = Vector3.Max(Vector3.Max(high, q.P0), Vector3.Max(q.P1, Vector3.Max(q.P2, q.P3)));
        }
        return (low, high);
    }

    public void Box(float x0, float y0, float z0, float x1, float y1, float z1, Material material)
    {
        Vector3 a = new(x0, y0, z0), b = new(x1, y0, z0), c = new(x1, y1, z0), d = new(x0, y1, z0);
        Vector3 e = new(x0, y0, z1), f = new(x1, y0, z1), g = new(x1, y1, z1), h = new(x0, y1, z1);
        Flat(a, d, c, b, material);
        Flat(e, f, g, h, material);
        Flat(a, b, f, e, material);
        Flat(b, c, g, f, material);
        Flat(c, d, h, g, material);
        Flat(d, a, e, h, material);
    }

    public void Flat(Vector3 p0, Vector3 p1, Vector3 p2, Vector3 p3, Material material, bool twoSided = false)
    {
        Vector3 normal = Vector3.Normalize(Vector3.Cross(p2 - p0, p3 - p1));
        Add(p0, p1, p2, p3, normal, normal, normal, normal, false, twoSided, material);
    }

    /// <summary>A round bar from <paramref name="from"/> to <paramref name="to"/>, closed at both ends.</summary>
    public void Tube(Vector3 from, Vector3 to, float radius, Material material, int sides = 8, float? endRadius = null)
    {
        Vector3 axis = Vector3.Normalize(to - from);
        Vector3 u = Vector3.Normalize(Vector3.Cross(axis, MathF.Abs(axis.Z) < 0.9f ? Vector3.UnitZ : Vector3.UnitX));
        Vector3 v = Vector3.Cross(axis, u);
        float end = endRadius ?? radius;
        for (int i = 0; i < sides; i++)
        {
            Vector3 n0 = Around(u, v, i, sides), n1 = Around(u, v, i + 1, sides);
            Add(from + n0 * radius, from + n1 * radius, to + n1 * end, to + n0 * end, n0, n1, n1, n0, true, false, material);
            if (radius > 0) Flat(from, from + n1 * radius, from + n0 * radius, from, axis * -1, material);
            if (end > 0) Flat(to, to + n0 * end, to + n1 * end, to, axis, material);
        }
    }

    /// <summary>A profile (radius, height) turned around a vertical axis, its way up being the outside; radii are scaled in x and y.</summary>
    public void Lathe(Vector3 centre, ReadOnlySpan<(float Radius, float Height)> profile, Material material, int sides = 16,
        float scaleX = 1, float scaleY = 1)
    {
        for (int k = 0; k + 1 < profile.Length; k++)
        {
            (float r0, float z0) = profile[k];
            (float r1, float z1) = profile[k + 1];
            float length = MathF.Max(1e-6f, MathF.Sqrt((r1 - r0) * (r1 - r0) + (z1 - z0) * (z1 - z0)));
            float outward = (z1 - z0) / length, upward = (r0 - r1) / length;
            for (int i = 0; i < sides; i++)
            {
                Vector3 d0 = Around(Vector3.UnitX, Vector3.UnitY, i, sides), d1 = Around(Vector3.UnitX, Vector3.UnitY, i + 1, sides);
                Vector3 n0 = Vector3.Normalize(d0 * outward + Vector3.UnitZ * upward), n1 = Vector3.Normalize(d1 * outward + Vector3.UnitZ * upward);
                Add(At(d0, r0, z0), At(d1, r0, z0), At(d1, r1, z1), At(d0, r1, z1), n0, n1, n1, n0, true, false, material);
            }
        }
        Vector3 At(Vector3 d, float r, float z) => centre + new Vector3(d.X * r * scaleX, d.Y * r * scaleY, z);
    }

    /// <summary>A cushion: a box with rounded edges (a superellipsoid).</summary>
    public void Cushion(float x0, float y0, float z0, float x1, float y1, float z1, Material material, float power = 0.35f)
    {
        const int Across = 14, Up = 8;
        Vector3 centre = new((x0 + x1) / 2, (y0 + y1) / 2, (z0 + z1) / 2), half = new((x1 - x0) / 2, (y1 - y0) / 2, (z1 - z0) / 2);
        for (int j = 0; j < Up; j++)
            for (int i = 0; i < Across; i++)
                Add(At(i, j), At(i + 1, j), At(i + 1, j + 1), At(i, j + 1), Out(i, j), Out(i + 1, j), Out(i + 1, j + 1), Out(i, j + 1), true, false, material);

        Vector3 Direction(int i, int j)
        {
            // Half a step of turn puts samples beside the corners, where the surface bends most.
            float a = (i % Across + 0.5f) * MathF.Tau / Across, b = (j - Up / 2f) * MathF.PI / Up;
            return new Vector3(Power(MathF.Cos(b)) * Power(MathF.Cos(a)), Power(MathF.Cos(b)) * Power(MathF.Sin(a)), Power(MathF.Sin(b)));
        }
        Vector3 At(int i, int j) => centre + Direction(i, j) * half;
        Vector3 Out(int i, int j)
        {
            Vector3 d = Direction(i, j);
            float sharp = 2 / power - 1;
            var n = new Vector3(Signed(d.X, sharp) / half.X, Signed(d.Y, sharp) / half.Y, Signed(d.Z, sharp) / half.Z);
            return n.LengthSquared() > 1e-12f ? Vector3.Normalize(n) : Vector3.UnitZ;
        }
        float Power(float t) => MathF.Abs(t) < 1e-5f ? 0 : MathF.CopySign(MathF.Pow(MathF.Abs(t), power), t);
        static float Signed(float t, float p) => MathF.CopySign(MathF.Pow(MathF.Abs(t), p), t);
    }

    /// <summary>A cloth: a grid of points over [0,1]², two-sided.</summary>
    public void Sheet(Func<float, float, Vector3> at, int across, int up, Material material)
    {
        const float Step = 1e-3f;
        for (int j = 0; j < up; j++)
            for (int i = 0; i < across; i++)
            {
                float u0 = (float)i / across, u1 = (float)(i + 1) / across, v0 = (float)j / up, v1 = (float)(j + 1) / up;
                Add(at(u0, v0), at(u1, v0), at(u1, v1), at(u0, v1), Normal(u0, v0), Normal(u1, v0), Normal(u1, v1), Normal(u0, v1), true, true, material);
            }
        Vector3 Normal(float u, float v) => Vector3.Normalize(Vector3.Cross(at(u + Step, v) - at(u - Step, v), at(u, v + Step) - at(u, v - Step)));
    }

    private void Flat(Vector3 p0, Vector3 p1, Vector3 p2, Vector3 p3, Vector3 normal, Material material) =>
        Add(p0, p1, p2, p3, normal, normal, normal, normal, false, false, material);

    private void Add(Vector3 p0, Vector3 p1, Vector3 p2, Vector3 p3, Vector3 n0, Vector3 n1, Vector3 n2, Vector3 n3, bool smooth, bool twoSided, Material material)
    {
        Vector3 flat = Vector3.Cross(p2 - p0, p3 - p1);
        if (flat.LengthSquared() < 1e-14f) return;
        var quad = new Quad(p0, p1, p2, p3, n0, n1, n2, n3, Vector3.Normalize(flat), smooth, twoSided, material, Label, 0);
        Quads.Add(Motion.IsIdentity ? quad : quad.Moved(Motion, 0));
    }

    private static Vector3 Around(Vector3 u, Vector3 v, int i, int sides)
    {
        float angle = i % sides * MathF.Tau / sides;
        return u * MathF.Cos(angle) + v * MathF.Sin(angle);
    }
}
