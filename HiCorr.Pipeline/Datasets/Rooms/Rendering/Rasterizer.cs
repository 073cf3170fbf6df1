using System.Numerics;

namespace HiCorr.Pipeline.Datasets.Rooms.Rendering;

/// <summary>What each sample of an image shows: inverse depth and triangle, with <see cref="Samples"/>² samples a pixel.</summary>
internal sealed class Raster(int width, int height, int samples)
{
    public int Samples { get; } = samples;
    public int Width { get; } = width * samples;
    public int Height { get; } = height * samples;
    public float[] InverseDepth { get; } = new float[width * samples * height * samples];

    /// <summary>2 · quad + half, -1 where nothing is seen.</summary>
    public int[] Triangle { get; } = new int[width * samples * height * samples];

    public void Clear()
    {
        Array.Clear(InverseDepth);
        Array.Fill(Triangle, -1);
    }

    /// <summary>Position of a sample in pixels of the image, whose pixel centres lie at whole numbers.</summary>
    public float ToPixel(int sample) => (sample + 0.5f) / Samples - 0.5f;
}

/// <summary>Draws quads into a raster with a z-buffer; perspective, back faces left out.</summary>
internal static class Rasterizer
{
    private const float Near = 0.05f;

    /// <summary>Triangles reach this much over their edges, in samples and in weight: rounding would leave pinholes between neighbours.</summary>
    private const float Slack = 1e-3f, WeightSlack = 1e-5f;

    public static void Draw(ReadOnlySpan<Quad> quads, in Camera camera, Raster raster)
    {
        raster.Clear();
        float scale = raster.Samples;
        float fx = camera.Focal * scale, cx = (camera.Cx + 0.5f) * scale - 0.5f, cy = (camera.Cy + 0.5f) * scale - 0.5f;
        Span<Vector3> polygon = stackalloc Vector3[4];
        for (int q = 0; q < quads.Length; q++)
        {
            ref readonly Quad quad = ref quads[q];
            if (!quad.TwoSided && Vector3.Dot(quad.Flat, camera.Eye - quad.P0) <= 0 && IsPlanar(quad)) continue;
            Vector3 a = camera.ToCamera(quad.P0), b = camera.ToCamera(quad.P1), c = camera.ToCamera(quad.P2), d = camera.ToCamera(quad.P3);
            if (MathF.Max(MathF.Max(a.Z, b.Z), MathF.Max(c.Z, d.Z)) <= Near) continue;
            Half(a, b, c, 2 * q, polygon);
            Half(a, c, d, 2 * q + 1, polygon);
        }

        // A slightly bent quad may show one of its halves although the mean normal looks away.
        static bool IsPlanar(in Quad quad) => !quad.Smooth || MathF.Abs(Vector3.Dot(quad.Flat, quad.P3 - quad.P0) - Vector3.Dot(quad.Flat, quad.P1 - quad.P0)) < 1e-4f;

        void Half(Vector3 a, Vector3 b, Vector3 c, int id, Span<Vector3> polygon)
        {
            int count = Clip(a, b, c, polygon);
            for (int i = 0; i < count; i++)
            {
                float inverse = 1 / polygon[i].Z;
                polygon[i] = new Vector3(polygon[i].X * inverse * fx + cx, polygon[i].Y * inverse * fx + cy, inverse);
            }
            for (int i = 2; i < count; i++) Fill(polygon[0], polygon[i - 1], polygon[i], id, raster);
        }
    }

    /// <summary>Keeps the part of a triangle before the near plane; returns its number of corners.</summary>
    private static int Clip(Vector3 a, Vector3 b, Vector3 c, Span<Vector3> result)
    {
        if (a.Z >= Near && b.Z >= Near && c.Z >= Near)
        {
            (result[0], result[1], result[2]) = (a, b, c);
            return 3;
        }
        ReadOnlySpan<Vector3> corners = [a, b, c];
        int count = 0;
        for (int i = 0; i < 3; i++)
        {
            Vector3 p = corners[i], q = corners[(i + 1) % 3];
            if (p.Z >= Near) result[count++] = p;
            if (p.Z >= Near != q.Z >= Near) result[count++] = Vector3.Lerp(p, q, (Near - p.Z) / (q.Z - p.Z));
        }
        return count;
    }

    /// <summary>Corners hold pixel x, pixel y and inverse depth, which is linear on the screen.</summary>
    private static void Fill(Vector3 a, Vector3 b, Vector3 c, int id, Raster raster)
    {
        float area = (b.X - a.X) * (c.Y - a.Y) - (b.Y - a.Y) * (c.X - a.X);
        if (MathF.Abs(area) < 1e-9f) return;
        int x0 = Math.Max(0, Ceiling(MathF.Min(a.X, MathF.Min(b.X, c.X)))), x1 = Math.Min(raster.Width - 1, Floor(MathF.Max(a.X, MathF.Max(b.X, c.X))));
        int y0 = Math.Max(0, Ceiling(MathF.Min(a.Y, MathF.Min(b.Y, c.Y)))), y1 = Math.Min(raster.Height - 1, Floor(MathF.Max(a.Y, MathF.Max(b.Y, c.Y))));
        if (x0 > x1 || y0 > y1) return;
        float inverseArea = 1 / area;
        float ux = -(c.Y - b.Y) * inverseArea, uy = (c.X - b.X) * inverseArea, vx = -(a.Y - c.Y) * inverseArea, vy = (a.X - c.X) * inverseArea;
        float[] depths = raster.InverseDepth;
        int[] triangles = raster.Triangle;
        for (int y = y0; y <= y1; y++)
        {
            float u0 = uy * (y - b.Y) - ux * b.X, v0 = vy * (y - c.Y) - vx * c.X;
            // The row's span where all three weights are non-negative, found once instead of tested per sample.
            float left = x0, right = x1;
            if (!Narrow(u0, ux, ref left, ref right) || !Narrow(v0, vx, ref left, ref right) || !Narrow(1 - u0 - v0, -ux - vx, ref left, ref right)) continue;
            int from = Math.Max(x0, Ceiling(left - Slack)), to = Math.Min(x1, Floor(right + Slack)), row = y * raster.Width;
            float dz = (a.Z - c.Z) * ux + (b.Z - c.Z) * vx, z0 = c.Z + (a.Z - c.Z) * u0 + (b.Z - c.Z) * v0;
            for (int x = from; x <= to; x++)
            {
                float z = z0 + dz * x;
                if (z <= depths[row + x]) continue;
                depths[row + x] = z;
                triangles[row + x] = id;
            }
        }
    }

    /// <summary>Cuts [left, right] to where offset + slope · x is not negative.</summary>
    private static bool Narrow(float offset, float slope, ref float left, ref float right)
    {
        offset += WeightSlack;
        if (slope > 0) left = MathF.Max(left, -offset / slope);
        else if (slope < 0) right = MathF.Min(right, -offset / slope);
        else if (offset < 0) return false;
        return left <= right;
    }

    private static int Ceiling(float v) => (int)MathF.Ceiling(Math.Clamp(v, -1e6f, 1e6f));

    private static int Floor(float v) => (int)MathF.Floor(Math.Clamp(v, -1e6f, 1e6f));
}
