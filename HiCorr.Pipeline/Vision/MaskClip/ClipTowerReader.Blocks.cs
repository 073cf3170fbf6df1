using HiCorr.Pipeline.Formats.Onnx;

namespace HiCorr.Pipeline.Vision.MaskClip;

/// <summary>Normalisations, linear layers and MLPs.</summary>
internal sealed partial class ClipTowerReader
{
    private sealed record Norm(NormWeights Weights, string Output);

    /// <param name="Node">Its product: MatMul or Gemm.</param>
    /// <param name="Output">The value after the bias.</param>
    /// <param name="Weights">Weight and bias.</param>
    private sealed record Linear(NodeProto Node, string Output, LinearWeights Weights);

    /// <summary>The only layer normalisation over the channels of the value: one node, or its nine.</summary>
    private Norm? TryNorm(string x, Func<NodeProto, bool>? past = null)
    {
        Norm[] found = [.. _graph.Uses(x, past).Where(use => use.Index == 0).Select(use => use.Node.OpType switch
        {
            "LayerNormalization" => OneNode(use.Node),
            "Sub" => Decomposed(use.Node),
            _ => null,
        }).OfType<Norm>()];
        return found.Length == 1 ? found[0] : null;
    }

    private Norm? OneNode(NodeProto node)
    {
        OnnxTensor gamma = Channels(node, node.Input[1]);
        if (node.Input.Count < 3 || node.Input[2].Length == 0) throw _graph.Mismatch(node, "a bias", "none");
        long axis = NodeGraph.Attribute(node, "axis")?.I ?? -1;
        if (axis is not (-1 or 1 or 2)) throw _graph.Mismatch(node, "the last axis", $"axis {axis}");
        return new Norm(new NormWeights(gamma, Channels(node, node.Input[2]), NodeGraph.Attribute(node, "epsilon")?.F ?? 1e-5f), node.Output[0]);
    }

    /// <summary>d = x - mean x; d / √(mean d² + ε) · γ + β.</summary>
    private Norm? Decomposed(NodeProto subtract)
    {
        if (_graph.Maker(subtract.Input[1]) is not { OpType: "ReduceMean" } mean || !_graph.Same(mean.Input[0], subtract.Input[0])) return null;
        string centred = subtract.Output[0];
        NodeProto divide = Single(_graph.Uses(centred), use => use.Node.OpType == "Div" && use.Index == 0, subtract, "a Div by the standard deviation");
        if (_graph.Maker(divide.Input[1]) is not { OpType: "Sqrt" } root) throw _graph.Mismatch(divide, "a divisor from Sqrt", $"'{divide.Input[1]}'");
        if (_graph.Maker(root.Input[0]) is not { OpType: "Add" } add) throw _graph.Mismatch(root, "an input from an Add of epsilon", $"'{root.Input[0]}'");
        (double epsilon, string variance) = Constant(add);
        NodeProto? square = _graph.Maker(variance) is { OpType: "ReduceMean" } average ? _graph.Maker(average.Input[0]) : null;
        bool squares = square switch
        {
            { OpType: "Pow" } => _graph.Number(square.Input[1]) == 2 && _graph.Same(square.Input[0], centred),
            { OpType: "Mul" } => square.Input.All(input => _graph.Same(input, centred)),
            _ => false,
        };
        if (!squares) throw _graph.Mismatch(add, "the mean of the squares plus epsilon", $"'{variance}'");
        NodeProto multiply = Single(_graph.Uses(divide.Output[0]), use => use.Node.OpType == "Mul", divide, "a Mul by the channels' weights");
        NodeProto shift = Single(_graph.Uses(multiply.Output[0]), use => use.Node.OpType == "Add", multiply, "an Add of the channels' biases");
        return new Norm(new NormWeights(Channels(multiply, Other(multiply, divide.Output[0])), Channels(shift, Other(shift, multiply.Output[0])), (float)epsilon), shift.Output[0]);

        (double, string) Constant(NodeProto node)
        {
            for (int i = 0; i < 2; i++)
                if (_graph.Number(node.Input[i]) is { } number) return (number, node.Input[1 - i]);
            throw _graph.Mismatch(node, "a number (epsilon) as one input", $"'{node.Input[0]}' and '{node.Input[1]}'");
        }
    }

    private OnnxTensor Channels(NodeProto node, string value) => _graph.Constant(value) is { IsFloat: true } tensor && tensor.Count == _width
        ? tensor
        : throw _graph.Mismatch(node, $"a constant of {_width} channels", $"'{value}'");

