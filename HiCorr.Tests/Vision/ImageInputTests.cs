using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Vision;

namespace HiCorr.Tests.Vision;

public sealed class ImageInputTests : IDisposable
{
    private const int InputWidth = 48, InputHeight = 32;
    private static readonly InferenceOptions s_pad = new() { Fit = ImageFit.Pad };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private ModelManifest Manifest(Action<System.Text.Json.Nodes.JsonObject>? edit = null) => ModelManifest.Read(TinyPack.CopyTo(_folder, edit));

    private static ColorImage Plain(int width, int height, byte red, byte green, byte blue)
    {
        byte[] pixels = new byte[width * height * 3];
        for (int i = 0; i < pixels.Length; i += 3) (pixels[i], pixels[i + 1], pixels[i + 2]) = (red, green, blue);
        return new ColorImage(width, height, pixels);
    }

    [Theory]
    [InlineData(480, 320, 0, 0, 48, 32)]
    [InlineData(96, 32, 0, 8, 48, 16)] // wide: bars above and below
    [InlineData(32, 96, 16, 0, 11, 32)] // tall: bars left and right, the left one in whole cells
    [InlineData(10, 1000, 20, 0, 1, 32)]
    public void Keeps_the_aspect_ratio_when_padding(int width, int height, int left, int top, int placedWidth, int placedHeight)
    {
        ImagePlacement place = new ImageInput(Manifest(), s_pad).Lay(width, height).Place;

        Assert.Equal(new ImagePlacement(left, top, placedWidth, placedHeight), place);
    }

    [Fact]
    public void Fills_the_input_when_stretching()
    {
        Assert.Equal(new ImagePlacement(0, 0, InputWidth, InputHeight), new ImageInput(Manifest(), new InferenceOptions { Fit = ImageFit.Stretch }).Lay(10, 1000).Place);
    }

    [Theory]
    [InlineData("pack", 96, 64, 1, 48, 32, 48, 32)]
    [InlineData("pack", 90, 60, 1, 48, 32, 48, 32)]
    [InlineData("pack", 100, 60, 1, 48, 29, 48, 32)] // up to whole cells only
    [InlineData("pack", 60, 100, 1, 19, 32, 20, 32)]
    [InlineData("640x480", 1296, 968, 1, 640, 478, 640, 480)]
    [InlineData("64", 60, 100, 1, 38, 64, 40, 64)]
    [InlineData("64", 60, 100, 0.5, 19, 32, 20, 32)]
    [InlineData("image", 61, 102, 1, 61, 102, 64, 104)]
    [InlineData("10x1000", 100, 10, 1, 10, 1, 12, 4)]
    public void Pads_a_resizable_input_at_the_right_and_the_bottom_to_whole_cells(string size, int width, int height, double scale, int placedWidth, int placedHeight, int canvasWidth, int canvasHeight)
    {
        var options = new InferenceOptions { Size = ImageSize.TryParse(size, out ImageSize parsed) ? parsed : null, AtOwnSize = size == "image" };

        ImageCanvas canvas = new ImageInput(ModelManifest.Read(TinyPack.Resizable), options).Lay(width, height, scale);

        Assert.Equal(new ImageCanvas(canvasWidth, canvasHeight, new ImagePlacement(0, 0, placedWidth, placedHeight)), canvas);
    }

    [Fact]
    public void Stretches_to_the_size_that_is_asked_for()
    {
        var options = new InferenceOptions { Size = new ImageSize(50, 20), Fit = ImageFit.Stretch };

        Assert.Equal(new ImageCanvas(52, 20, new ImagePlacement(0, 0, 50, 20)), new ImageInput(ModelManifest.Read(TinyPack.Resizable), options).Lay(7, 300));
    }

    [Fact]
    public void Gives_a_fixed_graph_a_canvas_of_at_least_one_window()
    {
        var options = new InferenceOptions { Size = new ImageSize(90, 20), Window = new ImageSize(InputWidth, InputHeight) };

        Assert.Equal(new ImageCanvas(60, 32, new ImagePlacement(0, 0, 60, 20)), new ImageInput(Manifest(), options).Lay(6, 2));
    }

    [Fact]
    public void Normalises_each_channel_and_leaves_the_mean_in_the_bars()
    {
        var input = new ImageInput(Manifest(root =>
        {
            root["input"]!["mean"] = new System.Text.Json.Nodes.JsonArray(0.5, 0.25, 0.125);
            root["input"]!["std"] = new System.Text.Json.Nodes.JsonArray(0.5, 2, 1);
        }), s_pad);

        float[] tensor = input.Fill(Plain(96, 32, 255, 0, 51), input.Lay(96, 32));

        Assert.Equal([0f, 0f, 0f], At(tensor, 5, 7));
        float[] inside = At(tensor, 5, 8);
        Assert.Equal(1, inside[0], 1e-6);
        Assert.Equal(-0.125, inside[1], 1e-6);
        Assert.Equal(0.2 - 0.125, inside[2], 1e-6);
        Assert.Equal([0f, 0f, 0f], At(tensor, 47, 24));
    }

    [Fact]
    public void Puts_blue_first_and_keeps_the_range_where_the_pack_says_so()
    {
        var input = new ImageInput(Manifest(root =>
        {
            root["input"]!["colorOrder"] = "BGR";
            root["input"]!["range"] = new System.Text.Json.Nodes.JsonArray(0, 255);
        }), s_pad);

        float[] tensor = input.Fill(Plain(48, 32, 10, 20, 30), input.Lay(48, 32));

        Assert.All(At(tensor, 3, 3).Zip([30f, 20f, 10f]), pair => Assert.Equal(pair.Second, pair.First, 1e-4));
    }

    [Fact]
    public void Averages_over_all_pixels_when_shrinking()
    {
        // Stripes one pixel wide: sampling single pixels would give stripes or one colour, never grey.
        byte[] pixels = new byte[480 * 320 * 3];
        for (int i = 0; i < pixels.Length; i++) pixels[i] = (byte)(i / 3 % 2 * 255);
        var input = new ImageInput(Manifest(), s_pad);

        float[] tensor = input.Fill(new ColorImage(480, 320, pixels), input.Lay(480, 320));

        Assert.All(tensor, value => Assert.InRange(value, 0.45f, 0.55f));
    }

    [Fact]
    public void Interpolates_with_half_pixel_centres_when_enlarging()
    {
        var taps = ResampleTaps.Build(2, 4);
        float[] row = new float[12];

        taps.ApplyToRow([0, 0, 0, 100, 100, 100], row);

        Assert.Equal([0f, 25f, 75f, 100f], [row[0], row[3], row[6], row[9]]);
    }

    private static float[] At(float[] tensor, int x, int y) =>
        [.. Enumerable.Range(0, 3).Select(c => tensor[(c * InputHeight + y) * InputWidth + x])];
}
