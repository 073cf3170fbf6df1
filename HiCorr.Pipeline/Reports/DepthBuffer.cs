using System.Numerics;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Reports;

/// <summary>Pixels of which the nearest wins; of equals the first.</summary>
internal sealed class DepthBuffer
{
    /// <summary>Neighbouring triangles both claim the pixels on their common edge: rounding must not leave a crack.</summary>
    private const float EdgeTolerance = 1e-4f;

    private readonly int _width, _height;
    private readonly float[] _depth;
    private readonly Vector3[] _color;

    public DepthBuffer(int width, int height, (byte R, byte G, byte B) background)
    {
        (_width, _height) = (width, height);
        _depth = new float[width * height];
        _color = new Vector3[width * height];
        Array.Fill(_depth, float.PositiveInfinity);
        Array.Fill(_color, new Vector3(background.R, background.G, background.B));
    }

    /// <summary>Corners as column, row, depth; colours and depth run evenly between them.</summary>
    public void Triangle(Vector3 a, Vector3 b, Vector3 c, Vector3 colorA, Vector3 colorB, Vector3 colorC)
    {
        float area = (b.X - a.X) * (c.Y - a.Y) - (b.Y - a.Y) * (c.X - a.X);
        if (area == 0 || !float.IsFinite(area)) return;
        (int left, int right) = Span(Min(a.X, b.X, c.X), Max(a.X, b.X, c.X), _width);
        (int top, int bottom) = Span(Min(a.Y, b.Y, c.Y), Max(a.Y, b.Y, c.Y), _height);
        for (int y = top; y < bottom; y++)
        {
            for (int x = left; x < right; x++)
            {
                float px = x + 0.5f, py = y + 0.5f;
                float wb = ((px - a.X) * (c.Y - a.Y) - (py - a.Y) * (c.X - a.X)) / area;
                float wc = ((b.X - a.X) * (py - a.Y) - (b.Y - a.Y) * (px - a.X)) / area;
                float wa = 1 - wb - wc;
                if (Math.Min(wa, Math.Min(wb, wc)) < -EdgeTolerance) continue;
                Set(y * _width + x, wa * a.Z + wb * b.Z + wc * c.Z, wa * colorA + wb * colorB + wc * colorC);
            }
        }
    }

    /// <summary>A square around a point, at least one pixel large.</summary>
    public void Square(Vector3 center, float halfSide, Vector3 color)
    {
        if (!float.IsFinite(center.X) || !float.IsFinite(center.Y)) return;
        float half = Math.Max(0.5f, halfSide);
        (int left, int right) = Span(center.X - half, center.X + half, _width);
        (int top, int bottom) = Span(center.Y - half, center.Y + half, _height);
        for (int y = top; y < bottom; y++)
            for (int x = left; x < right; x++) Set(y * _width + x, center.Z, color);
    }

    /// <summary>The picture at a fraction of the size, each pixel the mean of those that it covers.</summary>
    public ColorImage Shrink(int factor)
    {
        int width = _width / factor, height = _height / factor;
        byte[] pixels = new byte[3 * width * height];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                Vector3 sum = Vector3.Zero;
                for (int dy = 0; dy < factor; dy++)
                    for (int dx = 0; dx < factor; dx++) sum += _color[(factor * y + dy) * _width + factor * x + dx];
                Vector3 mean = Vector3.Clamp(sum / (factor * factor), Vector3.Zero, new Vector3(255)) + new Vector3(0.5f);
                int pixel = 3 * (y * width + x);
                (pixels[pixel], pixels[pixel + 1], pixels[pixel + 2]) = ((byte)mean.X, (byte)mean.Y, (byte)mean.Z);
            }
        }
        return new ColorImage(width, height, pixels);
    }

    private void Set(int pixel, float depth, Vector3 color)
    {
        if (!(depth < _depth[pixel])) return;
        _depth[pixel] = depth;
        _color[pixel] = color;
    }

    /// <summary>Pixels whose centres may lie between two coordinates.</summary>
    private static (int Start, int End) Span(float low, float high, int length) =>
        ((int)Math.Clamp(MathF.Round(low), 0, length), (int)Math.Clamp(MathF.Ceiling(high + 0.5f), 0, length));

    private static float Min(float a, float b, float c) => Math.Min(a, Math.Min(b, c));

    private static float Max(float a, float b, float c) => Math.Max(a, Math.Max(b, c));
}
