using HiCorr.Pipeline.Formats.Onnx;

namespace HiCorr.Pipeline.Vision.MaskClip;

internal enum GeluKind
{
    /// <summary>x · σ(1.702 x), OpenAI's.</summary>
    Quick,

    /// <summary>x / 2 · (1 + erf(x / √2)).</summary>
    Erf,

    /// <summary>x / 2 · (1 + tanh(√(2/π) (x + 0.044715 x³))).</summary>
    Tanh,
}

/// <summary>y = x W + b.</summary>
/// <param name="Weight">[in, out], or [out, in].</param>
/// <param name="OutFirst">Whether it is [out, in].</param>
/// <param name="Bias">[out]; null for none.</param>
internal sealed record LinearWeights(OnnxTensor Weight, bool OutFirst, OnnxTensor? Bias)
{
    public int In => Weight.Shape[OutFirst ? 1 : 0];

    public int Out => Weight.Shape[OutFirst ? 0 : 1];

    /// <summary>The third that makes queries (0), keys (1) or values (2) of a layer that makes all three side by side.</summary>
    public LinearWeights Third(int index) => new(Weight.Part(index, 3, OutFirst ? 0 : 1), OutFirst, Bias?.Flatten().Part(index, 3, 0));
}

/// <param name="Gamma">[channels].</param>
/// <param name="Beta">[channels].</param>
/// <param name="Epsilon">Added to the variance.</param>
internal sealed record NormWeights(OnnxTensor Gamma, OnnxTensor Beta, float Epsilon);

/// <summary>x += Output(attention(Norm1 x)); x += Contract(gelu(Expand(Norm2 x))).</summary>
internal sealed record ClipLayer(NormWeights Norm1, AttentionWeights Attention, LinearWeights Output, NormWeights Norm2, LinearWeights Expand, GeluKind Gelu, LinearWeights Contract);

/// <param name="Query">[C, C].</param>
/// <param name="Key">[C, C].</param>
/// <param name="Value">[C, C].</param>
/// <param name="Heads">C / Heads channels each, side by side.</param>
/// <param name="Scale">Of the scores before the softmax.</param>
internal sealed record AttentionWeights(LinearWeights Query, LinearWeights Key, LinearWeights Value, int Heads, float Scale);

/// <summary>The image tower of a CLIP, as its ONNX graph computes it.</summary>
internal abstract record ClipTower
{
    /// <summary>The graph's input: [images, 3, H, W], float32 or float16.</summary>
    public required string Input { get; init; }
    public required int InputType { get; init; }

    public required ClipStem Stem { get; init; }
    public required OnnxTensor Position { get; init; } // [1 + g g, C], that of the class token or mean first
    public required LinearWeights Projection { get; init; } // C -> d

    /// <summary>The graph's value after the projection: the embedding of the whole image, not of unit length.</summary>
    public required string Embedding { get; init; }

    public int Width => Stem.Channels;
    public int Patch => Stem.Stride;
    public int Dimension => Projection.Out;

    /// <summary>Patches along a side of the image that the tower was trained on.</summary>
    public int Grid => (int)Math.Sqrt(Position.Count / Width - 1);

    /// <summary>What it consists of, for people.</summary>
    public abstract string Summary { get; }
}

/// <summary>A vision transformer.</summary>
internal sealed record ClipTransformer : ClipTower
{
    public required OnnxTensor ClassToken { get; init; } // [C]
    public required NormWeights? PreNorm { get; init; }
    public required IReadOnlyList<ClipLayer> Layers { get; init; }
    public required NormWeights PostNorm { get; init; }

    public override string Summary => $"{Layers.Count} layers, width {Width}, {Layers[^1].Attention.Heads} heads, patch {Patch}, {Layers[^1].Gelu.ToString().ToLowerInvariant()} GELU";
}

/// <summary>
/// OpenAI's ModifiedResNet: the stem is the whole of its convolutions. Their cells and, before them, the mean of the cells are tokens;
/// position embeddings are added, and the projection of what the mean attends to is the embedding.
/// </summary>
internal sealed record ClipResNet : ClipTower
{
    public required AttentionWeights Attention { get; init; }

    public override string Summary => $"ResNet of {Stem.Nodes.Count(node => node.Node.OpType == "Conv")} convolutions, width {Width}, attention pool of {Attention.Heads} heads, stride {Patch}";
}
