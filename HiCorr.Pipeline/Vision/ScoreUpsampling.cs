using System.Numerics;
using System.Runtime.Intrinsics;

namespace HiCorr.Pipeline.Vision;

/// <summary>Enlarges a map of class scores bilinearly and takes the best class of each pixel with its softmax probability.</summary>
internal static class ScoreUpsampling
{
    private const int Lanes = 8;

    /// <param name="scores">[h, w, width] as <see cref="ClassScorer"/> gives them.</param>
    /// <param name="mapWidth">w.</param>
    /// <param name="width">Floats per cell, whole vectors.</param>
    /// <param name="rows">Sampling from cell rows to label rows.</param>
    /// <param name="columns">Sampling from cell columns to label columns.</param>
    /// <returns>Best class (the first of equals) and 255 · its probability, (H, W) each.</returns>
    public static (byte[] Labels, byte[] Confidence) Label(float[] scores, int mapWidth, int width, BilinearAxis rows, BilinearAxis columns)
    {
        int targetHeight = rows.Weight.Length, targetWidth = columns.Weight.Length;
        byte[] labels = new byte[targetHeight * targetWidth];
        byte[] confidence = new byte[labels.Length];
        int rowLength = mapWidth * width;
        Parallel.For(0, targetHeight, () => new float[rowLength + width], (y, _, buffer) =>
        {
            Span<float> row = buffer.AsSpan(0, rowLength);
            Lerp(scores.AsSpan(rows.Lower[y] * rowLength, rowLength), scores.AsSpan(rows.Upper[y] * rowLength, rowLength), rows.Weight[y], row);
            Span<float> pixel = buffer.AsSpan(rowLength, width);
            for (int x = 0; x < targetWidth; x++)
            {
                Lerp(row.Slice(columns.Lower[x] * width, width), row.Slice(columns.Upper[x] * width, width), columns.Weight[x], pixel);
                (int best, float probability) = Best(pixel);
                labels[y * targetWidth + x] = (byte)best;
                confidence[y * targetWidth + x] = (byte)(255 * probability + 0.5f);
            }
            return buffer;
        }, _ => { });
        return (labels, confidence);
    }

    private static void Lerp(ReadOnlySpan<float> a, ReadOnlySpan<float> b, float weight, Span<float> target)
    {
        for (int i = 0; i < target.Length; i += Lanes)
        {
            var from = Vector256.Create(a[i..]);
            (from + (Vector256.Create(b[i..]) - from) * weight).CopyTo(target[i..]);
        }
    }

    private static (int Index, float Probability) Best(ReadOnlySpan<float> scores)
    {
        var highest = Vector256.Create(scores);
        for (int i = Lanes; i < scores.Length; i += Lanes) highest = Vector256.Max(highest, Vector256.Create(scores[i..]));
        float most = highest[0];
        for (int lane = 1; lane < Lanes; lane++) most = MathF.Max(most, highest[lane]);

        int index = -1;
        Vector256<float> sums = default;
        for (int i = 0; i < scores.Length; i += Lanes)
        {
            var vector = Vector256.Create(scores[i..]);
            uint equal = Vector256.Equals(vector, Vector256.Create(most)).ExtractMostSignificantBits();
            if (index < 0 && equal != 0) index = i + BitOperations.TrailingZeroCount(equal);
            sums += Vector256.Exp(vector - Vector256.Create(most));
        }
        return (index, 1 / Vector256.Sum(sums));
    }
}
