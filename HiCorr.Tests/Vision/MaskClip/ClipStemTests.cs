using HiCorr.Pipeline.Formats.Onnx;
using HiCorr.Pipeline.Vision.MaskClip;

namespace HiCorr.Tests.Vision.MaskClip;

/// <summary>The way from the pixels to the patches, on Data/clip/stem: three convolutions with a residual between them.</summary>
public sealed class ClipStemTests
{
    [Fact]
    public void Its_stride_is_that_of_all_its_convolutions()
    {
        ClipStem stem = ClipTowerReader.Read(Model()).Stem;

        Assert.Equal((24, 8, 3), (stem.Channels, stem.Stride, stem.Nodes.Count(node => node.Node.OpType == "Conv")));
    }

    [Fact]
    public void A_convolution_that_loses_cells_at_the_border_is_named()
    {
        OnnxModel model = Model();
        NodeProto first = model.Graph.Node.First(node => node.OpType == "Conv");
        AttributeProto pads = first.Attribute.First(attribute => attribute.Name == "pads");
        for (int i = 0; i < 4; i++) pads.Ints[i] = 0;

        string message = Assert.Throws<ArtefactException>(() => ClipTowerReader.Read(model)).Message;

        Assert.Contains($"node '{first.Name}' (Conv)", message, StringComparison.Ordinal);
        Assert.Contains("a cell of every stride x stride pixels", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GlobalAveragePool")] // makes one cell of all
    [InlineData("HardSigmoid")] // an activation that is not known
    public void Another_operator_on_the_way_is_named(string type)
    {
        OnnxModel model = Model();
        NodeProto relu = model.Graph.Node.First(node => node.OpType == "Relu");
        relu.OpType = type;

        Assert.Contains($"node '{relu.Name}' ({type})", Assert.Throws<ArtefactException>(() => ClipTowerReader.Read(model)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Patches_that_no_convolution_makes_are_refused()
    {
        OnnxModel model = Model();
        NodeProto tokens = model.Graph.Node.First(node => node is { OpType: "Concat", Input.Count: 2 } && node.Input[1].Contains("Transpose", StringComparison.Ordinal));
        tokens.Input[1] = model.Graph.Input[0].Name;

        Assert.Throws<ArtefactException>(() => ClipTowerReader.Read(model));
    }

    private static OnnxModel Model() => OnnxModel.Read(Path.Combine(ClipGolden.Folder, "stem", "vision_model.onnx"));
}