    /// <summary>The input that is not this value.</summary>
    private string Other(NodeProto node, string value) => node.Input[_graph.Same(node.Input[0], value) ? 1 : 0];

    /// <summary>All products of the value with a constant matrix, each with its bias.</summary>
    private List<Linear> Linears(string value, Func<NodeProto, bool>? past = null)
    {
        var linears = new List<Linear>();
        foreach (Use use in _graph.Uses(value, past))
        {
            NodeProto node = use.Node;
            if (use.Index != 0 || node.OpType is not ("MatMul" or "Gemm")) continue;
            if (_graph.Constant(node.Input[1]) is not { Shape: [> 0, > 0], IsFloat: true } weight) continue;
            linears.Add(node.OpType == "Gemm" ? Product(node, weight) : Product(node, weight, past));
        }
        return linears;
    }

    private Linear Product(NodeProto gemm, OnnxTensor weight)
    {
        bool plain = (NodeGraph.Attribute(gemm, "alpha")?.F ?? 1) == 1 && (NodeGraph.Attribute(gemm, "beta")?.F ?? 1) == 1 && (NodeGraph.Attribute(gemm, "transA")?.I ?? 0) == 0;
        if (!plain) throw _graph.Mismatch(gemm, "a product with alpha 1, beta 1 and transA 0", "others");
        var weights = new LinearWeights(weight, (NodeGraph.Attribute(gemm, "transB")?.I ?? 0) != 0, gemm.Input.Count > 2 && gemm.Input[2].Length > 0 ? Weight(gemm, 2) : null);
        return new Linear(gemm, gemm.Output[0], WithFittingBias(gemm, weights));
    }

    private Linear Product(NodeProto multiply, OnnxTensor weight, Func<NodeProto, bool>? past)
    {
        var weights = new LinearWeights(weight, OutFirst: false, Bias: null);
        Use[] adds = [.. _graph.Uses(multiply.Output[0], past).Where(use => use.Node.OpType == "Add")];
        if (adds.Length != 1 || _graph.Constant(adds[0].Node.Input[1 - adds[0].Index]) is not { } bias) return new Linear(multiply, multiply.Output[0], weights);
        return new Linear(multiply, adds[0].Node.Output[0], WithFittingBias(adds[0].Node, weights with { Bias = bias }));
    }

    private LinearWeights WithFittingBias(NodeProto node, LinearWeights weights) => weights.Bias is null || (weights.Bias.IsFloat && weights.Bias.Count == weights.Out)
        ? weights
        : throw _graph.Mismatch(node, $"a bias of {weights.Out} channels", $"[{string.Join(", ", weights.Bias.Shape)}]");

    private Linear OneLinear(string value, int inputs, int? outputs, string role)
    {
        List<Linear> linears = Linears(value);
        NodeProto maker = _graph.Maker(value)!;
        if (linears.Count != 1) throw _graph.Mismatch(maker, $"one product with a constant matrix after it, {role}", linears.Count == 0 ? NodeGraph.Describe(_graph.Uses(value)) : $"{linears.Count}");
        LinearWeights weights = linears[0].Weights;
        if (weights.In != inputs || (outputs is { } wanted && weights.Out != wanted))
            throw _graph.Mismatch(linears[0].Node, $"a matrix from {inputs} to {(outputs is { } number ? $"{number}" : "any number of")} channels, {role}", $"one from {weights.In} to {weights.Out}");
        return linears[0];
    }

    /// <summary>x + value.</summary>
    private string Residual(string value, string x, string role)
    {
        NodeProto maker = _graph.Maker(value)!;
        NodeProto add = Single(_graph.Uses(value), use => use.Node.OpType == "Add", maker, $"an Add of what came before {role}");
        return _graph.Same(Other(add, value), x) ? add.Output[0] : throw _graph.Mismatch(add, $"an Add of what came before {role}", $"'{Other(add, value)}'");
    }

    private (LinearWeights Expand, GeluKind Gelu, LinearWeights Contract) ReadMlp(ref string x, string normed)
    {
        Linear expand = OneLinear(normed, _width, null, "the first of the MLP");
        (GeluKind gelu, string activated) = new GeluProbe(_graph).Identify(expand.Output);
        Linear contract = OneLinear(activated, expand.Weights.Out, _width, "the second of the MLP");
        x = Residual(contract.Output, x, "the MLP");
        return (expand.Weights, gelu, contract.Weights);
    }
}
