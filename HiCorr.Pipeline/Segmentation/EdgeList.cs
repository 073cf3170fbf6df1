using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HiCorr.Pipeline.Segmentation;

/// <summary>The weighted edges of a graph.</summary>
/// <param name="ends">Both ends of each edge, in the order of the file.</param>
internal sealed class EdgeList(int[] ends) // (E, 2)
{
    private const int DigitBits = 11, Digits = 1 << DigitBits, Passes = 3;

    public int[] Ends { get; } = ends;

    public int Count => Ends.Length / 2;

    /// <summary>
    /// Weighs the edges and sorts them: w = 1 - n_a · n_b, squared where n_b · unit(p_b - p_a) > 0, because across a convex edge
    /// normals may differ more. The result orders equal weights as the file does; <see cref="WeightOf"/> and <see cref="IndexOf"/> read it.
    /// </summary>
    public ulong[] SortByWeight(Vector128<float>[] points, Vector128<float>[] normals)
    {
        ulong[] sorted = new ulong[Count], other = new ulong[Count];
        // Least-significant-digit radix sort of (key, index) pairs: the three histograms come with the weights.
        int[] histograms = new int[Passes * Digits];
        Span<int> low = histograms.AsSpan(0, Digits), middle = histograms.AsSpan(Digits, Digits), high = histograms.AsSpan(2 * Digits, Digits);
        for (int e = 0; e < sorted.Length; e++)
        {
            int a = Ends[2 * e], b = Ends[2 * e + 1];
            uint key = KeyOf(Weigh(points[a], points[b], normals[a], normals[b]));
            sorted[e] = ((ulong)key << 32) | (uint)e;
            low[(int)(key & (Digits - 1))]++;
            middle[(int)((key >> DigitBits) & (Digits - 1))]++;
            high[(int)(key >> (2 * DigitBits))]++;
        }
        for (int pass = 0; pass < Passes; pass++)
        {
            Span<int> next = histograms.AsSpan(pass * Digits, Digits);
            int sum = 0;
            for (int d = 0; d < next.Length; d++) (next[d], sum) = (sum, sum + next[d]);
            int shift = 32 + pass * DigitBits;
            foreach (ulong pair in sorted) other[next[(int)((pair >> shift) & (Digits - 1))]++] = pair;
            (sorted, other) = (other, sorted);
        }
        return sorted;
    }

    public static int IndexOf(ulong sorted) => (int)(uint)sorted;

    public static float WeightOf(ulong sorted)
    {
        int bits = (int)(sorted >> 32);
        return BitConverter.Int32BitsToSingle(bits ^ ((~bits >> 31) | int.MinValue));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Weigh(Vector128<float> pa, Vector128<float> pb, Vector128<float> na, Vector128<float> nb)
    {
        Vector128<float> d = pb - pa;
        float weight = 1f - Vector.Dot(na, nb);
        // Two points in one place give NaN here, which compares as false: not convex.
        bool convex = Vector.Dot(nb, d / Vector128.Create(MathF.Sqrt(Vector.Dot(d, d)))) > 0;
        return convex ? weight * weight : weight;
    }

    /// <summary>An unsigned number that orders as the float does: all bits flipped for negative ones, the sign bit for the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint KeyOf(float weight)
    {
        int bits = BitConverter.SingleToInt32Bits(weight);
        return (uint)(bits ^ ((bits >> 31) | int.MinValue));
    }
}
