using HiCorr.Native.Tensors;
using HiCorr.Pipeline.Vision;

namespace HiCorr.Pipeline.Networks;

/// <summary>
/// How features in the joint space of images and text become scores: score_c = scale · (⟨f / |f|, T̂_c⟩ + b_c), what a model pack with cosines does with
/// the features of its images (<see cref="ClassScorer"/>). Features that were fused or distilled are compared this way; those of a network that was
/// trained on labels by plain inner products, as L_ce has them.
/// </summary>
/// <param name="Scale">Before the softmax of the confidence.</param>
/// <param name="Bias">b, (C): a prior that the pack adds to the cosines; null for none.</param>
public sealed record CosineScoring(float Scale, float[]? Bias)
{
    /// <summary>A pack of plain inner products has no scale or bias for features of unit length: they are compared by the cosine alone.</summary>
    public static CosineScoring Of(ModelPack pack, ClassSelection classes) =>
        pack.Manifest.Cosine ? new CosineScoring(pack.Manifest.LogitScale, classes.Bias) : new CosineScoring(1, null);

    /// <summary>Turns the inner products ⟨f, T̂_c⟩ (N, C) into scores, in place.</summary>
    internal void Apply(Tensor features, Tensor products)
    {
        for (int row = 0; row < products.Rows; row++)
        {
            // A feature of all zeros has no direction; it scores the bias alone.
            float length = MathF.Max(System.Numerics.Tensors.TensorPrimitives.Norm<float>(features.Row(row)), 1e-12f);
            Span<float> scores = products.Row(row);
            for (int c = 0; c < scores.Length; c++) scores[c] = Scale * (scores[c] / length + (Bias is null ? 0 : Bias[c]));
        }
    }
}
