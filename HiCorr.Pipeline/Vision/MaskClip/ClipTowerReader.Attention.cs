using HiCorr.Pipeline.Formats.Onnx;

namespace HiCorr.Pipeline.Vision.MaskClip;

/// <summary>Attention: which projection makes queries, keys and values, and how many heads there are.</summary>
internal sealed partial class ClipTowerReader
{
    /// <summary>How the elements of a query, key or value come from a projection.</summary>
    /// <param name="From">The projection.</param>
    /// <param name="Third">Which third of its channels; 0 where it makes only these.</param>
    /// <param name="Factor">What they are multiplied by on the way; null where the graph computes it from shapes.</param>
    /// <param name="HeadChannels">Channels of a head, as the reshaping on the way says; null where it does not.</param>
    private sealed record Operand(Linear From, int Third, double? Factor, int? HeadChannels);

    private ClipLayer ReadLayer(ref string x, Norm norm1, List<Linear> projections, NodeProto softmax)
    {
        (AttentionWeights attention, string mixed) = ReadAttention(projections, softmax);
        Linear output = OneLinear(mixed, _width, _width, "the output of the attention");
        x = Residual(output.Output, x, "the attention");

        Norm norm2 = TryNorm(x) ?? throw _graph.Mismatch(_graph.Maker(x)!, "a layer normalisation before the MLP", NodeGraph.Describe(_graph.Uses(x)));
        (LinearWeights expand, GeluKind gelu, LinearWeights contract) = ReadMlp(ref x, norm2.Output);
        return new ClipLayer(norm1.Weights, attention, output.Weights, norm2.Weights, expand, gelu, contract);
    }

    /// <summary>Weights of the attention around a softmax, and the values as its shares mix them.</summary>
    private (AttentionWeights Weights, string Mixed) ReadAttention(List<Linear> projections, NodeProto softmax)
    {
        (NodeProto scores, double? scoreFactor) = FindScores(softmax);
        NodeProto mix = Single(_graph.Uses(softmax.Output[0]), use => use is { Node.OpType: "MatMul", Index: 0 }, softmax, "a MatMul with the values");
        Operand query = Trace(scores, 0, projections), key = Trace(scores, 1, projections), value = Trace(mix, 1, projections);
        LinearWeights[] weights = Separate(scores, query, key, value);

        int channels = HeadChannels(scores, query, key, value, scoreFactor);
        double scale = scoreFactor * query.Factor * key.Factor ?? 1 / Math.Sqrt(channels);
        return (new AttentionWeights(weights[0], weights[1], weights[2], _width / channels, (float)scale), mix.Output[0]);
    }

    /// <summary>The product of queries and keys before a softmax, and what it is multiplied by.</summary>
    private (NodeProto Product, double? Factor) FindScores(NodeProto softmax)
    {
        double? factor = 1;
        string value = softmax.Input[0];
        while (_graph.Maker(value) is { OpType: "Mul" or "Div" } scaling) (value, factor) = Unscale(scaling, factor);
        return _graph.Maker(value) is { OpType: "MatMul" } product
            ? (product, factor)
            : throw _graph.Mismatch(softmax, "the product of queries and keys, scaled at most", _graph.Maker(value) is { } maker ? NodeGraph.Describe(maker) : $"'{value}'", "Attention with a mask or a bias does not fit");
    }

    private Operand Trace(NodeProto product, int index, List<Linear> projections)
    {
        double? factor = 1;
        int third = 0;
        int? headChannels = null;
        string value = product.Input[index];
        while (true)
        {
            foreach (Linear projection in projections)
                if (projection.Output == value) return new Operand(projection, third, factor, headChannels);
            NodeProto? node = _graph.Producer(value);
            switch (node?.OpType)
            {
                case "Reshape":
                    headChannels ??= LastExtent(node);
                    value = node.Input[0];
                    break;
                case "Mul" or "Div":
                    (value, factor) = Unscale(node, factor);
                    break;
                case "Split":
                    if (node.Output.Count != 3) throw _graph.Mismatch(node, "a split into queries, keys and values", $"{node.Output.Count} outputs");
                    (third, value) = (node.Output.IndexOf(value), node.Input[0]);
                    break;
                case "Slice" or "Gather":
                    (third, value) = (Position(node), node.Input[0]);
                    break;
                case "Identity" or "Cast" or "Transpose" or "Squeeze" or "Unsqueeze" or "Flatten" or "Dropout":
                    value = node.Input[0];
                    break;
                default:
                    throw _graph.Mismatch(product, $"input {index} from one of the layer's projections ({string.Join(", ", projections.Select(projection => NodeGraph.Describe(projection.Node)))}), reshaped and scaled at most",
                        node is null ? $"'{value}'" : NodeGraph.Describe(node));
            }
        }
    }

