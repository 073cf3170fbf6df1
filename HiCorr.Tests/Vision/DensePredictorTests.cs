using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Vision;

namespace HiCorr.Tests.Vision;

public sealed class DensePredictorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Left half red, right half blue.</summary>
    private static ColorImage Halves(int width, int height)
    {
        byte[] pixels = new byte[width * height * 3];
        for (int i = 0; i < width * height; i++) pixels[3 * i + (i % width < width / 2 ? 0 : 2)] = 200;
        return new ColorImage(width, height, pixels);
    }

    [Theory]
    [InlineData(96, 64)]
    [InlineData(192, 32)] // bars above and below
    [InlineData(32, 96)] // bars left and right
    [InlineData(12, 8)]
    public void Labels_every_pixel_of_the_image_whatever_its_shape(int width, int height)
    {
        var pack = ModelPack.Open(TinyPack.Source);
        using var predictor = new DensePredictor(pack, ClassSelection.Resolve("", pack, null));

        var map = predictor.Predict(Halves(width, height)).Labels;

        Assert.Equal((width, height, width, height), (map.Width, map.Height, map.ImageWidth, map.ImageHeight));
        int border = width / 4;
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                if (Math.Abs(x - width / 2) > border) Assert.Equal(x < width / 2 ? 0 : 2, map.Labels[y * width + x]);
        Assert.Equal(255, map.Confidence[0]);
    }

    [Fact]
    public void Chooses_among_the_selected_classes_alone()
    {
        var pack = ModelPack.Open(TinyPack.Source);
        using var predictor = new DensePredictor(pack, ClassSelection.Resolve("yellow,green", pack, null));

        Assert.Equal(0, predictor.Predict(Halves(96, 64)).Labels.Labels[0]); // red is nearer to yellow than to green
    }

    [Fact]
    public void Scales_large_maps_down_to_the_longest_side_asked_for()
    {
        var pack = ModelPack.Open(TinyPack.Source);
        using var predictor = new DensePredictor(pack, ClassSelection.Resolve("", pack, null), new InferenceOptions { MaxSide = 60 });

        var map = predictor.Predict(Halves(96, 64)).Labels;

        Assert.Equal((60, 40, 96, 64), (map.Width, map.Height, map.ImageWidth, map.ImageHeight));
        Assert.Equal((0, 2), (map.Labels[0], map.Labels[59]));
    }

    [Fact]
    public void Gives_the_features_of_the_image_without_the_bars()
    {
        var pack = ModelPack.Open(TinyPack.Source);
        using var predictor = new DensePredictor(pack, ClassSelection.Resolve("", pack, null));

        FeatureMap features = predictor.Predict(Halves(96, 32), withFeatures: true).Features!;

        Assert.Equal((3, 4, 12), (features.Dimension, features.Height, features.Width));
        Assert.Equal(200 / 255.0, (double)features.Values[0], 1e-3);
        Assert.Equal(0, (double)features.Values[11], 1e-3);
        Assert.Equal(200 / 255.0, (double)features.Values[^1], 1e-3);
    }

    [Fact]
    public void Refuses_features_that_are_not_finite()
    {
        string folder = TinyPack.CopyTo(_folder, root => root["input"]!["std"] = new System.Text.Json.Nodes.JsonArray(1e-40, 1, 1));
        var pack = ModelPack.Open(folder);
        using var predictor = new DensePredictor(pack, ClassSelection.Resolve("", pack, null));

        Assert.Contains("finite features", Assert.Throws<ArtefactException>(() => predictor.Predict(Halves(96, 64))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Gives_the_same_bits_again()
    {
        var pack = ModelPack.Open(TinyPack.Source);
        using var predictor = new DensePredictor(pack, ClassSelection.Resolve("", pack, null));
        byte[] pixels = new byte[100 * 70 * 3];
        new Random(1).NextBytes(pixels);
        var first = predictor.Predict(new ColorImage(100, 70, pixels));

        for (int i = 0; i < 3; i++)
        {
            var again = predictor.Predict(new ColorImage(100, 70, pixels));
            Assert.Equal(first.Labels.Labels, again.Labels.Labels);
            Assert.Equal(first.Labels.Confidence, again.Labels.Confidence);
        }
    }

    /// <summary>Smooth in both directions, so that neighbouring cells differ.</summary>
    private static ColorImage Ramp(int width, int height)
    {
        byte[] pixels = new byte[width * height * 3];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
            {
                int i = 3 * (y * width + x);
                (pixels[i], pixels[i + 1], pixels[i + 2]) = ((byte)(255 * x / width), (byte)(255 * y / height), (byte)(60 + 100 * (x + y) / (width + height)));
            }
        return new ColorImage(width, height, pixels);
    }

    private static DensePrediction Predict(string folder, ColorImage image, InferenceOptions options)
    {
        var pack = ModelPack.Open(folder);
        using var predictor = new DensePredictor(pack, ClassSelection.Resolve("", pack, null), options);
        return predictor.Predict(image, withFeatures: true);
    }

    /// <summary>The graph sees 4x4 pixels alone, so whatever looks at all of them gives what the whole image gives.</summary>
    [Theory]
    [InlineData(0.5, false)]
    [InlineData(0, false)]
    [InlineData(0.5, true)]
    public void Windows_and_mirror_images_give_what_the_whole_image_gives(double overlap, bool flip)
    {
        var whole = new InferenceOptions { Size = new(120, 80) };
        DensePrediction expected = Predict(TinyPack.Resizable, Ramp(240, 160), whole);

        DensePrediction actual = Predict(TinyPack.Resizable, Ramp(240, 160), whole with { Window = new(32, 24), Overlap = overlap, Flip = flip });

        Assert.Equal(expected.Labels.Labels, actual.Labels.Labels);
        Assert.All(expected.Labels.Confidence.Zip(actual.Labels.Confidence), pair => Assert.InRange(pair.First - pair.Second, -1, 1));
        Assert.Equal((expected.Features!.Height, expected.Features.Width), (20, 30));
        AssertSameDirections(expected.Features, actual.Features!);
    }

    [Fact]
    public void A_fixed_graph_sees_a_larger_image_through_its_window()
    {
        DensePrediction expected = Predict(TinyPack.Resizable, Ramp(240, 160), new InferenceOptions { Size = new(120, 80) });

        DensePrediction actual = Predict(TinyPack.Source, Ramp(240, 160), new InferenceOptions { Size = new(120, 80), Window = new(48, 32), Overlap = 0.25 });

        Assert.Equal(expected.Labels.Labels, actual.Labels.Labels);
        AssertSameDirections(expected.Features!, actual.Features!);
    }

    private static void AssertSameDirections(FeatureMap expected, FeatureMap actual)
    {
        int cells = expected.Height * expected.Width;
        for (int cell = 0; cell < cells; cell++)
        {
            double dot = 0, first = 0, second = 0;
            for (int k = 0; k < expected.Dimension; k++)
            {
                double a = (double)expected.Values[k * cells + cell], b = (double)actual.Values[k * cells + cell];
                (dot, first, second) = (dot + a * b, first + a * a, second + b * b);
            }
            Assert.Equal(1, dot / Math.Sqrt(first * second), 1e-5);
        }
    }

    [Fact]
    public void A_larger_size_gives_finer_cells()
    {
        FeatureMap features = Predict(TinyPack.Resizable, Ramp(240, 160), new InferenceOptions { Size = new(96, 96), Scales = [0.5, 1] }).Features!;

        Assert.Equal((16, 24), (features.Height, features.Width)); // of the largest scale
    }

    [Fact]
    public void Images_of_a_batch_get_what_each_gets_alone()
    {
        var pack = ModelPack.Open(TinyPack.Resizable);
        var options = new InferenceOptions { Size = new(64, 64), Window = new(32, 32), Flip = true, Scales = [1, 0.75], KeySmoothing = 0.8 };
        ColorImage[] images = [Ramp(64, 64), Halves(64, 40), Ramp(50, 64)];
        using var alone = new DensePredictor(pack, ClassSelection.Resolve("", pack, null), options);
        using var together = new DensePredictor(pack, ClassSelection.Resolve("", pack, null), options with { Batch = 5 });

        DensePrediction[] predictions = together.Predict([.. images.Select(together.Prepare)], withFeatures: true);

        for (int i = 0; i < images.Length; i++)
        {
            DensePrediction expected = alone.Predict(images[i], withFeatures: true);
            Assert.Equal(expected.Labels.Labels, predictions[i].Labels.Labels);
            Assert.Equal(expected.Labels.Confidence, predictions[i].Labels.Confidence);
            Assert.Equal(expected.Features!.Values, predictions[i].Features!.Values);
        }
    }

    [Fact]
    public void Refuses_a_batch_where_the_graph_takes_one_image()
    {
        var pack = ModelPack.Open(TinyPack.Source);

        ConfigurationException error = Assert.Throws<ConfigurationException>(() => new DensePredictor(pack, ClassSelection.Resolve("", pack, null), new InferenceOptions { Batch = 2 }));

        Assert.Contains("pseudo_label.batch: is 2, but the graph of the model pack 'tiny' takes one input at a time", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Prompt_denoising_takes_away_the_class_that_is_never_sure()
    {
        // Yellow scores 71 of 100 beside red and green; a reddish image gives it some confidence, never most.
        byte[] pixels = new byte[48 * 32 * 3];
        for (int i = 0; i < pixels.Length; i += 3) (pixels[i], pixels[i + 1]) = (255, (byte)(i / 3 % 48 < 8 ? 110 : 100));
        var image = new ColorImage(48, 32, pixels);
        var pack = ModelPack.Open(TinyPack.CopyTo(_folder, root => root["logitScale"] = 10));
        DensePrediction Label(double threshold) => Predict(pack.Folder, image, new InferenceOptions { PromptDenoising = threshold });
        int yellow = pack.Classes.IndexOf("yellow");
        Assert.Contains((byte)yellow, Label(0).Labels.Labels);

        Assert.All(Label(0.53).Labels.Labels, label => Assert.Equal(0, label)); // yellow reaches 0.527, red 0.537
        Assert.Equal(Label(0).Labels.Labels, Label(0.1).Labels.Labels);
    }

    [Fact]
    public void Key_smoothing_lets_like_cells_decide_for_the_odd_one()
    {
        // A brownish cell in a red field: its own best class is yellow, its key is like that of the red ones.
        byte[] pixels = new byte[48 * 32 * 3];
        for (int i = 0; i < pixels.Length; i += 3)
        {
            int x = i / 3 % 48, y = i / 3 / 48;
            (pixels[i], pixels[i + 1]) = (200, (byte)(x is >= 20 and < 24 && y is >= 12 and < 16 ? 130 : 30));
        }
        var image = new ColorImage(48, 32, pixels);
        int middle = 14 * 48 + 22;
        DensePrediction Label(double threshold) => Predict(TinyPack.Resizable, image, new InferenceOptions { KeySmoothing = threshold });
        Assert.Equal(3, Label(0).Labels.Labels[middle]);

        Assert.Equal(0, Label(1).Labels.Labels[middle]);
        Assert.Equal(3, Label(0.01).Labels.Labels[middle]);
    }

    [Fact]
    public void Leaves_unsure_pixels_without_a_label()
    {
        DensePrediction all = Predict(TinyPack.Resizable, Ramp(48, 32), new InferenceOptions()), some = Predict(TinyPack.Resizable, Ramp(48, 32), new InferenceOptions { MinConfidence = 0.8 });

        Assert.Equal(all.Labels.Confidence, some.Labels.Confidence);
        Assert.Contains(ClassList.None, some.Labels.Labels);
        for (int i = 0; i < all.Labels.Labels.Length; i++)
            Assert.Equal(all.Labels.Confidence[i] < 255 * 0.8 ? ClassList.None : all.Labels.Labels[i], some.Labels.Labels[i]);
    }
}
