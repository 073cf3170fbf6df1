using HiCorr.Pipeline.Formats.Onnx;
using HiCorr.Pipeline.Vision.MaskClip;

namespace HiCorr.Tests.Vision.MaskClip;

/// <summary>Graphs that are no CLIP image tower, made from one: the error names the node where the pattern breaks.</summary>
public sealed class ClipTowerReaderTests
{
    [Theory]
    [InlineData("split-quick", nameof(GeluKind.Quick))]
    [InlineData("fused-gelu", nameof(GeluKind.Erf))]
    public void Reads_sizes_heads_scale_and_GELU(string export, string gelu)
    {
        ClipTransformer tower = Read(Model(export));

        Assert.Equal((24, 8, 4, 20, 3), (tower.Width, tower.Patch, tower.Grid, tower.Dimension, tower.Layers.Count));
        Assert.All(tower.Layers, layer => Assert.Equal((3, gelu), (layer.Attention.Heads, $"{layer.Gelu}")));
        Assert.All(tower.Layers, layer => Assert.Equal(1 / MathF.Sqrt(8), layer.Attention.Scale, 1e-6f));
        Assert.All(tower.Layers, layer => Assert.Equal(1e-5f, layer.Norm1.Epsilon));
    }

    // The node that is changed, its new operator, and what the message must hold.
    [Theory]
    [InlineData("/vision_model/encoder/layers.1/activation_fn/Sigmoid", "Tanh", "expected GELU or QuickGELU after it, found a function that is")]
    [InlineData("/vision_model/encoder/layers.1/activation_fn/Sigmoid", "HardSwish", "expected GELU or QuickGELU after it")]
    [InlineData("/vision_model/encoder/layers.1/layer_norm1/Sqrt", "Exp", "node '/vision_model/encoder/layers.1/layer_norm1/Div' (Div): expected a divisor from Sqrt")]
    [InlineData("/vision_model/encoder/layers.1/self_attn/out_proj/MatMul", "MatMulInteger", "expected one product with a constant matrix after it, the output of the attention, found node '/vision_model/encoder/layers.1/self_attn/out_proj/MatMul' (MatMulInteger)")]
    [InlineData("/vision_model/encoder/layers.0/Add", "Max", "an Add of what came before the attention after it, found node '/vision_model/encoder/layers.0/Add' (Max)")]
    [InlineData("/vision_model/embeddings/patch_embedding/Conv", "ConvInteger", "expected an image tower: a graph with a convolution (Conv) of patches, found none")]
    [InlineData("/visual_projection/MatMul", "MatMulInteger", "expected one projection to the space of the text embeddings, found node '/visual_projection/MatMul' (MatMulInteger). The dense features need CLIP's visual projection")]
    [InlineData("/vision_model/embeddings/Add", "Sub", "expected an Add of the position embedding after it, found node '/vision_model/embeddings/Add' (Sub)")]
    public void Names_the_node_where_the_pattern_breaks(string name, string type, string message)
    {
        OnnxModel model = Model("split-quick");
        NodeProto node = model.Graph.Node.Single(node => node.Name == name);
        node.OpType = type;

        string error = Assert.Throws<ArtefactException>(() => ClipTowerReader.Read(model)).Message;

        Assert.StartsWith(model.Path, error, StringComparison.Ordinal);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_that_attention_with_a_mask_does_not_fit()
    {
        OnnxModel model = Model("split-quick");
        NodeProto softmax = model.Graph.Node.First(node => node.OpType == "Softmax");
        model.Graph.Node.Insert(model.Graph.Node.IndexOf(softmax), new NodeProto { OpType = "Add", Name = "mask", Input = { softmax.Input[0], softmax.Input[0] }, Output = { "masked" } });
        softmax.Input[0] = "masked";

        Assert.Contains("expected the product of queries and keys, scaled at most, found node 'mask' (Add)", Assert.Throws<ArtefactException>(() => ClipTowerReader.Read(model)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_what_to_export_when_the_projection_is_missing()
    {
        OnnxModel model = Model("split-quick");
        model.Graph.Node.Remove(model.Graph.Node.Single(node => node.Name == "/visual_projection/MatMul"));

        Assert.Contains("export the tower with its image_embeds output (Hugging Face: CLIPVisionModelWithProjection)", Assert.Throws<ArtefactException>(() => ClipTowerReader.Read(model)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_a_ResNet_with_its_attention_pool()
    {
        ClipResNet tower = Assert.IsType<ClipResNet>(ClipTowerReader.Read(Model("resnet")));

        Assert.Equal((64, 32, 2, 20, 4), (tower.Width, tower.Patch, tower.Grid, tower.Dimension, tower.Attention.Heads));
        Assert.Equal(1 / MathF.Sqrt(16), tower.Attention.Scale, 1e-6f);
    }

    [Theory]
    [InlineData("/attnpool/ReduceMean", "ReduceMax", "a Concat of a class token, or the patches' mean, and the patches somewhere after it")]
    [InlineData("/attnpool/Add", "Sub", "expected an Add of the position embedding after it, found node '/attnpool/Add' (Sub)")]
    [InlineData("/attnpool/MatMul_2", "MatMulInteger", "from one of the layer's projections")]
    [InlineData("/attnpool/Gemm", "Relu", "the attention pool's projection to the space of the text embeddings, found node '/attnpool/Gemm' (Relu)")]
    [InlineData("/layer2/layer2.0/avgpool/AveragePool", "MaxPool", "node '/layer2/layer2.0/avgpool/AveragePool' (MaxPool)")]
    public void Names_the_node_where_a_ResNet_breaks_the_pattern(string name, string type, string message)
    {
        OnnxModel model = Model("resnet");
        model.Graph.Node.Single(node => node.Name == name).OpType = type;

        Assert.Contains(message, Assert.Throws<ArtefactException>(() => ClipTowerReader.Read(model)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pool_that_rounds_up_is_named()
    {
        OnnxModel model = Model("resnet");
        model.Graph.Node.Single(node => node.Name == "/avgpool/AveragePool").Attribute.Single(attribute => attribute.Name == "ceil_mode").I = 1;

        Assert.Contains("node '/avgpool/AveragePool' (AveragePool): expected a pool that makes a cell", Assert.Throws<ArtefactException>(() => ClipTowerReader.Read(model)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pad_that_adds_cells_is_named()
    {
        OnnxModel model = Model("resnet");
        TensorProto pads = model.Graph.Node.Single(node => node.Name == "/avgpool/Constant").Attribute.Single().T;
        pads.ClearRawData();
        pads.Int64Data.Add([0, 0, 1, 1, 0, 0, 1, 1]);

        Assert.Contains("node '/avgpool/Pad' (Pad)", Assert.Throws<ArtefactException>(() => ClipTowerReader.Read(model)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_graph_that_goes_in_circles()
    {
        OnnxModel model = Model("split-quick");
        NodeProto norm = model.Graph.Node.First(node => node.OpType == "Sqrt");
        norm.Input[0] = model.Graph.Node.Last().Output[0];

        Assert.Contains("which a later one makes", Assert.Throws<ArtefactException>(() => ClipTowerReader.Read(model)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Takes_a_softmax_after_the_projection()
    {
        OnnxModel model = Model("split-quick");
        model.Graph.Node.Add(new NodeProto { OpType = "Softmax", Name = "probabilities", Input = { "image_embeds" }, Output = { "probabilities" } });

        Assert.Equal(3, Read(model).Layers.Count);
    }

    [Fact]
    public void Reads_other_ways_to_write_the_same()
    {
        OnnxModel model = Model("split-quick");
        foreach (NodeProto node in model.Graph.Node)
        {
            if (node.OpType is "Add" or "Mul" && node.Input.Count == 2 && !node.Name.Contains("Concat", StringComparison.Ordinal)) (node.Input[0], node.Input[1]) = (node.Input[1], node.Input[0]);
            if (node.OpType == "Pow") (node.OpType, node.Input[1]) = ("Mul", node.Input[0]);
        }

        Assert.Equal(3, Read(model).Layers.Count);
    }

    private static ClipTransformer Read(OnnxModel model) => Assert.IsType<ClipTransformer>(ClipTowerReader.Read(model));

    private static OnnxModel Model(string export) => OnnxModel.Read(Path.Combine(AppContext.BaseDirectory, "Data", "clip", export, "vision_model.onnx"));
}
