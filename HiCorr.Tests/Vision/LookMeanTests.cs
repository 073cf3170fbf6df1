using HiCorr.Pipeline.Vision;

namespace HiCorr.Tests.Vision;

/// <summary>Maps with one channel, or with unit vectors of two, of an image that is four cells wide (16 pixels) and one high.</summary>
public sealed class LookMeanTests
{
    private const int Stride = 4;

    private static ImageCanvas Canvas(int width, int? canvasWidth = null) => new(canvasWidth ?? width, Stride, new ImagePlacement(0, 0, width, Stride));

    private static LookMean Mean(bool unit, params ImageCanvas[] canvases) => new(new PreparedImage(canvases, [], 0, 0), canvases.MaxBy(canvas => canvas.Place.Width), Stride, unit);

    private static Look Whole(int canvas, int width, bool mirrored = false) => new(canvas, mirrored, new CanvasWindow(0, 0, width, Stride), 1);

    private static CellSpan Map(params float[] values) => new(values, 1, 1, values.Length, 0, 0, 1, values.Length);

    [Fact]
    public void Mirrors_the_mirror_image_back()
    {
        LookMean mean = Mean(false, Canvas(16));
        mean.Add(Whole(0, 16), Map(1, 2, 3, 4));
        mean.Add(Whole(0, 16, mirrored: true), Map(8, 6, 4, 2));

        Assert.Equal([1.5f, 3, 4.5f, 6], mean.Take().Values);
    }

    [Fact]
    public void Mirrors_about_the_middle_of_an_image_that_ends_inside_a_cell()
    {
        // 14 pixels: mirrored cells lie half a cell aside. Cell 0 has its centre at pixel 2, mirrored at 12, between the centres 10 and 14.
        LookMean mean = Mean(false, Canvas(14, 16));
        mean.Add(Whole(0, 16, mirrored: true), Map(10, 20, 30, 40));

        Assert.Equal([35f, 25, 15, 10], mean.Take().Values);
    }

    [Fact]
    public void Samples_smaller_scales_at_the_cells_of_the_largest()
    {
        LookMean mean = Mean(false, Canvas(16), Canvas(8));
        mean.Add(Whole(0, 16), Map(1, 1, 1, 1));
        mean.Add(Whole(1, 8), Map(1, 5));

        Assert.Equal([1f, 1.5f, 2.5f, 3], mean.Take().Values); // of 1, 2, 4, 5
    }

    [Fact]
    public void Averages_windows_where_they_overlap()
    {
        LookMean mean = Mean(false, Canvas(16));
        for (int i = 0; i < 3; i++) mean.Add(new Look(0, false, new CanvasWindow(4 * i, 0, 8, Stride), 3), Map(10 * i + 1, 10 * i + 2));

        Assert.Equal([1f, (2 + 11) / 2f, (12 + 21) / 2f, 22], mean.Take().Values);
    }

    [Fact]
    public void Windows_of_one_canvas_count_as_one_look()
    {
        LookMean mean = Mean(false, Canvas(16), Canvas(8));
        for (int i = 0; i < 2; i++) mean.Add(new Look(0, false, new CanvasWindow(8 * i, 0, 8, Stride), 2), Map(4, 4));
        mean.Add(Whole(1, 8), Map(0, 0));

        Assert.Equal([2f, 2, 2, 2], mean.Take().Values);
    }

    [Fact]
    public void Vectors_count_the_same_whatever_their_length()
    {
        LookMean mean = Mean(true, Canvas(4));
        mean.Add(Whole(0, 4), new CellSpan([3f, 0], 2, 1, 1, 0, 0, 1, 1));
        mean.Add(Whole(0, 4, mirrored: true), new CellSpan([0f, 100], 2, 1, 1, 0, 0, 1, 1));

        Assert.Equal([0.5f, 0.5f], mean.Take().Values);
    }

    [Fact]
    public void Leaves_out_the_cells_of_bars()
    {
        var canvas = new ImageCanvas(24, Stride, new ImagePlacement(4, 0, 16, Stride));
        LookMean mean = Mean(false, canvas);
        mean.Add(Whole(0, 24), Map(-99, 1, 2, 3, 4, -99));

        Assert.Equal([1f, 2, 3, 4], mean.Take().Values);
    }
}
