using System.Numerics;
using HiCorr.Native.Voxels;

namespace HiCorr.Native.Ops.Gather;

/// <summary>
/// Which entries of a list of rows name the same row: entries Order[Starts[g]] to Order[Starts[g + 1] - 1], rising, name row Targets[g]. A sum over
/// each group in this order needs no atomics.
/// </summary>
internal readonly ref struct RowGroups
{
    private RowGroups(int[] order, int[] targets, int[] starts, int groups)
    {
        Order = order;
        Targets = targets.AsSpan(0, groups);
        Starts = starts.AsSpan(0, groups + 1);
    }

    /// <summary>(n).</summary>
    public ReadOnlySpan<int> Order { get; }

    /// <summary>(groups), rising.</summary>
    public ReadOnlySpan<int> Targets { get; }

    /// <summary>(groups + 1).</summary>
    public ReadOnlySpan<int> Starts { get; }

    /// <param name="rows">(n), none of them negative.</param>
    public static RowGroups Of(ReadOnlySpan<int> rows)
    {
        int[] order = new int[rows.Length], targets = new int[rows.Length], starts = new int[rows.Length + 1];
        ulong[] keys = new ulong[rows.Length];
        int largest = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            keys[i] = (ulong)rows[i];
            largest = Math.Max(largest, rows[i]);
        }
        KeySort.Sort(keys, order, new ulong[rows.Length], targets, 32 - BitOperations.LeadingZeroCount((uint)largest));
        int groups = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            if (i > 0 && keys[i] == keys[i - 1]) continue;
            targets[groups] = (int)keys[i];
            starts[groups++] = i;
        }
        starts[groups] = rows.Length;
        return new RowGroups(order, targets, starts, groups);
    }
}
