using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Vision.SegmentAnything;

namespace HiCorr.Tests.Vision.SegmentAnything;

/// <summary>On Data/tiny-sam, whose masks are the cells of 16x16 pixels that look like the one under the point (tools/test-models/make_tiny_sam.py).</summary>
public sealed class SegmentAnythingMasksTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static string TinySam => Path.Combine(AppContext.BaseDirectory, "Data", "tiny-sam");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(64, 48)] // as large as the encoder's input
    [InlineData(128, 96)]
    [InlineData(48, 64)]
    public void Finds_the_parts_of_an_image_each_once(int width, int height)
    {
        // A quarter on the left in red, the rest blue.
        MaskMap map = Segment(TwoColours(width, height));

        Assert.Equal((width, height, 2), (map.Width, map.Height, map.Count));
        for (int i = 0; i < map.Ids.Length; i++) Assert.Equal(i % width < Border(width, height) ? 2 : 1, map.Ids[i]);
    }

    [Fact]
    public void Masks_that_the_decoder_doubts_are_dropped()
    {
        MaskMap none = Segment(TwoColours(64, 48), ("masks.predicted_iou", "0.98"));
        Assert.Equal(0, none.Count);
        Assert.All(none.Ids, id => Assert.Equal(0, id));
    }

    [Fact]
    public void A_larger_mask_lies_under_the_smaller_ones()
    {
        // The decoder's fourth mask is the whole image, with a predicted IoU of 0.5.
        MaskMap map = Segment(TwoColours(64, 48), ("masks.predicted_iou", "0.4"), ("masks.box_iou", "0.8"));
        Assert.Equal(3, map.Count);
        Assert.Equal([2, 3], map.Ids.Distinct().Select(id => (int)id).Order());
    }

    [Fact]
    public void Unstable_masks_are_kept_only_when_asked()
    {
        // The third mask has the higher IoU and no sharp border: with it, both parts are still found once.
        Assert.Equal(2, Segment(TwoColours(64, 48), ("masks.stability", "0")).Count);
        Assert.Equal(0, Segment(TwoColours(64, 48), ("masks.predicted_iou", "0.96")).Count);
        Assert.Equal(2, Segment(TwoColours(64, 48), ("masks.predicted_iou", "0.96"), ("masks.stability", "0")).Count);
    }

    [Fact]
    public void Image_is_normalised_as_sam_does_it_at_the_top_left_of_zeros()
    {
        (float[] input, int width, int height) = SegmentAnythingMasks.Scale(new ColorImage(8, 4, [.. Enumerable.Repeat((byte)200, 96)]), 16);

        Assert.Equal((16, 8), (width, height));
        float[] expected = [(200 - 123.675f) / 58.395f, (200 - 116.28f) / 57.12f, (200 - 103.53f) / 57.375f];
        for (int i = 0; i < input.Length; i++)
        {
            float value = i / 16 % 16 < 8 ? expected[i / 256] : 0;
            Assert.True(Math.Abs(input[i] - value) < 1e-5, $"{i}: {input[i]}, expected {value}");
        }
    }

    [Theory]
    [InlineData("encoder.onnx", "", "no such file")]
    [InlineData("decoder.onnx", "not a graph", "an ONNX graph")]
    [InlineData("decoder.onnx", "encoder.onnx", "an input 'image_embeddings', found 'x'")]
    [InlineData("encoder.onnx", "decoder.onnx", "one float32 image [1, 3, side, side]")]
    public void Pack_that_does_not_fit_is_one_clear_error(string file, string content, string words)
    {
        string pack = _folder.PathOf("pack");
        Directory.CreateDirectory(pack);
        foreach (string graph in Directory.GetFiles(TinySam)) File.Copy(graph, Path.Combine(pack, Path.GetFileName(graph)));
        string target = Path.Combine(pack, file);
        File.Delete(target);
        if (content.EndsWith(".onnx", StringComparison.Ordinal)) File.Copy(Path.Combine(TinySam, content), target);
        else if (content.Length > 0) File.WriteAllText(target, content);

        ArtefactException error = Assert.Throws<ArtefactException>(() => new SegmentAnythingPack(pack).Dispose());

        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.EndsWith(file, error.File, StringComparison.Ordinal);
    }

    [Fact]
    public void Source_sam_without_a_model_names_the_key()
    {
        Assert.Equal("masks.model", Assert.Throws<ConfigurationException>(() => SegmentAnythingPack.Key("")).Key);
        Assert.Equal("masks.model", Assert.Throws<ConfigurationException>(() => SegmentAnythingPack.Key(_folder.PathOf("absent"))).Key);
    }

    private static MaskMap Segment(ColorImage image, params (string, string)[] settings)
    {
        Configuration configuration = ConfigurationLoader.Load(null, null, [("masks.source", "sam"), ("masks.model", TinySam), ("masks.points_per_side", "5"), .. settings]);
        using var masks = new SegmentAnythingMasks(configuration.Masks);
        return masks.Segment(image);
    }

    private static ColorImage TwoColours(int width, int height)
    {
        byte[] pixels = new byte[3 * width * height];
        for (int i = 0; i < width * height; i++) pixels[3 * i + (i % width < Border(width, height) ? 0 : 2)] = 220;
        return new ColorImage(width, height, pixels);
    }

    /// <summary>One cell of the encoder from the left.</summary>
    private static int Border(int width, int height) => Math.Max(width, height) / 4;
}
