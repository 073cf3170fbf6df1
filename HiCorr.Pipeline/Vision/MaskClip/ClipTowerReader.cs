using HiCorr.Pipeline.Formats.Onnx;

namespace HiCorr.Pipeline.Vision.MaskClip;

/// <summary>
/// Finds the image tower of a CLIP in an ONNX graph by what is computed, not by names. A vision transformer: patch convolution (or several), class token, position
/// embedding, layers of attention and MLP, last normalisation, projection. A ResNet: convolutions, attention pool. Takes both forms of exports: query, key and value apart
/// (Hugging Face) and in one product (OpenAI, open_clip), tokens before or after images. Where the graph leaves the pattern, the error names the node.
/// </summary>
internal sealed partial class ClipTowerReader
{
    private readonly OnnxModel _model;
    private readonly NodeGraph _graph;
    private readonly NodeProto _convolution;
    private readonly HashSet<NodeProto> _fromImage; // nodes that feel the pixels
    private readonly NodeProto _tokens;
    private readonly ClipStem _stem;
    private readonly int _width;

    private ClipTowerReader(OnnxModel model, NodeGraph graph)
    {
        (_model, _graph) = (model, graph);
        _convolution = FindConvolution();
        _fromImage = graph.Descendants(graph.Origin(_convolution.Input[0]));
        _tokens = FindTokens();
        _stem = ReadStem(_tokens);
        _width = _stem.Channels;
    }

    /// <exception cref="ArtefactException">The graph is no image tower of this kind.</exception>
    public static ClipTower Read(OnnxModel model) => new ClipTowerReader(model, new NodeGraph(model)).Read();

    private ClipTower Read() => MeanFirst(_tokens) ? ReadResNet() : ReadTransformer();

    private ClipTransformer ReadTransformer()
    {
        OnnxTensor classToken = FindClassToken(_tokens);
        (OnnxTensor position, string x) = FindPosition(_tokens);

        NormWeights? preNorm = null;
        if (TryNorm(x) is { } first && Linears(first.Output).Count == 0) (preNorm, x) = (first.Weights, first.Output);
        NodeProto[] softmaxes = Softmaxes();
        var layers = new List<ClipLayer>();
        while (TryNorm(x) is { } norm && Linears(norm.Output) is { Count: > 0 } projections && (projections.Count > 1 || projections[0].Weights.Out == 3 * _width))
        {
            if (layers.Count == softmaxes.Length) throw _graph.Mismatch(projections[0].Node, "attention with a Softmax", "none further on");
            layers.Add(ReadLayer(ref x, norm, projections, softmaxes[layers.Count]));
        }
        // A whole CLIP may have a Softmax of its own after the projection.
        bool ends = TryNorm(x, PicksToken) is { } last && Linears(last.Output, PicksToken).Count == 1;
        if (layers.Count == 0 || (layers.Count < softmaxes.Length && !ends))
            throw _graph.Mismatch(_graph.Maker(x)!, "a layer normalisation and query, key and value after it", NodeGraph.Describe(_graph.Uses(x)),
                "Give a graph that no optimiser has fused, with float32 or float16 weights");

        (NormWeights postNorm, Linear projection) = ReadEnd(x);
        return new ClipTransformer
        {
            Input = _graph.Origin(_convolution.Input[0]),
            InputType = InputType(_graph.Origin(_convolution.Input[0])),
            Stem = _stem,
            ClassToken = classToken,
            Position = position,
            PreNorm = preNorm,
            Layers = layers,
            PostNorm = postNorm,
            Projection = projection.Weights,
            Embedding = projection.Output,
        };
    }

    private NodeProto[] Softmaxes() => [.. _graph.Nodes.Where(node => node.OpType == "Softmax" && _fromImage.Contains(node))];

