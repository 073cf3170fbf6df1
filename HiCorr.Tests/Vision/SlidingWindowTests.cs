using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Vision;

namespace HiCorr.Tests.Vision;

public sealed class SlidingWindowTests
{
    private const int Stride = 4;

    private static ImageCanvas Canvas(int width, int height) => new(width, height, new ImagePlacement(0, 0, width, height));

    private static int[] Lefts(int canvas, int window, double overlap) =>
        [.. SlidingWindow.Over(Canvas(canvas, 8), new ImageSize(window, 8), overlap, Stride).Select(part => part.Left)];

    [Theory]
    [InlineData(48, 48, 0.5, new[] { 0 })]
    [InlineData(96, 48, 0, new[] { 0, 48 })]
    [InlineData(96, 48, 0.5, new[] { 0, 24, 48 })]
    [InlineData(100, 48, 0.5, new[] { 0, 24, 48, 52 })] // the last one ends with the canvas
    [InlineData(96, 48, 0.6, new[] { 0, 20, 40, 48 })] // 19.2 pixels are 5 cells
    [InlineData(24, 8, 0.9, new[] { 0, 4, 8, 12, 16 })] // never less than a cell
    public void Starts_on_whole_cells_and_ends_with_the_canvas(int canvas, int window, double overlap, int[] expected) => Assert.Equal(expected, Lefts(canvas, window, overlap));

    [Fact]
    public void Covers_every_pixel_row_by_row()
    {
        IReadOnlyList<CanvasWindow> windows = SlidingWindow.Over(Canvas(60, 40), new ImageSize(32, 16), 0.25, Stride);

        for (int y = 0; y < 40; y++)
            for (int x = 0; x < 60; x++)
                Assert.Contains(windows, part => x >= part.Left && x < part.Left + part.Width && y >= part.Top && y < part.Top + part.Height);
        Assert.Equal(windows.OrderBy(part => part.Top).ThenBy(part => part.Left), windows);
    }

    [Fact]
    public void Is_the_whole_of_a_smaller_canvas() => Assert.Equal([new CanvasWindow(0, 0, 20, 12)], SlidingWindow.Over(Canvas(20, 12), new ImageSize(32, 16), 0.5, Stride));

    [Fact]
    public void Cuts_its_part_of_every_channel()
    {
        float[] values = [.. Enumerable.Range(0, 3 * 4 * 5).Select(i => (float)i)], cut = new float[3 * 2 * 3];

        new CanvasWindow(1, 2, 3, 2).Cut(values, Canvas(5, 4), cut);

        Assert.Equal([11, 12, 13, 16, 17, 18, 31, 32, 33, 36, 37, 38, 51, 52, 53, 56, 57, 58], cut);
    }
}
