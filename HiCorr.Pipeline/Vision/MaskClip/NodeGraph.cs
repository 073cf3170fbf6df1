using HiCorr.Pipeline.Formats.Onnx;

namespace HiCorr.Pipeline.Vision.MaskClip;

/// <summary>An input of a node.</summary>
internal readonly record struct Use(NodeProto Node, int Index);

/// <summary>
/// Who makes and who takes each value of an ONNX graph, seen past the nodes that only move or convert a tensor's elements:
/// exporters differ in those, and in [images, tokens, channels] against [tokens, images, channels], but not in the arithmetic between them.
/// </summary>
internal sealed class NodeGraph
{
    private static readonly HashSet<string> Moving = ["Identity", "Cast", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Dropout"];

    /// <summary>Inputs that an operator must have; whoever finds such a node need not count again.</summary>
    private static readonly Dictionary<string, int> Inputs = new()
    {
        ["Conv"] = 2, ["AveragePool"] = 1, ["Pad"] = 1, ["MatMul"] = 2, ["Gemm"] = 2, ["Add"] = 2, ["Sub"] = 2, ["Mul"] = 2, ["Div"] = 2, ["Pow"] = 2, ["Sqrt"] = 1, ["ReduceMean"] = 1, ["Softmax"] = 1,
        ["Concat"] = 1, ["Split"] = 1, ["Slice"] = 1, ["Gather"] = 2, ["Expand"] = 2, ["Tile"] = 2, ["LayerNormalization"] = 2, ["Sigmoid"] = 1, ["Erf"] = 1, ["Tanh"] = 1, ["Gelu"] = 1, ["QuickGelu"] = 1,
        ["Identity"] = 1, ["Cast"] = 1, ["Transpose"] = 1, ["Reshape"] = 1, ["Squeeze"] = 1, ["Unsqueeze"] = 1, ["Flatten"] = 1, ["Dropout"] = 1,
    };

    /// <summary>Longer chains between a weight and its use than any exporter writes.</summary>
    private const int MaxConstantChain = 32;

    private readonly OnnxModel _model;
    private readonly Dictionary<string, NodeProto> _producers = [];
    private readonly Dictionary<string, List<Use>> _uses = [];
    private readonly Dictionary<string, TensorProto> _initializers = [];
    private readonly HashSet<NodeProto> _emptyPads = new(ReferenceEqualityComparer.Instance); // PyTorch writes one before every average pool

    /// <exception cref="ArtefactException">A value is made twice or used before it is made, or a node lacks an input.</exception>
    public NodeGraph(OnnxModel model)
    {
        _model = model;
        foreach (TensorProto tensor in model.Graph.Initializer) _initializers[tensor.Name] = tensor;
        foreach (NodeProto node in model.Graph.Node)
        {
            if (Inputs.TryGetValue(node.OpType, out int least) && (node.Input.Count < least || node.Output.Count == 0))
                throw Mismatch(node, $"{least} inputs and an output", $"{node.Input.Count} and {node.Output.Count}");
            foreach (string output in node.Output)
                if (output.Length > 0 && !_producers.TryAdd(output, node)) throw Mismatch(node, "outputs that no earlier node has", $"'{output}'");
            for (int i = 0; i < node.Input.Count; i++)
            {
                if (node.Input[i].Length == 0) continue; // an optional one that is left out
                if (!_uses.TryGetValue(node.Input[i], out List<Use>? uses)) _uses[node.Input[i]] = uses = [];
                uses.Add(new Use(node, i));
            }
        }
        foreach (NodeProto node in model.Graph.Node)
            if (node.OpType == "Pad" && PadsNothing(node)) _emptyPads.Add(node);
        // An order of computation, as ONNX asks for, has no cycles: whoever walks the graph comes to an end.
        var made = new HashSet<string>();
        foreach (NodeProto node in model.Graph.Node)
        {
            foreach (string input in node.Input)
                if (_producers.ContainsKey(input) && !made.Contains(input)) throw Mismatch(node, "inputs that earlier nodes make", $"'{input}', which a later one makes");
            made.UnionWith(node.Output);
        }
    }

    public IEnumerable<NodeProto> Nodes => _model.Graph.Node;

    public NodeProto? Producer(string value) => _producers.GetValueOrDefault(value);

    /// <summary>The value before everything that only moves elements.</summary>
    public string Origin(string value)
    {
        while (Producer(value) is { } node && Moves(node)) value = node.Input[0];
        return value;
    }

    /// <summary>The node that makes the value, past everything that only moves elements.</summary>
    public NodeProto? Maker(string value) => Producer(Origin(value));

    /// <summary>Whether both are the same elements.</summary>
    public bool Same(string first, string second) => Origin(first) == Origin(second);

    /// <summary>All nodes that take the value's elements, in the graph's order of discovery.</summary>
    /// <param name="value">Any name that the elements have.</param>
    /// <param name="past">Further nodes to look past, by their first input.</param>
    public List<Use> Uses(string value, Func<NodeProto, bool>? past = null)
    {
        var found = new List<Use>();
        var pending = new Queue<string>([Origin(value)]);
        while (pending.TryDequeue(out string? name))
            foreach (Use use in _uses.GetValueOrDefault(name) ?? [])
            {
                if (use.Node.OpType is "Shape" or "Size") continue;
                if (use.Index == 0 && (Moves(use.Node) || past?.Invoke(use.Node) == true)) pending.Enqueue(use.Node.Output[0]);
                else found.Add(use);
            }
        return found;
    }

    /// <summary>A weight or number; null where the value depends on the graph's input.</summary>
    public OnnxTensor? Constant(string value)
    {
        var chain = new Stack<NodeProto>();
        while (!_initializers.ContainsKey(value))
        {
            if (Producer(value) is not { } node) return null;
            if (node.OpType == "Constant") return Finish(ConstantOf(node), chain);
            if (!Moves(node) || chain.Count == MaxConstantChain) return null;
            chain.Push(node);
            value = node.Input[0];
        }
        return Finish(new OnnxTensor(_model.Path, _initializers[value]), chain);
    }

    /// <summary>A constant with one element.</summary>
    public double? Number(string value)
    {
        OnnxTensor? tensor = Constant(value);
        return tensor is { Count: 1 } && (tensor.IsFloat || tensor.Type is OnnxTensor.Int32 or OnnxTensor.Int64) ? tensor.Scalar() : null;
    }

    /// <summary>Nodes that the values depend on, in their order.</summary>
    public List<NodeProto> Ancestors(IEnumerable<string> values)
    {
        var needed = new HashSet<string>(values);
        var nodes = new List<NodeProto>();
        foreach (NodeProto node in _model.Graph.Node.Reverse())
        {
            if (!node.Output.Any(needed.Contains)) continue;
            needed.UnionWith(Needs(node));
            nodes.Add(node);
        }
        nodes.Reverse();
        return nodes;
    }

    /// <summary>Nodes that feel the value's elements; not those that only ask for its shape.</summary>
    public HashSet<NodeProto> Descendants(string value)
    {
        var reached = new HashSet<string> { value };
        var nodes = new HashSet<NodeProto>(ReferenceEqualityComparer.Instance);
        foreach (NodeProto node in _model.Graph.Node)
            if (node.OpType is not ("Shape" or "Size") && node.Input.Any(reached.Contains))
            {
                reached.UnionWith(node.Output);
                nodes.Add(node);
            }
        return nodes;
    }

    public ArtefactException Mismatch(NodeProto node, string expected, string found, string? hint = null) => new(_model.Path, Describe(node), expected, found, hint);

    /// <summary>"node '/layers.3/mlp/Mul' (Mul)".</summary>
    public static string Describe(NodeProto node) => $"node '{(node.Name.Length > 0 ? node.Name : node.Output.FirstOrDefault() ?? "")}' ({node.OpType})";

    public static string Describe(IEnumerable<Use> uses)
    {
        string[] shown = [.. uses.Take(4).Select(use => Describe(use.Node))];
        return shown.Length == 0 ? "no node" : string.Join(", ", shown);
    }

    /// <summary>A node's inputs, and what the graphs inside it take from outside.</summary>
    public static IEnumerable<string> Needs(NodeProto node) =>
        node.Input.Concat(node.Attribute.Select(attribute => attribute.G).OfType<GraphProto>().SelectMany(body => body.Node.SelectMany(Needs).Concat(body.Output.Select(output => output.Name))));

    public static AttributeProto? Attribute(NodeProto node, string name) => node.Attribute.FirstOrDefault(attribute => attribute.Name == name);

    private bool Moves(NodeProto node) => node.Domain is "" or "ai.onnx" && (Moving.Contains(node.OpType) || _emptyPads.Contains(node));

    private bool PadsNothing(NodeProto node) => node.Input.Count > 1
        ? Constant(node.Input[1]) is { Type: OnnxTensor.Int64 } pads && pads.Integers().All(pad => pad == 0)
        : Attribute(node, "pads") is { } list && list.Ints.All(pad => pad == 0);

    /// <summary>Only a matrix that is turned over changes for whoever uses it: vectors and numbers are known by their elements.</summary>
    private static OnnxTensor Finish(OnnxTensor tensor, Stack<NodeProto> chain)
    {
        foreach (NodeProto node in chain)
            if (node.OpType == "Transpose" && tensor is { Shape.Length: 2, ElementSize: > 0 } && (Attribute(node, "perm") is not { } perm || perm.Ints is [1, 0])) tensor = tensor.Transpose();
        return tensor;
    }

    private OnnxTensor ConstantOf(NodeProto node)
    {
        TensorProto tensor = node.Attribute.FirstOrDefault() switch
        {
            { Name: "value", T: { } value } => value.Clone(),
            { Name: "value_float" } number => Filled(OnnxTensor.Float, tensor => tensor.FloatData.Add(number.F)),
            { Name: "value_int" } number => Filled(OnnxTensor.Int64, tensor => tensor.Int64Data.Add(number.I)),
            { Name: "value_floats" } list => Filled(OnnxTensor.Float, tensor => tensor.FloatData.Add(list.Floats), list.Floats.Count),
            { Name: "value_ints" } list => Filled(OnnxTensor.Int64, tensor => tensor.Int64Data.Add(list.Ints), list.Ints.Count),
            _ => throw Mismatch(node, "a constant of numbers", "none"),
        };
        if (tensor.Name.Length == 0) tensor.Name = node.Output.FirstOrDefault() ?? "";
        return new OnnxTensor(_model.Path, tensor);
    }

    private static TensorProto Filled(int type, Action<TensorProto> fill, int? length = null)
    {
        var tensor = new TensorProto { DataType = type };
        if (length is { } extent) tensor.Dims.Add(extent);
        fill(tensor);
        return tensor;
    }
}
