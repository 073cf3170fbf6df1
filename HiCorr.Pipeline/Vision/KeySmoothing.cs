using System.Runtime.Intrinsics;

namespace HiCorr.Pipeline.Vision;

/// <summary>
/// Key smoothing (MaskCLIP Sec. 3.3): cells whose keys in the last attention layer are alike show the same thing. Where the highest probability of a cell i
/// is below a threshold, its probabilities become q_i = Σ_j cos(k_i, k_j) p_j over all cells of the image. What is negative becomes 0 and the rest is brought to sum
/// 1, which keeps the best class; a cell without anything positive keeps p_i.
/// As cos(k_i, k_j) = k_i · k_j for unit keys, q_i = k_i · Σ_j k_j p_jᵀ: a matrix (k, C), never one of all pairs of cells.
/// </summary>
internal static class KeySmoothing
{
    private const int Lanes = 8;

    /// <summary>Cells whose sum is taken alone before it joins the others, against rounding.</summary>
    private const int BlockCells = 256;

    /// <param name="scores">[cells, width].</param>
    /// <param name="width">Floats per cell.</param>
    /// <param name="classes">How many of them are classes.</param>
    /// <param name="keys">Of unit length, of the same cells.</param>
    /// <param name="threshold">On the highest probability of a cell.</param>
    /// <returns>Probabilities, [cells, width].</returns>
    public static float[] Apply(float[] scores, int width, int classes, CellMap keys, double threshold)
    {
        float[] probabilities = CellSoftmax.Apply(scores, width);
        float[] sums = KeysTimesProbabilities(keys, probabilities, width, classes);
        float[] smoothed = new float[probabilities.Length];
        new ClassScorer(sums, null, classes, keys.Channels, normalizeFeatures: false, 1).Score(keys.Values, keys.Cells, smoothed);
        Parallel.For(0, keys.Cells, cell =>
        {
            Span<float> probability = probabilities.AsSpan(cell * width, classes), mean = smoothed.AsSpan(cell * width, classes);
            float highest = 0, sum = 0;
            foreach (float value in probability) highest = MathF.Max(highest, value);
            if (highest >= threshold) return;
            foreach (float value in mean) sum += MathF.Max(0, value);
            if (!(sum > 0)) return;
            for (int c = 0; c < classes; c++) probability[c] = MathF.Max(0, mean[c]) / sum;
        });
        return probabilities;
    }

    /// <summary>Σ_j k_j p_jᵀ, (classes, channels).</summary>
    private static float[] KeysTimesProbabilities(CellMap keys, float[] probabilities, int width, int classes)
    {
        float[] product = new float[classes * keys.Channels];
        Parallel.For(0, keys.Channels, channel =>
        {
            ReadOnlySpan<float> plane = keys.Plane(channel);
            for (int first = 0; first < width; first += Lanes)
            {
                Vector256<float> sum = default;
                for (int block = 0; block < plane.Length; block += BlockCells)
                {
                    Vector256<float> part = default;
                    for (int cell = block; cell < Math.Min(block + BlockCells, plane.Length); cell++)
                        part = Vector256.MultiplyAddEstimate(Vector256.Create(plane[cell]), Vector256.Create(probabilities.AsSpan(cell * width + first)), part);
                    sum += part;
                }
                for (int c = first; c < Math.Min(first + Lanes, classes); c++) product[c * keys.Channels + channel] = sum[c - first];
            }
        });
        return product;
    }
}
