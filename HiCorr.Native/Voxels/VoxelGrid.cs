namespace HiCorr.Native.Voxels;

/// <summary>The distinct voxels of one level, in the order of their keys: by batch item, then x, y, z.</summary>
public sealed class VoxelGrid
{
    private readonly KeyLayout _layout;
    private readonly ulong[] _keys;

    private VoxelGrid(int tensorStride, KeyLayout layout, ulong[] keys)
    {
        TensorStride = tensorStride;
        _layout = layout;
        _keys = keys;
    }

    public int Count => _keys.Length;

    /// <summary>Edge of a cell in units of the finest grid; all coordinates are multiples of it.</summary>
    public int TensorStride { get; }

    /// <summary>Sorted and distinct.</summary>
    internal ReadOnlySpan<ulong> Keys => _keys;

    internal KeyLayout Layout => _layout;

    /// <summary>(batch, x, y, z) of a row, in units of the finest grid.</summary>
    public (int Batch, int X, int Y, int Z) this[int row]
    {
        get
        {
            (long batch, long x, long y, long z) = _layout.Unpack(_keys[row]);
            return ((int)batch, (int)(x * TensorStride), (int)(y * TensorStride), (int)(z * TensorStride));
        }
    }

    /// <summary>First row of every batch item from 0 to <paramref name="batches"/> - 1, and the number of rows at the end; items may be empty.</summary>
    public int[] BatchStarts(int batches)
    {
        int[] starts = new int[batches + 1];
        foreach (ulong key in _keys)
        {
            long batch = _layout.Unpack(key).Batch;
            if (batch >= 0 && batch < batches) starts[batch + 1]++;
        }
        for (int i = 0; i < batches; i++) starts[i + 1] += starts[i];
        return starts;
    }

    /// <summary>Sorts voxel rows and merges equal ones.</summary>
    /// <param name="rows">(batch, x, y, z) per row.</param>
    /// <param name="tensorStride">Coordinates are rounded down to multiples of it.</param>
    /// <param name="rowOf">For every given row its voxel.</param>
    /// <param name="first">For every voxel the first given row that lies in it.</param>
    /// <exception cref="ConfigurationException">The extent does not fit a 64-bit key.</exception>
    internal static VoxelGrid Build(ReadOnlySpan<int> rows, int tensorStride, out int[] rowOf, out int[] first)
    {
        int count = rows.Length / 4;
        KeyLayout layout = LayoutFor(rows, tensorStride);
        ulong[] keys = new ulong[count];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<int> c = rows.Slice(4 * i, 4);
            keys[i] = layout.Pack(c[0], Floor(c[1], tensorStride), Floor(c[2], tensorStride), Floor(c[3], tensorStride));
        }
        int[] order = KeySort.Sort(ref keys, layout.Bits);
        rowOf = new int[count];
        int[] firstOf = new int[count];
        int distinct = 0;
        for (int i = 0; i < count; i++)
        {
            if (i == 0 || keys[i] != keys[distinct - 1])
            {
                keys[distinct] = keys[i];
                firstOf[distinct++] = order[i];
            }
            rowOf[order[i]] = distinct - 1;
        }
        first = firstOf.AsSpan(0, distinct).ToArray();
        return new VoxelGrid(tensorStride, layout, keys.AsSpan(0, distinct).ToArray());
    }

    /// <summary>The level above: the distinct voxels of twice the edge.</summary>
    internal VoxelGrid Coarser()
    {
        if (Count == 0) return new VoxelGrid(TensorStride * 2, _layout, []);
        long[] low = [long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue];
        long[] high = [long.MinValue, long.MinValue, long.MinValue, long.MinValue];
        foreach (ulong key in _keys)
        {
            (long batch, long x, long y, long z) = _layout.Unpack(key);
            Widen(low, high, batch, x >> 1, y >> 1, z >> 1);
        }
        var layout = new KeyLayout(low, high);
        ulong[] parents = new ulong[Count];
        for (int i = 0; i < parents.Length; i++)
        {
            (long batch, long x, long y, long z) = _layout.Unpack(_keys[i]);
            parents[i] = layout.Pack(batch, x >> 1, y >> 1, z >> 1);
        }
        Array.Sort(parents);
        int distinct = 0;
        for (int i = 0; i < parents.Length; i++)
            if (i == 0 || parents[i] != parents[distinct - 1]) parents[distinct++] = parents[i];
        return new VoxelGrid(TensorStride * 2, layout, parents.AsSpan(0, distinct).ToArray());
    }

    private static long Floor(int value, int stride) => stride == 1 ? value : (long)Math.Floor((double)value / stride);

    private static void Widen(Span<long> low, Span<long> high, long batch, long x, long y, long z)
    {
        (low[0], low[1], low[2], low[3]) = (Math.Min(low[0], batch), Math.Min(low[1], x), Math.Min(low[2], y), Math.Min(low[3], z));
        (high[0], high[1], high[2], high[3]) = (Math.Max(high[0], batch), Math.Max(high[1], x), Math.Max(high[2], y), Math.Max(high[3], z));
    }

    private static KeyLayout LayoutFor(ReadOnlySpan<int> rows, int tensorStride)
    {
        if (rows.IsEmpty) return new KeyLayout([0, 0, 0, 0], [0, 0, 0, 0]);
        long[] low = [long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue];
        long[] high = [long.MinValue, long.MinValue, long.MinValue, long.MinValue];
        for (int i = 0; i < rows.Length; i += 4) Widen(low, high, rows[i], rows[i + 1], rows[i + 2], rows[i + 3]);
        for (int axis = 1; axis < 4; axis++)
        {
            low[axis] = Floor((int)low[axis], tensorStride);
            high[axis] = Floor((int)high[axis], tensorStride);
        }
        var layout = new KeyLayout(low, high);
        if (layout.Bits > 64)
            throw new ConfigurationException("voxels", $"an extent of {high[1] - low[1] + 1} x {high[2] - low[2] + 1} x {high[3] - low[3] + 1} cells in " +
                $"{high[0] - low[0] + 1} batch items takes {layout.Bits} bits, and a voxel key has 64",
                "Take a larger voxel size, or remove points that lie far outside the scene");
        return layout;
    }
}
