using System.Numerics.Tensors;

namespace HiCorr.Pipeline.Vision;

/// <summary>
/// Prompt denoising (MaskCLIP Sec. 3.3): a class that no cell of the image shows with some confidence is not in it and takes no pixel. The confidence is
/// the softmax of the scaled scores over all classes. The class with the highest one stays, whatever it is.
/// </summary>
internal static class PromptDenoising
{
    /// <param name="scores">[cells, width]; a dropped class is <see cref="ClassScorer.Nothing"/> everywhere.</param>
    /// <param name="width">Floats per cell.</param>
    /// <param name="classes">How many of them are classes.</param>
    /// <param name="threshold">Classes whose highest probability is below it are dropped.</param>
    public static void Apply(float[] scores, int width, int classes, double threshold)
    {
        float[] probabilities = CellSoftmax.Apply(scores, width), highest = new float[width];
        for (int first = 0; first < probabilities.Length; first += width) TensorPrimitives.Max(highest, probabilities.AsSpan(first, width), highest);
        int best = Array.IndexOf(highest, highest.Max());
        for (int c = 0; c < classes; c++)
        {
            if (c == best || highest[c] >= threshold) continue;
            for (int i = c; i < scores.Length; i += width) scores[i] = ClassScorer.Nothing;
        }
    }
}
