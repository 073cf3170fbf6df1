using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HiCorr.Pipeline.Segmentation;

/// <summary>The weighted edges of a graph, ready to be sorted.</summary>
internal sealed class EdgeList(int count)
{
    private const int DigitBits = 11, Digits = 1 << DigitBits, Passes = 3;

    /// <summary>Both ends of each edge.</summary>
    public int[] A { get; } = new int[count];

    public int[] B { get; } = new int[count];

    public float[] Weights { get; } = new float[count];

    public int Count => count;

    /// <summary>w = 1 - n_a · n_b, squared where n_b · unit(p_b - p_a) > 0: across a convex edge normals may differ more.</summary>
    public void WeighByNormals(ReadOnlySpan<float> positions, ReadOnlySpan<float> normals)
    {
        ReadOnlySpan<Vector> points = MemoryMarshal.Cast<float, Vector>(positions), directions = MemoryMarshal.Cast<float, Vector>(normals);
        for (int e = 0; e < Weights.Length; e++)
        {
            Vector normal = directions[B[e]], d = points[B[e]] - points[A[e]];
            float length = MathF.Sqrt(d.Dot(d));
            float weight = 1f - directions[A[e]].Dot(normal);
            // Two points in one place give NaN here, which compares as false: not convex.
            bool convex = normal.Dot(new Vector(d.X / length, d.Y / length, d.Z / length)) > 0;
            Weights[e] = convex ? weight * weight : weight;
        }
    }

    /// <summary>Indices of the edges by ascending weight, equal weights in their order; NaN comes last.</summary>
    public int[] SortByWeight()
    {
        // Least-significant-digit radix sort of (key, index) pairs: the three histograms come from one reading.
        ulong[] pairs = GC.AllocateUninitializedArray<ulong>(count), other = GC.AllocateUninitializedArray<ulong>(count);
        int[] histograms = new int[Passes * Digits];
        Span<int> low = histograms.AsSpan(0, Digits), middle = histograms.AsSpan(Digits, Digits), high = histograms.AsSpan(2 * Digits, Digits);
        for (int i = 0; i < pairs.Length; i++)
        {
            uint key = OrderedBits(Weights[i]);
            pairs[i] = ((ulong)key << 32) | (uint)i;
            low[(int)(key & (Digits - 1))]++;
            middle[(int)((key >> DigitBits) & (Digits - 1))]++;
            high[(int)(key >> (2 * DigitBits))]++;
        }
        for (int pass = 0; pass < Passes; pass++)
        {
            Span<int> next = histograms.AsSpan(pass * Digits, Digits);
            int sum = 0;
            for (int d = 0; d < Digits; d++) (next[d], sum) = (sum, sum + next[d]);
            int shift = 32 + pass * DigitBits;
            foreach (ulong pair in pairs) other[next[(int)((pair >> shift) & (Digits - 1))]++] = pair;
            (pairs, other) = (other, pairs);
        }
        int[] order = GC.AllocateUninitializedArray<int>(count);
        for (int i = 0; i < order.Length; i++) order[i] = (int)(uint)pairs[i];
        return order;
    }

    /// <summary>An unsigned number that orders as the float does: all bits flipped for negative ones, the sign bit for the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint OrderedBits(float weight)
    {
        if (float.IsNaN(weight)) return uint.MaxValue;
        int bits = BitConverter.SingleToInt32Bits(weight);
        return (uint)(bits ^ ((bits >> 31) | int.MinValue));
    }
}
