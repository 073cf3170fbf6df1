using HiCorr.Pipeline.Formats.Onnx;

namespace HiCorr.Pipeline.Vision.MaskClip;

/// <summary>
/// What makes the patch tokens of the pixels: CLIP's one convolution, or several with activations, residuals and average pools between them, up to a whole ResNet.
/// [B, 3, H, W] to [B, Channels, H / Stride, W / Stride] where both are multiples.
/// </summary>
/// <param name="Nodes">In the order of computation; the last one makes the tokens.</param>
/// <param name="Channels">The tower's width.</param>
/// <param name="Stride">Pixels of a patch's side.</param>
internal sealed record ClipStem(IReadOnlyList<StemNode> Nodes, int Channels, int Stride);

/// <param name="Node">In the graph that it came from.</param>
/// <param name="Inputs">Of the node, in its order.</param>
internal sealed record StemNode(NodeProto Node, IReadOnlyList<StemInput> Inputs);

/// <param name="Constant">A weight or number; null for what depends on the pixels.</param>
/// <param name="Before">The stem's node that makes it; null for the pixels themselves and for constants.</param>
internal sealed record StemInput(OnnxTensor? Constant, NodeProto? Before);
