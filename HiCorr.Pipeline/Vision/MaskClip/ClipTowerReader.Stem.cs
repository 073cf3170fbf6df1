using HiCorr.Pipeline.Formats.Onnx;

namespace HiCorr.Pipeline.Vision.MaskClip;

/// <summary>The way from the pixels to the patch tokens.</summary>
internal sealed partial class ClipTowerReader
{
    /// <summary>Besides convolutions and pools, what works on every element alone: none of it needs to know how large the image is.</summary>
    private static readonly HashSet<string> Elementwise = ["Relu", "Sigmoid", "Erf", "Add", "Mul", "Div"];

    private const string OtherTower = "Of image towers this takes CLIP's vision transformers and its ResNets with an attention pool";

    /// <summary>The first convolution on the graph's input.</summary>
    private NodeProto FindConvolution()
    {
        HashSet<string> inputs = [.. _model.Graph.Input.Select(input => input.Name)];
        NodeProto? node = _graph.Nodes.FirstOrDefault(node => node.OpType == "Conv");
        if (node is null) throw new ArtefactException(_model.Path, null, "an image tower: a graph with a convolution (Conv) of patches", "none");
        if (!inputs.Contains(_graph.Origin(node.Input[0])) || _graph.Constant(node.Input[0]) is not null)
            throw _graph.Mismatch(node, "the graph's image input as its own", _graph.Maker(node.Input[0]) is { } maker ? NodeGraph.Describe(maker) : "a constant", "Export the tower alone: normalised pixels in, embeddings out");
        return node;
    }

    /// <summary>Where the class token, which no pixel reaches, or the mean of the patches, and the patches come together.</summary>
    private NodeProto FindTokens() =>
        _graph.Nodes.FirstOrDefault(node => node is { OpType: "Concat", Input.Count: 2 } && FromImage(node.Input[1]) && (!FromImage(node.Input[0]) || MeanFirst(node)))
            ?? throw _graph.Mismatch(_convolution, "a Concat of a class token, or the patches' mean, and the patches somewhere after it", NodeGraph.Describe(_graph.Uses(_convolution.Output[0])), OtherTower);

    private bool MeanFirst(NodeProto concat) => _graph.Maker(concat.Input[0]) is { OpType: "ReduceMean" } mean && _graph.Same(mean.Input[0], concat.Input[1]);

    private ClipStem ReadStem(NodeProto tokens)
    {
        NodeProto last = _graph.Maker(tokens.Input[1]) ?? throw _graph.Mismatch(tokens, "patches that convolutions make as its second input", "the pixels", OtherTower);
        string image = _graph.Origin(_convolution.Input[0]);
        var wanted = new HashSet<NodeProto>(ReferenceEqualityComparer.Instance) { last };
        var nodes = new List<StemNode>();
        foreach (NodeProto node in _graph.Nodes.Reverse().Where(wanted.Contains))
        {
            if (node.Domain is not ("" or "ai.onnx") || (!Windowed(node) && !Elementwise.Contains(node.OpType)))
                throw _graph.Mismatch(node, $"Conv, AveragePool, {string.Join(", ", Elementwise)} between the pixels and the patch tokens", node.OpType, OtherTower);
            if (Windowed(node)) CheckCells(node);
            var inputs = new List<StemInput>();
            foreach (string input in node.Input)
            {
                OnnxTensor? constant = _graph.Constant(input);
                NodeProto? before = constant is null ? _graph.Maker(input) : null;
                if (constant is { IsFloat: false } || (constant is null && before is null && _graph.Origin(input) != image))
                    throw _graph.Mismatch(node, "numbers of floating point or what the pixels reach as its inputs", $"'{input}'");
                if (before is not null) wanted.Add(before);
                inputs.Add(new StemInput(constant, before));
            }
            nodes.Add(new StemNode(node, inputs));
        }
        nodes.Reverse();
        NodeProto convolution = nodes.LastOrDefault(node => node.Node.OpType == "Conv")?.Node ?? throw _graph.Mismatch(last, "a convolution between the pixels and the patch tokens", "none", OtherTower);
        return new ClipStem(nodes, Weight(convolution, 1).Shape[0], Stride(last));
    }

    private static bool Windowed(NodeProto node) => node.OpType is "Conv" or "AveragePool";

    /// <summary>A convolution or pool that makes H / stride cells of H pixels, whichever multiple of the stride H is.</summary>
    private void CheckCells(NodeProto node)
    {
        bool pool = node.OpType == "AveragePool";
        int[] shape = pool ? [1, 1, .. Integers(node, "kernel_shape")] : Weight(node, 1).Shape;
        int[] strides = Strides(node), pads = Integers(node, "pads"), dilations = Integers(node, "dilations");
        bool fits = shape is [> 0, > 0, > 0, > 0] && strides is [var down, var right] && down == right && down > 0 && pads.Length is 0 or 4 && dilations.Length is 0 or 2
            && NodeGraph.Attribute(node, "auto_pad") is null or { S.IsEmpty: true }
            && (!pool || (dilations.Length == 0 && (NodeGraph.Attribute(node, "ceil_mode")?.I ?? 0) == 0)); // the graph's version of pools knows no dilations
        for (int axis = 0; fits && axis < 2; axis++)
        {
            long reach = (dilations.Length > 0 ? dilations[axis] : 1L) * (shape[2 + axis] - 1), padding = pads.Length > 0 ? (long)pads[axis] + pads[2 + axis] : 0;
            fits = reach >= 0 && padding <= reach && padding > reach - strides[axis];
        }
        if (!fits)
            throw _graph.Mismatch(node, $"a {(pool ? "pool" : "convolution")} that makes a cell of every stride x stride pixels", $"{(pool ? "window" : "weight")} [{string.Join(", ", pool ? shape[2..] : shape)}], strides [{string.Join(", ", strides)}], pads [{string.Join(", ", pads)}], dilations [{string.Join(", ", dilations)}]", OtherTower);
    }

    /// <summary>Pixels of a cell: the strides on one way back to the pixels; where ways come together, all make maps of one size.</summary>
    private int Stride(NodeProto last)
    {
        long stride = 1;
        for (NodeProto? node = last; node is not null; node = node.Input.Where(FromImage).Select(_graph.Maker).FirstOrDefault())
            if (Windowed(node) && (stride *= Strides(node)[0]) > MaxStride) throw _graph.Mismatch(node, $"patches of at most {MaxStride} pixels", $"{stride}");
        return (int)stride;
    }

    private const int MaxStride = 1024;

    private static int[] Strides(NodeProto node) => Integers(node, "strides") is { Length: > 0 } strides ? strides : [1, 1];
}