    /// <summary>Widened to as many images as there are by Expand, or by adding it to zeros.</summary>
    private OnnxTensor FindClassToken(NodeProto concat)
    {
        var pending = new Queue<string>([concat.Input[0]]);
        for (int steps = 0; steps < 32 && pending.TryDequeue(out string? value); steps++)
        {
            if (_graph.Constant(value) is { } tensor)
            {
                if (tensor.IsFloat && tensor.Count == _width && tensor.Floats().Any(number => number != 0)) return tensor;
                continue;
            }
            if (_graph.Maker(value) is not { } node || _fromImage.Contains(node)) continue;
            int operands = node.OpType is "Add" ? 2 : node.OpType is "Expand" or "Tile" ? 1 : 0;
            foreach (string input in node.Input.Take(operands)) pending.Enqueue(input);
        }
        throw _graph.Mismatch(concat, $"a class token of {_width} channels as its first input", $"'{concat.Input[0]}'");
    }

    private (OnnxTensor Position, string Output) FindPosition(NodeProto concat)
    {
        NodeProto add = Single(_graph.Uses(concat.Output[0]), use => use.Node.OpType == "Add", concat, "an Add of the position embedding");
        string operand = add.Input[_graph.Same(add.Input[0], concat.Output[0]) ? 1 : 0];
        OnnxTensor? table = _graph.Constant(operand);
        // Rows of the table in their order: whoever asks for others would be another model, which the comparison with the graph shows.
        if (table is null && _graph.Maker(operand) is { OpType: "Gather" } gather) table = _graph.Constant(gather.Input[0]);
        if (table is null || !table.IsFloat) throw _graph.Mismatch(add, "a constant position embedding", $"'{operand}'", "A graph that resizes the embedding itself does not fit; export one of fixed size");
        int rows = table.Count / _width, grid = (int)Math.Sqrt(Math.Max(0, rows - 1));
        if (table.Count != rows * _width || grid < 1 || grid * grid != rows - 1)
            throw _graph.Mismatch(add, $"a position embedding of 1 + g x g rows of {_width} channels", $"[{string.Join(", ", table.Shape)}]");
        return (table, add.Output[0]);
    }

    /// <summary>The last normalisation and the projection of the class token, in either order with picking it.</summary>
    private (NormWeights PostNorm, Linear Projection) ReadEnd(string x)
    {
        Norm norm = TryNorm(x, PicksToken)
            ?? throw _graph.Mismatch(_graph.Maker(x)!, "the last layer normalisation", NodeGraph.Describe(_graph.Uses(x, PicksToken)), NoProjection);
        List<Linear> linears = Linears(norm.Output, PicksToken);
        if (linears.Count != 1 || linears[0].Weights.In != _width)
            throw _graph.Mismatch(_graph.Maker(norm.Output)!, "one projection to the space of the text embeddings", linears.Count == 0 ? NodeGraph.Describe(_graph.Uses(norm.Output, PicksToken)) : $"{linears.Count}", NoProjection);
        return (norm.Weights, linears[0]);
    }

    private const string NoProjection =
        "The dense features need CLIP's visual projection: export the tower with its image_embeds output (Hugging Face: CLIPVisionModelWithProjection), not last_hidden_state alone";

    private bool PicksToken(NodeProto node) => node is { OpType: "Gather" or "Slice", Input.Count: > 1 } && _graph.Number(node.Input[1]) == 0;

    private OnnxTensor Weight(NodeProto node, int index) =>
        _graph.Constant(node.Input[index]) is { IsFloat: true } tensor ? tensor : throw _graph.Mismatch(node, $"a constant of float32 or float16 as input {index}", $"'{node.Input[index]}'");

    private NodeProto Single(List<Use> uses, Func<Use, bool> fits, NodeProto after, string expected, string? hint = null)
    {
        Use[] found = [.. uses.Where(fits)];
        return found.Length == 1 ? found[0].Node
            : throw _graph.Mismatch(after, $"{expected} after it", found.Length > 1 ? $"{found.Length}" : NodeGraph.Describe(uses), hint);
    }

    private static int[] Integers(NodeProto node, string name) => NodeGraph.Attribute(node, name) is { } attribute ? [.. attribute.Ints.Select(value => (int)Math.Clamp(value, int.MinValue, int.MaxValue))] : [];

    private int InputType(string name) => _model.Graph.Input.First(input => input.Name == name).Type?.TensorType?.ElemType ?? OnnxTensor.Float;
}
