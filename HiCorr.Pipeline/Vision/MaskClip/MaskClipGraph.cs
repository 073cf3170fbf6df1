using HiCorr.Pipeline.Formats.Onnx;

namespace HiCorr.Pipeline.Vision.MaskClip;

/// <summary>
/// MaskCLIP's graph of a CLIP image tower (Zhou et al., ECCV 2022): image [B, 3, H, W], H and W multiples of the patch p, to features [B, d, H/p, W/p].
/// In the last layer every patch keeps its own value, v = Output(Value(Norm1 x)); x += v; x += MLP(Norm2 x); then the last normalisation and the projection.
/// Of a ResNet every cell keeps the attention pool's value instead. The position embedding is resized to the patches that there are (bicubic, half-pixel centres). Everything is computed in float32.
/// </summary>
internal sealed partial class MaskClipGraph
{
    public const string Input = "image", Features = "features", Keys = "keys", Embedding = "embedding";

    private const long Opset = 17, IrVersion = 8;

    private readonly ClipTower _tower;
    private readonly GraphBuilder _builder = new();

    private MaskClipGraph(ClipTower tower) => _tower = tower;

    /// <summary>Dense features and the last layer's keys.</summary>
    public static ModelProto Dense(ClipTower tower) => tower switch
    {
        ClipResNet network => new MaskClipGraph(tower).Dense(network),
        _ => new MaskClipGraph(tower).Dense((ClipTransformer)tower),
    };

    /// <summary>The tower as it was, to compare with: the embedding [B, d] of the whole image.</summary>
    public static ModelProto Whole(ClipTower tower) => tower switch
    {
        ClipResNet network => new MaskClipGraph(tower).Whole(network),
        _ => new MaskClipGraph(tower).Whole((ClipTransformer)tower),
    };

    private ModelProto Dense(ClipTransformer tower)
    {
        (string x, string shape) = Embed(tower);
        for (int i = 0; i < tower.Layers.Count - 1; i++) x = Layer(x, tower.Layers[i], $"layers.{i}");
        GraphBuilder b = _builder;
        x = b.Node("Slice", [x, b.Integers(1), b.Integers(int.MaxValue), b.Integers(1)]); // the class token is not asked any more
        string keys = LastLayer(ref x, tower.Layers[^1], $"layers.{tower.Layers.Count - 1}");
        Return(Project(x, tower), Features, tower.Dimension, shape);
        Return(keys, Keys, tower.Width, shape);
        return b.Build("maskclip", Opset, IrVersion);
    }

    private ModelProto Whole(ClipTransformer tower)
    {
        (string x, _) = Embed(tower);
        for (int i = 0; i < tower.Layers.Count; i++) x = Layer(x, tower.Layers[i], $"layers.{i}");
        _builder.Output(Project(FirstToken(x), tower), Embedding, "images", tower.Dimension);
        return _builder.Build("clip", Opset, IrVersion);
    }

    /// <summary>[B, N, C] to [B, C].</summary>
    private string FirstToken(string x) =>
        _builder.Node("Squeeze", [_builder.Node("Slice", [x, _builder.Integers(0), _builder.Integers(1), _builder.Integers(1)]), _builder.Integers(1)]);

    /// <summary>Tokens [B, 1 + h w, C], the class token first, and the shape [B, C, h, w] of the patches.</summary>
    private (string Tokens, string Shape) Embed(ClipTransformer tower)
    {
        GraphBuilder b = _builder;
        int width = tower.Width;
        (string patches, string shape) = Patches();
        string images = b.Node("Slice", [shape, b.Integers(0), b.Integers(1)]);

        string classToken = b.Node("Expand", [b.Floats("class", tower.ClassToken.Floats(), 1, 1, width), b.Node("Concat", [images, b.Integers(1, width)], ("axis", 0L))]);
        string x = b.Node("Concat", [classToken, Tokens(patches)], ("axis", 1L));
        x = b.Node("Add", [x, Position(shape)]);
        return (tower.PreNorm is null ? x : Norm(x, tower.PreNorm, "pre"), shape);
    }

    /// <summary>Patches [B, C, h, w] of the graph's input, and their shape.</summary>
    private (string Patches, string Shape) Patches()
    {
        _builder.Input(Input, "images", 3, "height", "width");
        string patches = Stem();
        return (patches, _builder.Node("Shape", [patches]));
    }

    /// <summary>The position embedding [1, 1 + h w, C] of patches of the shape.</summary>
    private string Position(string shape)
    {
        GraphBuilder b = _builder;
        int width = _tower.Width, grid = _tower.Grid;
        float[] table = _tower.Position.Floats();
        float[] planes = new float[width * grid * grid]; // (C, g, g): Resize enlarges the last two axes
        for (int i = 0; i < grid * grid; i++)
            for (int c = 0; c < width; c++) planes[c * grid * grid + i] = table[(1 + i) * width + c];
        string extents = b.Node("Concat", [b.Integers(1, width), b.Node("Slice", [shape, b.Integers(2), b.Integers(4)])], ("axis", 0L));
        string resized = b.Node("Resize", [b.Floats("position.patches", planes, 1, width, grid, grid), "", "", extents],
            ("mode", "cubic"), ("coordinate_transformation_mode", "half_pixel"), ("cubic_coeff_a", -0.75f));
        return b.Node("Concat", [b.Floats("position.class", table[..width], 1, 1, width), Tokens(resized)], ("axis", 1L));
    }

