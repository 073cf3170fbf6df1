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
}
