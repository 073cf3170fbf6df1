using HiCorr.Pipeline.Formats.Npy;
using HiCorr.Pipeline.Vision;
using HiCorr.Pipeline.Vision.Text;

namespace HiCorr.Tests.Vision.Text;

/// <summary>Against PyTorch on the text towers of Data/clip (tools/test-models/make_clip.py).</summary>
public sealed class TextTowerTests : IDisposable
{
    private const int Dimension = 20;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("text", "attention_mask")]
    [InlineData("text-fused", null)]
    public void Gives_the_unit_embeddings_of_PyTorch(string tower, string? mask)
    {
        string[] texts = File.ReadAllLines(Path.Combine(Clip, tower, "texts.txt"));
        float[] expected = NpyReader.ReadFloats(Path.Combine(Clip, tower, "text_embeds.npy"), texts.Length, Dimension).Data;

        using TextTower open = Open(tower, mask);
        // More texts than one run takes.
        float[] rows = open.Embed([.. Enumerable.Range(0, 40).Select(i => texts[i % texts.Length])]);

        Assert.Equal(40 * Dimension, rows.Length);
        for (int i = 0; i < 40; i++)
        {
            ReadOnlySpan<float> row = expected.AsSpan(i % texts.Length * Dimension, Dimension);
            double length = 0;
            foreach (float value in row) length += (double)value * value;
            for (int k = 0; k < Dimension; k++) Assert.Equal(row[k] / Math.Sqrt(length), rows[i * Dimension + k], 1e-5);
        }
    }

    [Theory]
    [InlineData("text", null, "input_ids", "text_embeds", "input 'attention_mask': expected no inputs but those that model.json names in text")]
    [InlineData("text", "mask", "input_ids", "text_embeds", "an input 'mask', which model.json names in text, found 'input_ids', 'attention_mask'")]
    [InlineData("text-fused", null, "ids", "text_embeds", "an input 'ids'")]
    [InlineData("text-fused", null, "input_ids", "embeds", "an output 'embeds'")]
    public void Names_the_tensor_that_does_not_fit(string tower, string? mask, string input, string output, string message)
    {
        ArtefactException error = Assert.Throws<ArtefactException>(() => Open(tower, mask, input, output));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_context_or_dimension_that_is_not_the_graphs()
    {
        Assert.Contains("shape [texts, 60]", Assert.Throws<ArtefactException>(() => Open("text-fused", null, length: 60)).Message, StringComparison.Ordinal);
        Assert.Contains("shape [texts, 512]", Assert.Throws<ArtefactException>(() => Open("text-fused", null, dimension: 512)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_text_that_embeds_to_zeros()
    {
        var pack = ModelPack.Open(TextPack.Create(_folder));
        using var tower = new TextTower(pack.Folder, pack.Manifest.Text!, 3);

        ArtefactException error = Assert.Throws<ArtefactException>(() => tower.Embed(["red", "it is"]));

        Assert.Contains("expected an embedding of \"it is\", found zeros", error.Message, StringComparison.Ordinal);
    }

    private static string Clip => Path.Combine(AppContext.BaseDirectory, "Data", "clip");

    private static TextTower Open(string tower, string? mask, string input = "input_ids", string output = "text_embeds", int length = 77, int dimension = Dimension) =>
        new(Clip, new TextManifest($"{tower}/text_model.onnx", "tokenizer", length, input, mask, output, null), dimension);
}
