namespace HiCorr.Native.Voxels;

/// <summary>Stable radix sort of voxel keys: a batch has millions of points, and their keys seldom need more than 40 bits.</summary>
internal static class KeySort
{
    private const int DigitBits = 11;
    private const int Digits = 1 << DigitBits;

    /// <summary>Sorts keys below 2^<paramref name="bits"/> and returns, for every place, where its key was before.</summary>
    public static int[] Sort(ref ulong[] keys, int bits)
    {
        int[] order = new int[keys.Length];
        for (int i = 0; i < order.Length; i++) order[i] = i;
        ulong[] otherKeys = new ulong[keys.Length];
        int[] otherOrder = new int[keys.Length];
        int[] starts = new int[Digits];
        for (int shift = 0; shift < bits; shift += DigitBits)
        {
            Array.Clear(starts);
            foreach (ulong key in keys) starts[(int)(key >> shift) & (Digits - 1)]++;
            int next = 0;
            for (int digit = 0; digit < Digits; digit++) (starts[digit], next) = (next, next + starts[digit]);
            for (int i = 0; i < keys.Length; i++)
            {
                int place = starts[(int)(keys[i] >> shift) & (Digits - 1)]++;
                otherKeys[place] = keys[i];
                otherOrder[place] = order[i];
            }
            (keys, otherKeys) = (otherKeys, keys);
            (order, otherOrder) = (otherOrder, order);
        }
        return order;
    }
}
