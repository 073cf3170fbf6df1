using System.Runtime.CompilerServices;

namespace HiCorr.Pipeline.Segmentation;

/// <summary>The weighted edges of a graph.</summary>
/// <param name="ends">Both ends of each edge, in the order of the file.</param>
internal sealed class EdgeList(int[] ends) // (E, 2)
{
    private const int DigitBits = 11, Digits = 1 << DigitBits, Passes = 3;

    public int[] Ends { get; } = ends;

    public int Count => Ends.Length / 2;

    /// <summary>Weighs the edges and sorts them; equal weights keep the order of the file. <see cref="WeightOf"/> and <see cref="IndexOf"/> read the result.</summary>
    public ulong[] SortByWeight<TWeight>(TWeight weight) where TWeight : struct, IEdgeWeight
    {
        ulong[] sorted = new ulong[Count], other = new ulong[Count];
        // Least-significant-digit radix sort of (key, index) pairs: the three histograms come with the weights.
        int[] histograms = new int[Passes * Digits];
        Span<int> low = histograms.AsSpan(0, Digits), middle = histograms.AsSpan(Digits, Digits), high = histograms.AsSpan(2 * Digits, Digits);
        for (int e = 0; e < sorted.Length; e++)
        {
            uint key = KeyOf(weight.Between(Ends[2 * e], Ends[2 * e + 1]));
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

    /// <summary>An unsigned number that orders as the float does: all bits flipped for negative ones, the sign bit for the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint KeyOf(float weight)
    {
        int bits = BitConverter.SingleToInt32Bits(weight);
        return (uint)(bits ^ ((bits >> 31) | int.MinValue));
    }
}