    /// <summary>The other operand of a multiplication or division by one number for all elements.</summary>
    private (string Value, double? Factor) Unscale(NodeProto node, double? factor)
    {
        int data = FromImage(node.Input[0]) ? 0 : 1;
        if (!FromImage(node.Input[data]) || FromImage(node.Input[1 - data]) || (node.OpType == "Div" && data == 1))
            throw _graph.Mismatch(node, "a scale: one number for all elements", $"'{node.Input[0]}' and '{node.Input[1]}'");
        if (_graph.Constant(node.Input[1 - data]) is { Count: not 1 } vector) throw _graph.Mismatch(node, "a scale: one number for all elements", $"[{string.Join(", ", vector.Shape)}]");
        double? number = _graph.Number(node.Input[1 - data]);
        return (node.Input[data], node.OpType == "Div" ? factor / number : factor * number);
    }

    private bool FromImage(string value) => _graph.Producer(value) is { } node && _fromImage.Contains(node);

    /// <summary>Which third a Slice or Gather takes: a number of thirds, of channels, or of thirds times an extent that the graph computes.</summary>
    private int Position(NodeProto node)
    {
        string start = node.Input.Count > 1 ? node.Input[1] : "";
        double? number = _graph.Number(start);
        if (number is null && _graph.Maker(start) is { OpType: "Mul" } product) number = _graph.Number(product.Input[0]) ?? _graph.Number(product.Input[1]);
        if (node.OpType == "Gather" && number < 0) number += 3;
        if (number >= _width && number % _width == 0) number /= _width;
        return number is 0 or 1 or 2 ? (int)number : throw _graph.Mismatch(node, "the position of queries, keys or values", start.Length == 0 ? "none" : $"'{start}'{(number is { } found ? $" = {found}" : "")}");
    }

    private LinearWeights[] Separate(NodeProto scores, Operand query, Operand key, Operand value)
    {
        Operand[] all = [query, key, value];
        bool fused = all.All(operand => operand.From == query.From);
        if (fused ? query.From.Weights.Out != 3 * _width || all.Select(operand => operand.Third).Distinct().Count() != 3 : all.Select(operand => operand.From).Distinct().Count() != 3 || all.Any(operand => operand.From.Weights.Out != _width))
            throw _graph.Mismatch(scores, $"queries, keys and values of {_width} channels each, from three projections or the thirds of one",
                string.Join(", ", all.Select(operand => $"third {operand.Third} of {operand.From.Weights.Out} of {NodeGraph.Describe(operand.From.Node)}")));
        foreach (Operand operand in all)
            if (operand.From.Weights.In != _width) throw _graph.Mismatch(operand.From.Node, $"a matrix from {_width} channels", $"one from {operand.From.Weights.In}");
        return fused ? Array.ConvertAll(all, operand => operand.From.Weights.Third(operand.Third)) : Array.ConvertAll(all, operand => operand.From.Weights);
    }

    private int HeadChannels(NodeProto scores, Operand query, Operand key, Operand value, double? scoreFactor)
    {
        double? scale = scoreFactor * query.Factor * key.Factor;
        // Exports that leave the last extent to the reshaping (-1) still show it in CLIP's scale, 1/√channels.
        int channels = query.HeadChannels ?? key.HeadChannels ?? value.HeadChannels ?? (scale is > 0 and <= 1 ? (int)Math.Clamp(Math.Round(1 / (scale.Value * scale.Value)), 1, _width) : 0);
        return channels > 0 && _width % channels == 0 ? channels
            : throw _graph.Mismatch(scores, $"heads that share {_width} channels", channels > 0 ? $"{channels} channels a head" : "no reshaping that says how many channels a head has");
    }

    /// <summary>The channels of a head in the shape that a Reshape asks for: a number, or the width over a number of heads; null where it does not say.</summary>
    private int? LastExtent(NodeProto reshape)
    {
        if (reshape.Input.Count < 2) return null;
        double? extent = null;
        if (_graph.Constant(reshape.Input[1]) is { Count: > 0, Type: OnnxTensor.Int64 } shape) extent = shape.Integers()[^1];
        else if (_graph.Maker(reshape.Input[1]) is { OpType: "Concat" } concat)
        {
            string last = concat.Input[^1];
            extent = _graph.Constant(last) is { Count: > 0, Type: OnnxTensor.Int64 } numbers ? numbers.Integers()[^1]
                : _graph.Maker(last) is { OpType: "Div" } divide ? _width / _graph.Number(divide.Input[1]) : null;
        }
        // The thirds of one product are told apart by such a Reshape too: its last extent is the whole width.
        return extent is >= 1 && extent < _width && _width % extent == 0 ? (int)extent : null;
    }
}
