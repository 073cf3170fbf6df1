using System.Runtime.Intrinsics;

namespace HiCorr.Pipeline.Vision;

/// <summary>Softmax over the classes of every cell of a map of scores, as <see cref="ClassScorer"/> lays it out.</summary>
internal static class CellSoftmax
{
    private const int Lanes = 8;

    /// <param name="scores">[cells, width]; lanes beyond the last class hold <see cref="ClassScorer.Nothing"/>.</param>
    /// <returns>[cells, width]; 0 in those lanes.</returns>
    public static float[] Apply(float[] scores, int width)
    {
        float[] probabilities = new float[scores.Length];
        Parallel.For(0, scores.Length / width, cell =>
        {
            ReadOnlySpan<float> from = scores.AsSpan(cell * width, width);
            Span<float> to = probabilities.AsSpan(cell * width, width);
            var highest = Vector256.Create(float.NegativeInfinity);
            for (int i = 0; i < width; i += Lanes) highest = Vector256.Max(highest, Vector256.Create(from[i..]));
            float most = highest[0];
            for (int lane = 1; lane < Lanes; lane++) most = MathF.Max(most, highest[lane]);
            Vector256<float> sums = default;
            for (int i = 0; i < width; i += Lanes)
            {
                Vector256<float> value = Vector256.Exp(Vector256.Create(from[i..]) - Vector256.Create(most));
                sums += value;
                value.CopyTo(to[i..]);
            }
            float factor = 1 / Vector256.Sum(sums);
            foreach (ref float value in to) value *= factor;
        });
        return probabilities;
    }
}
