using System.Numerics;
using System.Numerics.Tensors;
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
    public static unsafe PixelLabels Label(float[] scores, bool areProbabilities, int mapWidth, int width, int classes, BilinearAxis rows, BilinearAxis columns)
    {
        int targetHeight = rows.Weight.Length, targetWidth = columns.Weight.Length, pixels = targetHeight * targetWidth;
        var labels = new PixelLabels(new byte[pixels], new byte[pixels], new byte[pixels]);
        int rowLength = mapWidth * width;
        float toByte = classes == 1 ? 0 : 255 / MathF.Log(classes);
        Parallel.For(0, targetHeight, () => new Buffers(new float[rowLength], new float[width], new float[targetWidth], new float[targetWidth], new float[targetWidth]), (y, _, buffers) =>
        {
            Lerp(scores.AsSpan(rows.Lower[y] * rowLength, rowLength), scores.AsSpan(rows.Upper[y] * rowLength, rowLength), rows.Weight[y], buffers.Row);
            Span<byte> best = labels.Labels.AsSpan(y * targetWidth, targetWidth), confidence = labels.Confidence.AsSpan(y * targetWidth, targetWidth), uncertain = labels.Entropy.AsSpan(y * targetWidth, targetWidth);
            Span<float> sums = buffers.Sums, weighted = buffers.Weighted, logarithms = buffers.Logarithms;
            fixed (float* cells = buffers.Row, pixel = buffers.Pixel)
                for (int x = 0; x < targetWidth; x++)
                {
                    Vector256<float> most = Lerp(cells + columns.Lower[x] * width, cells + columns.Upper[x] * width, columns.Weight[x], pixel, width);
                    best[x] = (byte)IndexOf(most, pixel, width);
                    if (areProbabilities) (sums[x], weighted[x]) = (1 / most[0], Information(pixel, width));
                    else (sums[x], weighted[x]) = Powers(pixel, width, most);
                }
            // Of scores: probability 1 / S, entropy log S - (Σ z exp z) / S.
            TensorPrimitives.Log(sums, logarithms);
            for (int x = 0; x < targetWidth; x++)
            {
                confidence[x] = (byte)(255 * (1 / sums[x]) + 0.5f);
                float entropy = areProbabilities ? weighted[x] : logarithms[x] - weighted[x] / sums[x];
                uncertain[x] = (byte)Math.Clamp(entropy * toByte + 0.5f, 0, 255);
            }
            return buffers;
        }, _ => { });
        return labels;
    }

    /// <summary>Of one thread: a row of cells at the height of a row of pixels, and a pixel's scores; then values of each pixel of the row.</summary>
    private sealed record Buffers(float[] Row, float[] Pixel, float[] Sums, float[] Weighted, float[] Logarithms);

    private static void Lerp(ReadOnlySpan<float> a, ReadOnlySpan<float> b, float weight, Span<float> target)
    {
        for (int i = 0; i < target.Length; i += Lanes)
        {
            var from = Vector256.Create(a[i..]);
            (from + (Vector256.Create(b[i..]) - from) * weight).CopyTo(target[i..]);
        }
    }

    /// <summary>The same for one pixel.</summary>
    /// <returns>The highest value, in every lane.</returns>
    private static unsafe Vector256<float> Lerp(float* a, float* b, float weight, float* target, int width)
    {
        var highest = Vector256.Create(float.NegativeInfinity);
        var by = Vector256.Create(weight);
        for (int i = 0; i < width; i += Lanes)
        {
            var from = Vector256.Load(a + i);
            Vector256<float> value = from + (Vector256.Load(b + i) - from) * by;
            value.Store(target + i);
            highest = Vector256.MaxNative(highest, value);
        }
        highest = Vector256.MaxNative(highest, Vector256.Shuffle(highest, Vector256.Create(4, 5, 6, 7, 0, 1, 2, 3)));
        highest = Vector256.MaxNative(highest, Vector256.Shuffle(highest, Vector256.Create(2, 3, 0, 1, 6, 7, 4, 5)));
        return Vector256.MaxNative(highest, Vector256.Shuffle(highest, Vector256.Create(1, 0, 3, 2, 5, 4, 7, 6)));
    }

    /// <summary>The first of equals.</summary>
    private static unsafe int IndexOf(Vector256<float> value, float* values, int width)
    {
        for (int i = 0; i < width; i += Lanes)
        {
            uint equal = Vector256.Equals(Vector256.Load(values + i), value).ExtractMostSignificantBits();
            if (equal != 0) return i + BitOperations.TrailingZeroCount(equal);
        }
        return -1;
    }

    /// <summary>S = Σ exp z and Σ z exp z, with z the scores less the highest.</summary>
    private static unsafe (float Sum, float Weighted) Powers(float* scores, int width, Vector256<float> most)
    {
        Vector256<float> sums = default, weighted = default;
        for (int i = 0; i < width; i += Lanes)
        {
            Vector256<float> below = Vector256.Load(scores + i) - most, power = Vector256.Exp(below);
            sums += power;
            weighted += power * below;
        }
        return (Vector256.Sum(sums), Vector256.Sum(weighted));
    }

    /// <summary>Entropy of probabilities, - Σ p log p.</summary>
    private static unsafe float Information(float* probabilities, int width)
    {
        var least = Vector256.Create(1e-30f); // 0 log 0 is 0
        Vector256<float> sums = default;
        for (int i = 0; i < width; i += Lanes)
        {
            var vector = Vector256.Load(probabilities + i);
            sums += vector * Vector256.Log(Vector256.MaxNative(vector, least));
        }
        return -Vector256.Sum(sums);
    }
}
