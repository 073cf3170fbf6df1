using System.Numerics;
using System.Runtime.Intrinsics;

namespace HiCorr.Pipeline.Vision;

/// <summary>What a map's pixels are called, and how sure that is.</summary>
/// <param name="Labels">Best class, the first of equals.</param>
/// <param name="Confidence">255 · its probability.</param>
/// <param name="Entropy">255 · entropy / log classes.</param>
internal sealed record PixelLabels(byte[] Labels, byte[] Confidence, byte[] Entropy); // (H, W) each

/// <summary>Enlarges a map of class scores, or of probabilities, bilinearly and takes the best class of each pixel with its (softmax) probability.</summary>
internal static class ScoreUpsampling
{
    private const int Lanes = 8;

    /// <param name="scores">[h, w, width] as <see cref="ClassScorer"/> gives them, or probabilities that sum to 1.</param>
    /// <param name="areProbabilities">No softmax then.</param>
    /// <param name="mapWidth">w.</param>
    /// <param name="width">Floats per cell, whole vectors.</param>
    /// <param name="classes">How many of them are classes.</param>
    /// <param name="rows">Sampling from cell rows to label rows.</param>
    /// <param name="columns">Sampling from cell columns to label columns.</param>
    public static PixelLabels Label(float[] scores, bool areProbabilities, int mapWidth, int width, int classes, BilinearAxis rows, BilinearAxis columns)
    {
        int targetHeight = rows.Weight.Length, targetWidth = columns.Weight.Length, pixels = targetHeight * targetWidth;
        var labels = new PixelLabels(new byte[pixels], new byte[pixels], new byte[pixels]);
        int rowLength = mapWidth * width;
        float toByte = classes == 1 ? 0 : 255 / MathF.Log(classes);
        Parallel.For(0, targetHeight, () => new float[rowLength + width], (y, _, buffer) =>
        {
            Span<float> row = buffer.AsSpan(0, rowLength);
            Lerp(scores.AsSpan(rows.Lower[y] * rowLength, rowLength), scores.AsSpan(rows.Upper[y] * rowLength, rowLength), rows.Weight[y], row);
            Span<float> pixel = buffer.AsSpan(rowLength, width);
            for (int x = 0; x < targetWidth; x++)
            {
                Lerp(row.Slice(columns.Lower[x] * width, width), row.Slice(columns.Upper[x] * width, width), columns.Weight[x], pixel);
                (int best, float probability, float entropy) = areProbabilities ? BestOfProbabilities(pixel) : Best(pixel);
                int i = y * targetWidth + x;
                labels.Labels[i] = (byte)best;
                labels.Confidence[i] = (byte)(255 * probability + 0.5f);
                labels.Entropy[i] = (byte)Math.Clamp(entropy * toByte + 0.5f, 0, 255);
            }
            return buffer;
        }, _ => { });
        return labels;
    }

    private static void Lerp(ReadOnlySpan<float> a, ReadOnlySpan<float> b, float weight, Span<float> target)
    {
        for (int i = 0; i < target.Length; i += Lanes)
        {
            var from = Vector256.Create(a[i..]);
            (from + (Vector256.Create(b[i..]) - from) * weight).CopyTo(target[i..]);
        }
    }

    /// <summary>With z the scores less the highest and S = Σ exp z: probability 1 / S, entropy log S - Σ z exp z / S.</summary>
    private static (int Index, float Probability, float Entropy) Best(ReadOnlySpan<float> scores)
    {
        (int index, float most) = Highest(scores);
        Vector256<float> sums = default, weighted = default;
        for (int i = 0; i < scores.Length; i += Lanes)
        {
            Vector256<float> below = Vector256.Create(scores[i..]) - Vector256.Create(most), power = Vector256.Exp(below);
            sums += power;
            weighted += power * below;
        }
        float sum = Vector256.Sum(sums);
        return (index, 1 / sum, MathF.Log(sum) - Vector256.Sum(weighted) / sum);
    }

    private static (int Index, float Probability, float Entropy) BestOfProbabilities(ReadOnlySpan<float> probabilities)
    {
        const float Least = 1e-30f; // 0 log 0 is 0
        (int index, float most) = Highest(probabilities);
        Vector256<float> sums = default;
        for (int i = 0; i < probabilities.Length; i += Lanes)
        {
            var vector = Vector256.Create(probabilities[i..]);
            sums += vector * Vector256.Log(Vector256.Max(vector, Vector256.Create(Least)));
        }
        return (index, MathF.Min(1, most), -Vector256.Sum(sums));
    }

    private static (int Index, float Value) Highest(ReadOnlySpan<float> values)
    {
        var highest = Vector256.Create(values);
        for (int i = Lanes; i < values.Length; i += Lanes) highest = Vector256.Max(highest, Vector256.Create(values[i..]));
        float most = highest[0];
        for (int lane = 1; lane < Lanes; lane++) most = MathF.Max(most, highest[lane]);
        for (int i = 0; i < values.Length; i += Lanes)
        {
            uint equal = Vector256.Equals(Vector256.Create(values[i..]), Vector256.Create(most)).ExtractMostSignificantBits();
            if (equal != 0) return (i + BitOperations.TrailingZeroCount(equal), most);
        }
        return (-1, most);
    }
}
