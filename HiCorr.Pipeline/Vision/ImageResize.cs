using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Vision;

/// <summary>Bilinear resize of colour images with half-pixel centres; when shrinking, a triangle filter as wide as the step, as Pillow's.</summary>
internal static class ImageResize
{
    /// <summary>The size with the same aspect ratio whose longer side is at most <paramref name="maxSide"/>.</summary>
    public static (int Width, int Height) Within(int width, int height, int maxSide)
    {
        double scale = Math.Min(1, (double)maxSide / Math.Max(width, height));
        return (Math.Max(1, (int)Math.Round(width * scale)), Math.Max(1, (int)Math.Round(height * scale)));
    }

    /// <summary>Colours of 0 to 255, (height, width, 3).</summary>
    public static float[] ToFloats(ColorImage image, int width, int height)
    {
        var columns = ResampleTaps.Build(image.Width, width);
        var rows = ResampleTaps.Build(image.Height, height);
        int rowLength = width * 3;
        float[] narrowed = new float[image.Height * rowLength]; // (H of the image, width, 3)
        for (int y = 0; y < image.Height; y++) columns.ApplyToRow(image.Pixels.AsSpan(y * image.Width * 3, image.Width * 3), narrowed.AsSpan(y * rowLength, rowLength));
        float[] resized = new float[height * rowLength];
        for (int y = 0; y < height; y++) rows.SumRows(y, narrowed, resized.AsSpan(y * rowLength, rowLength));
        return resized;
    }

    /// <summary>The same, rounded; an image of this size already is given back as it is.</summary>
    public static ColorImage ToImage(ColorImage image, int width, int height)
    {
        if (image.Width == width && image.Height == height) return image;
        float[] resized = ToFloats(image, width, height);
        byte[] pixels = new byte[resized.Length];
        for (int i = 0; i < pixels.Length; i++) pixels[i] = (byte)Math.Clamp(resized[i] + 0.5f, 0, 255);
        return new ColorImage(width, height, pixels);
    }
}
