using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Reports;

/// <summary>An RGB picture to draw on; everything is clipped at its edges.</summary>
internal sealed class Canvas
{
    public Canvas(int width, int height, (byte R, byte G, byte B) background)
    {
        (Width, Height) = (width, height);
        Pixels = new byte[3 * width * height];
        Fill(0, 0, width, height, background);
    }

    public int Width { get; }

    public int Height { get; }

    public byte[] Pixels { get; } // (H, W, 3)

    public static int TextWidth(string text, int scale) => scale * (BitmapFont.Advance * text.Length - 1);

    public void Fill(int x, int y, int width, int height, (byte R, byte G, byte B) color)
    {
        for (int row = Math.Max(0, y); row < Math.Min(Height, y + height); row++)
            for (int column = Math.Max(0, x); column < Math.Min(Width, x + width); column++) Set(column, row, color);
    }

    public void Text(int x, int y, string text, int scale, (byte R, byte G, byte B) color)
    {
        for (int i = 0; i < text.Length; i++)
            for (int column = 0; column < BitmapFont.GlyphWidth; column++)
                for (int row = 0; row < BitmapFont.GlyphHeight; row++)
                    if (BitmapFont.IsSet(text[i], column, row))
                        Fill(x + scale * (i * BitmapFont.Advance + column), y + scale * row, scale, scale, color);
    }

    /// <summary>Copies a picture in, its top left corner at (x, y).</summary>
    public void Draw(ColorImage picture, int x, int y)
    {
        int columns = Math.Min(picture.Width, Width - x);
        for (int row = 0; row < Math.Min(picture.Height, Height - y); row++)
            picture.Pixels.AsSpan(3 * row * picture.Width, 3 * columns).CopyTo(Pixels.AsSpan(3 * ((y + row) * Width + x)));
    }

    public ColorImage ToImage() => new(Width, Height, Pixels);

    private void Set(int x, int y, (byte R, byte G, byte B) color) =>
        (Pixels[3 * (y * Width + x)], Pixels[3 * (y * Width + x) + 1], Pixels[3 * (y * Width + x) + 2]) = color;
}
