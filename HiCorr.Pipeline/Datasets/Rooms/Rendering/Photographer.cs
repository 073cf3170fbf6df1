using System.Numerics;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Datasets.Rooms.Rendering;

/// <summary>Takes pictures of a furnished room: colour, and depth as a structured-light sensor would measure it.</summary>
internal sealed class Photographer(Room room, Lighting lighting, int width, int height)
{
    private const int Samples = 2;

    /// <summary>Share of measurements that a dark surface swallows.</summary>
    private const float LostOnDark = 0.12f;

    /// <summary>What is seen where the room's walls are not in view, from behind them.</summary>
    private static readonly Vector3 Outside = new(0.5f);

    private readonly Quad[] _quads = room.Quads;

    public Raster Raster { get; } = new(width, height, Samples);

    /// <summary>Draws the view into <see cref="Raster"/>; the other calls read it from there.</summary>
    public void Look(in Camera camera) => Rasterizer.Draw(_quads, camera, Raster);

    /// <param name="exposure">Factor on all light.</param>
    /// <param name="random">Draws the sensor's noise.</param>
    public ColorImage Color(in Camera camera, float exposure, RoomRandom random)
    {
        var pixels = new byte[width * height * 3];
        Span<float> noise = stackalloc float[256];
        for (int i = 0; i < noise.Length; i++) noise[i] = random.Range(-1, 1) + random.Range(-1, 1);
        float grain = random.Range(0.5f, 3f);
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
            {
                Vector3 sum = Shade(camera, x * Samples, y * Samples) * (exposure * 255);
                ulong bits = random.Next();
                int at = (y * width + x) * 3;
                pixels[at] = ToByte(sum.X + grain * noise[(int)(bits & 255)]);
                pixels[at + 1] = ToByte(sum.Y + grain * noise[(int)(bits >> 8 & 255)]);
                pixels[at + 2] = ToByte(sum.Z + grain * noise[(int)(bits >> 16 & 255)]);
            }
        return new ColorImage(width, height, pixels);
    }

    /// <summary>
    /// Millimetres along z: noise grows with distance squared, disparity comes in steps; no measurement at depth edges,
    /// on surfaces seen at a grazing angle, on some dark spots, and beyond <paramref name="farthest"/> metres.
    /// </summary>
    public DepthImage Depth(in Camera camera, RoomRandom random, float farthest = 5.5f)
    {
        var depth = new ushort[width * height];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
            {
                int first = y * Samples * Raster.Width + x * Samples;
                float a = Raster.InverseDepth[first], b = Raster.InverseDepth[first + 1];
                float c = Raster.InverseDepth[first + Raster.Width], d = Raster.InverseDepth[first + Raster.Width + 1];
                float low = MathF.Min(MathF.Min(a, b), MathF.Min(c, d)), high = MathF.Max(MathF.Max(a, b), MathF.Max(c, d));
                ulong bits = random.Next();
                float unit = (bits & 0xFFFF) * (1f / 65536);
                // 1/z is linear on the screen: the mean of the four samples is exact at the pixel's centre on a plane.
                float z = 4 / (a + b + c + d);
                if (low <= 0 || z > farthest || high > low * 1.04f) continue;
                int triangle = Raster.Triangle[first];
                Vector3 place = PlaceAt(camera, x * Samples, y * Samples);
                float facing = MathF.Abs(Vector3.Dot(NormalAt(camera, triangle, place), Vector3.Normalize(camera.Eye - place)));
                float lost = 0.003f + (facing < 0.25f ? (0.25f - facing) * 4 : 0);
                if (unit < lost || (unit < lost + LostOnDark && IsDark(Albedo(triangle, place)))) continue;
                float sigma = 0.0007f + 0.0011f * z * z, gauss = Gauss(bits);
                float disparity = MathF.Round(8 * 580 * 0.075f / (z + sigma * gauss)) / 8;
                float measured = 580 * 0.075f / disparity * 1000;
                depth[y * width + x] = (ushort)Math.Clamp(measured + 0.5f, 0, 65535);
            }
        return new DepthImage(width, height, depth);
    }

