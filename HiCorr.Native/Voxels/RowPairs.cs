namespace HiCorr.Native.Voxels;

/// <summary>Pairs of rows (From[i], To[i]) at one kernel index, both rising; a null list stands for 0, 1, 2, ...</summary>
internal readonly unsafe struct RowPairs(int* from, int* to, int count)
{
    public int* From { get; } = from;
    public int* To { get; } = to;
    public int Count { get; } = count;

    /// <summary>Every row with itself: what a product without a map goes over.</summary>
    public static RowPairs Identity(int rows) => new(null, null, rows);

    /// <summary>Position of the first pair whose To is not below <paramref name="row"/>.</summary>
    public int LowerBound(int row)
    {
        if (To is null) return Math.Min(row, Count);
        int low = 0;
        for (int high = Count; low < high;)
        {
            int middle = (low + high) >>> 1;
            if (To[middle] < row) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}
