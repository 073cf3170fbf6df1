namespace HiCorr.Native.Voxels;

/// <summary>Stable radix sort of voxel keys: a batch has millions of points, and their keys seldom need more than 40 bits.</summary>
internal static class KeySort
{
    private const int DigitBits = 11;
    private const int Digits = 1 << DigitBits;

    /// <summary>Sorts keys below 2^<paramref name="bits"/>.</summary>
    /// <param name="keys">(N); sorted in place.</param>
    /// <param name="order">(N), filled: for every place, where its key was before.</param>
    /// <param name="otherKeys">(N), to work in.</param>
    /// <param name="otherOrder">(N), to work in.</param>
    /// <param name="bits">Bits of a key.</param>
    public static void Sort(Span<ulong> keys, Span<int> order, Span<ulong> otherKeys, Span<int> otherOrder, int bits)
    {
        for (int i = 0; i < order.Length; i++) order[i] = i;
        Span<int> starts = stackalloc int[Digits];
        bool isOdd = false;
        for (int shift = 0; shift < bits; shift += DigitBits, isOdd = !isOdd)
        {
            starts.Clear();
            foreach (ulong key in keys) starts[(int)(key >> shift) & (Digits - 1)]++;
            int next = 0;
            for (int digit = 0; digit < Digits; digit++) (starts[digit], next) = (next, next + starts[digit]);
            for (int i = 0; i < keys.Length; i++)
            {
                int place = starts[(int)(keys[i] >> shift) & (Digits - 1)]++;
                otherKeys[place] = keys[i];
                otherOrder[place] = order[i];
            }
            Span<ulong> sortedKeys = otherKeys;
            otherKeys = keys;
            keys = sortedKeys;
            Span<int> sortedOrder = otherOrder;
            otherOrder = order;
            order = sortedOrder;
        }
        if (!isOdd) return;
        keys.CopyTo(otherKeys);
        order.CopyTo(otherOrder);
    }
}