    /// <summary>Mean colour of a pixel's samples; <paramref name="sx"/> and <paramref name="sy"/> are its first.</summary>
    private Vector3 Shade(in Camera camera, int sx, int sy)
    {
        int at = sy * Raster.Width + sx, triangle = Raster.Triangle[at];
        bool same = triangle >= 0 && Raster.Triangle[at + 1] == triangle && Raster.Triangle[at + Raster.Width] == triangle && Raster.Triangle[at + Raster.Width + 1] == triangle;
        Vector3 sum = Vector3.Zero;
        if (!same)
        {
            for (int s = 0; s < Samples * Samples; s++)
            {
                int x = sx + s % Samples, y = sy + s / Samples, shown = Raster.Triangle[y * Raster.Width + x];
                if (shown < 0)
                {
                    sum += Outside;
                    continue;
                }
                Vector3 there = PlaceAt(camera, x, y);
                sum += Albedo(shown, there) * lighting.At(there, NormalAt(camera, shown, there));
            }
            return sum / (Samples * Samples);
        }
        // On one surface only the texture changes within a pixel, the light does not.
        Vector3 place = PlaceAt(camera, sx, sy), light = lighting.At(place, NormalAt(camera, triangle, place));
        if (_quads[triangle >> 1].Material.IsPlain) return Albedo(triangle, place) * light;
        for (int s = 0; s < Samples * Samples; s++) sum += Albedo(triangle, PlaceAt(camera, sx + s % Samples, sy + s / Samples));
        return sum * light / (Samples * Samples);
    }

    private static bool IsDark(Vector3 albedo) => albedo.X + albedo.Y + albedo.Z < 0.45f;

    private Vector3 PlaceAt(in Camera camera, int sx, int sy)
    {
        float z = 1 / Raster.InverseDepth[sy * Raster.Width + sx], scaled = z / camera.Focal;
        return camera.Eye + camera.Right * ((Raster.ToPixel(sx) - camera.Cx) * scaled) + camera.Down * ((Raster.ToPixel(sy) - camera.Cy) * scaled) + camera.Forward * z;
    }

    private Vector3 Albedo(int triangle, Vector3 place)
    {
        ref readonly Quad quad = ref _quads[triangle >> 1];
        return quad.Material.Sample(room.ToObject(quad.Object, place));
    }

    private Vector3 NormalAt(in Camera camera, int triangle, Vector3 place)
    {
        ref readonly Quad quad = ref _quads[triangle >> 1];
        Vector3 normal = quad.Smooth ? SmoothNormal(quad, (triangle & 1) != 0, place) : quad.Flat;
        return quad.TwoSided && Vector3.Dot(normal, camera.Eye - place) < 0 ? -normal : normal;
    }

    private static Vector3 SmoothNormal(in Quad q, bool second, Vector3 place)
    {
        Vector3 e1 = (second ? q.P2 : q.P1) - q.P0, e2 = (second ? q.P3 : q.P2) - q.P0, d = place - q.P0;
        float a = Vector3.Dot(e1, e1), b = Vector3.Dot(e1, e2), c = Vector3.Dot(e2, e2), p = Vector3.Dot(d, e1), r = Vector3.Dot(d, e2);
        float determinant = a * c - b * b;
        if (determinant < 1e-12f) return q.Flat;
        float u = Math.Clamp((c * p - b * r) / determinant, 0, 1), v = Math.Clamp((a * r - b * p) / determinant, 0, 1);
        Vector3 normal = q.N0 * (1 - u - v) + (second ? q.N2 : q.N1) * u + (second ? q.N3 : q.N2) * v;
        return normal.LengthSquared() > 1e-6f ? Vector3.Normalize(normal) : q.Flat;
    }

    /// <summary>Nearly normal, from three 16-bit parts of one draw.</summary>
    private static float Gauss(ulong bits) =>
        ((bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48) - 98302.5f) * (2f / 65536);

    private static byte ToByte(float value) => (byte)Math.Clamp(value + 0.5f, 0, 255);
}
