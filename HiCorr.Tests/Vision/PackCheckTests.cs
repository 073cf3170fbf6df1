using System.Text.Json.Nodes;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Vision;

namespace HiCorr.Tests.Vision;

public sealed class PackCheckTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Labels_an_image_and_counts_its_classes()
    {
        byte[] red = [.. Enumerable.Range(0, 48 * 32).SelectMany(i => i % 48 < 36 ? (byte[])[255, 0, 0] : [0, 0, 255])];

        PackReport report = Check(TinyPack.Source, new ColorImage(48, 32, red));

        Assert.Equal(["red", "blue"], report.Shares.Select(share => share.Name));
        Assert.Equal(0.75, report.Shares[0].Share, 0.05);
        Assert.Equal(4, report.Rows);
        Assert.Equal(1, report.ShortestRow, 1e-6f);
        Assert.Equal(1, report.LongestRow, 1e-6f);
        Assert.Equal([1, 3, 8, 12], Assert.Single(report.Outputs).Shape);
    }

    [Fact]
    public void Takes_the_shipped_pack() => Assert.NotEmpty(Check("mini-clip", new ColorImage(20, 20, new byte[1200])).Shares);

    [Theory]
    [InlineData("""{"mean": [123.7, 116.3, 103.5], "std": [58.4, 57.1, 57.4]}""", "field 'input.mean': expected colours between black and white, 0 to 1")]
    [InlineData("""{"std": [58.4, 57.1, 57.4]}""", "field 'input.std': expected at most the range of colours")]
    [InlineData("""{"resizable": true, "shape": [-1, 3, -1, -1]}""", "visual.onnx: expected a graph that runs")] // one of a fixed size
    public void Says_what_of_the_input_does_not_fit(string changes, string message)
    {
        string pack = TinyPack.CopyTo(_folder, root =>
        {
            foreach ((string name, JsonNode? value) in JsonNode.Parse(changes)!.AsObject()) root["input"]![name] = value!.DeepClone();
            if (changes.Contains("resizable", StringComparison.Ordinal)) root["outputs"]![0]!["shape"] = JsonNode.Parse("[-1, 3, -1, -1]");
        });

        Assert.Contains(message, Assert.Throws<ArtefactException>(() => Check(pack, new ColorImage(20, 20, new byte[1200]))).Message, StringComparison.Ordinal);
    }

    private static PackReport Check(string folder, ColorImage image)
    {
        var pack = ModelPack.Open(folder);
        return PackCheck.Run(pack, ClassSelection.Resolve("", pack, null), image);
    }
}