    /// <summary>The stem's nodes as they are, in float32; returns the patches [B, C, h, w].</summary>
    private string Stem()
    {
        var made = new Dictionary<NodeProto, string>(ReferenceEqualityComparer.Instance);
        string last = Input;
        for (int i = 0; i < _tower.Stem.Nodes.Count; i++)
        {
            StemNode node = _tower.Stem.Nodes[i];
            string[] inputs = [.. node.Inputs.Select((input, index) => input.Constant is { } constant ? _builder.Weight($"stem.{i}.{index}", constant) : input.Before is { } before ? made[before] : Input)];
            last = made[node.Node] = _builder.Copy(node.Node, inputs);
        }
        return last;
    }

    private string Layer(string x, ClipLayer layer, string name)
    {
        string normed = Norm(x, layer.Norm1, $"{name}.norm1");
        x = _builder.Node("Add", [x, Linear(Attend(normed, layer.Attention, name), layer.Output, $"{name}.output")]);
        return Mlp(x, layer, name);
    }

    private string Attend(string x, AttentionWeights weights, string name)
    {
        GraphBuilder b = _builder;
        int channels = _tower.Width / weights.Heads;
        string scores = b.Node("MatMul", [Heads(weights.Query, "query", 0, 2, 1, 3), Heads(weights.Key, "key", 0, 2, 3, 1)]); // [B, heads, N, N]
        string shares = b.Node("Softmax", [b.Node("Mul", [scores, b.Number(weights.Scale)])], ("axis", -1L));
        string mixed = b.Node("MatMul", [shares, Heads(weights.Value, "value", 0, 2, 1, 3)]);
        return b.Node("Reshape", [b.Node("Transpose", [mixed], ("perm", new long[] { 0, 2, 1, 3 })), b.Integers(0, -1, _tower.Width)]);

        string Heads(LinearWeights linear, string role, params long[] perm) =>
            b.Node("Transpose", [b.Node("Reshape", [Linear(x, linear, $"{name}.{role}"), b.Integers(0, -1, weights.Heads, channels)])], ("perm", perm));
    }

    /// <summary>MaskCLIP's last layer; returns the keys [B, h w, C].</summary>
    private string LastLayer(ref string x, ClipLayer layer, string name)
    {
        string normed = Norm(x, layer.Norm1, $"{name}.norm1");
        string value = Linear(normed, layer.Attention.Value, $"{name}.value");
        x = Mlp(_builder.Node("Add", [x, Linear(value, layer.Output, $"{name}.output")]), layer, name);
        return Linear(normed, layer.Attention.Key, $"{name}.key");
    }

    private string Mlp(string x, ClipLayer layer, string name)
    {
        string hidden = Gelu(Linear(Norm(x, layer.Norm2, $"{name}.norm2"), layer.Expand, $"{name}.expand"), layer.Gelu);
        return _builder.Node("Add", [x, Linear(hidden, layer.Contract, $"{name}.contract")]);
    }

    private string Project(string x, ClipTransformer tower) => Linear(Norm(x, tower.PostNorm, "post"), tower.Projection, "projection");

    private string Norm(string x, NormWeights weights, string name) =>
        _builder.Node("LayerNormalization", [x, _builder.Weight($"{name}.gamma", weights.Gamma.Flatten()), _builder.Weight($"{name}.beta", weights.Beta.Flatten())], ("axis", -1L), ("epsilon", weights.Epsilon));

    private string Linear(string x, LinearWeights weights, string name)
    {
        string weight = _builder.Weight($"{name}.weight", weights.Weight);
        if (weights.OutFirst) weight = _builder.Node("Transpose", [weight], ("perm", new long[] { 1, 0 }));
        string product = _builder.Node("MatMul", [x, weight]);
        return weights.Bias is null ? product : _builder.Node("Add", [product, _builder.Weight($"{name}.bias", weights.Bias.Flatten())]);
    }

    /// <summary>In the forms that ONNX Runtime joins into one step.</summary>
    private string Gelu(string x, GeluKind kind)
    {
        GraphBuilder b = _builder;
        switch (kind)
        {
            case GeluKind.Quick:
                return b.Node("Mul", [x, b.Node("Sigmoid", [b.Node("Mul", [x, b.Number(1.702)])])]);
            case GeluKind.Erf:
                string erf = b.Node("Erf", [b.Node("Div", [x, b.Number(Math.Sqrt(2))])]);
                return b.Node("Mul", [b.Node("Mul", [x, b.Node("Add", [erf, b.Number(1)])]), b.Number(0.5)]);
            default:
                string cube = b.Node("Mul", [b.Node("Pow", [x, b.Number(3)]), b.Number(0.044715)]);
                string tanh = b.Node("Tanh", [b.Node("Mul", [b.Node("Add", [x, cube]), b.Number(Math.Sqrt(2 / Math.PI))])]);
                return b.Node("Mul", [b.Node("Mul", [x, b.Node("Add", [tanh, b.Number(1)])]), b.Number(0.5)]);
        }
    }

    /// <summary>[B, C, h, w] as [B, h w, C].</summary>
    private string Tokens(string planes) =>
        _builder.Node("Transpose", [_builder.Node("Reshape", [planes, _builder.Integers(0, 0, -1)])], ("perm", new long[] { 0, 2, 1 }));

    /// <summary>[B, h w, n] as the output [B, n, h, w].</summary>
    private void Return(string tokens, string name, int channels, string shape)
    {
        GraphBuilder b = _builder;
        string extents = b.Node("Concat", [b.Node("Slice", [shape, b.Integers(0), b.Integers(1)]), b.Integers(channels), b.Node("Slice", [shape, b.Integers(2), b.Integers(4)])], ("axis", 0L));
        b.Output(b.Node("Reshape", [b.Node("Transpose", [tokens], ("perm", new long[] { 0, 2, 1 })), extents]), name, "images", channels, "rows", "columns");
    }
}
