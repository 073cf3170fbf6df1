using HiCorr.Pipeline.Formats.Onnx;

namespace HiCorr.Pipeline.Vision.MaskClip;

/// <summary>The attention pool at the end of a ResNet.</summary>
internal sealed partial class ClipTowerReader
{
    /// <summary>The mean of the cells, or every token, asks all tokens; query, key and value take them with the position embedding.</summary>
    private ClipResNet ReadResNet()
    {
        (OnnxTensor position, string x) = FindPosition(_tokens);
        List<Linear> projections = Linears(x, PicksToken);
        if (projections.Count == 0)
            throw _graph.Mismatch(_graph.Maker(x)!, "query, key and value of the attention pool after it", NodeGraph.Describe(_graph.Uses(x, PicksToken)));
        // A whole CLIP may have a Softmax of its own after the projection, but none before the pool's.
        NodeProto softmax = Softmaxes().FirstOrDefault() ?? throw _graph.Mismatch(projections[0].Node, "attention with a Softmax", "none further on");
        (AttentionWeights attention, string mixed) = ReadAttention(projections, softmax);
        Linear projection = OneLinear(mixed, _width, null, "the attention pool's projection to the space of the text embeddings");
        string input = _graph.Origin(_convolution.Input[0]);
        return new ClipResNet
        {
            Input = input,
            InputType = InputType(input),
            Stem = _stem,
            Position = position,
            Attention = attention,
            Projection = projection.Weights,
            Embedding = projection.Output,
        };
    }
}
