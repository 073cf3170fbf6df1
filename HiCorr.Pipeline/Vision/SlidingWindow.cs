namespace HiCorr.Pipeline.Vision;

/// <summary>A part of a canvas, in pixels.</summary>
internal readonly record struct CanvasWindow(int Left, int Top, int Width, int Height)
{
    public static CanvasWindow Whole(ImageCanvas canvas) => new(0, 0, canvas.Width, canvas.Height);

    /// <summary>This part of a canvas (3, H, W).</summary>
    public void Cut(ReadOnlySpan<float> values, ImageCanvas canvas, Span<float> target)
    {
        for (int channel = 0; channel < 3; channel++)
            for (int y = 0; y < Height; y++)
                values.Slice((channel * canvas.Height + Top + y) * canvas.Width + Left, Width).CopyTo(target.Slice((channel * Height + y) * Width, Width));
    }
}

/// <summary>
/// Windows of one size that cover a canvas, row by row. They start on whole cells, so that the cells of all lie on one grid; the last of a row or column
/// ends with the canvas. A canvas that is smaller than the window is one window.
/// </summary>
internal static class SlidingWindow
{
    /// <param name="stride">Pixels of a cell; window and canvas are whole cells.</param>
    /// <param name="overlap">Share of a window that the next one covers again, rounded to whole cells.</param>
    public static IReadOnlyList<CanvasWindow> Over(ImageCanvas canvas, Config.ImageSize window, double overlap, int stride)
    {
        int width = Math.Min(window.Width, canvas.Width), height = Math.Min(window.Height, canvas.Height);
        int[] columns = Starts(canvas.Width, width, overlap, stride), rows = Starts(canvas.Height, height, overlap, stride);
        return [.. from top in rows from left in columns select new CanvasWindow(left, top, width, height)];
    }

    private static int[] Starts(int canvas, int window, double overlap, int stride)
    {
        int step = Math.Max(1, (int)Math.Round((1 - overlap) * window / stride)) * stride;
        var starts = new List<int>();
        for (int start = 0; start + window < canvas; start += step) starts.Add(start);
        starts.Add(canvas - window);
        return [.. starts];
    }
}
