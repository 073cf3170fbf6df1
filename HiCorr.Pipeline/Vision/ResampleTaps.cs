using System.Numerics;
using System.Runtime.InteropServices;

namespace HiCorr.Pipeline.Vision;

/// <summary>Weights of a resize along one axis: target i is the sum of source[First[i] + k] · Weights[i, k], k &lt; Width.</summary>
internal sealed class ResampleTaps
{
    private readonly int[] _first;
    private readonly float[] _weights; // (targets, _width), rows sum to 1
    private readonly int _width;

    private ResampleTaps(int[] first, float[] weights, int width) => (_first, _weights, _width) = (first, weights, width);

    /// <summary>A triangle of half-width max(1, source / target) around source coordinate (i + 0.5) · source / target - 0.5.</summary>
    public static ResampleTaps Build(int source, int target)
    {
        double step = (double)source / target;
        double reach = Math.Max(1, step);
        int width = Math.Min(source, (int)Math.Ceiling(2 * reach) + 1);
        int[] first = new int[target];
        float[] weights = new float[target * width];
        double[] row = new double[width];
        for (int i = 0; i < target; i++)
        {
            double centre = (i + 0.5) * step - 0.5;
            first[i] = Math.Clamp((int)Math.Ceiling(centre - reach), 0, source - width);
            double sum = 0;
            for (int k = 0; k < width; k++) sum += row[k] = Math.Max(0, 1 - Math.Abs(first[i] + k - centre) / reach);
            for (int k = 0; k < width; k++) weights[i * width + k] = (float)(row[k] / sum);
        }
        return new ResampleTaps(first, weights, width);
    }

    /// <summary>Resizes a row of RGB pixels.</summary>
    public void ApplyToRow(ReadOnlySpan<byte> source, Span<float> target)
    {
        for (int i = 0; i < _first.Length; i++)
        {
            float red = 0, green = 0, blue = 0;
            ReadOnlySpan<byte> pixels = source.Slice(_first[i] * 3, _width * 3);
            ReadOnlySpan<float> weights = _weights.AsSpan(i * _width, _width);
            for (int k = 0; k < weights.Length; k++)
            {
                red += weights[k] * pixels[3 * k];
                green += weights[k] * pixels[3 * k + 1];
                blue += weights[k] * pixels[3 * k + 2];
            }
            target[3 * i] = red;
            target[3 * i + 1] = green;
            target[3 * i + 2] = blue;
        }
    }

    /// <summary>Target row <paramref name="i"/> of a map whose rows are as long as <paramref name="target"/>.</summary>
    public void SumRows(int i, ReadOnlySpan<float> source, Span<float> target)
    {
        target.Clear();
        for (int k = 0; k < _width; k++)
        {
            float weight = _weights[i * _width + k];
            if (weight == 0) continue;
            ReadOnlySpan<float> row = source.Slice((_first[i] + k) * target.Length, target.Length);
            ReadOnlySpan<Vector<float>> wide = MemoryMarshal.Cast<float, Vector<float>>(row);
            Span<Vector<float>> sums = MemoryMarshal.Cast<float, Vector<float>>(target);
            for (int x = 0; x < sums.Length; x++) sums[x] += wide[x] * weight;
            for (int x = sums.Length * Vector<float>.Count; x < target.Length; x++) target[x] += row[x] * weight;
        }
    }
}
