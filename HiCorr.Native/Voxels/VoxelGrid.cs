using System.Runtime.InteropServices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Voxels;

/// <summary>The distinct voxels of one level, in the order of their keys: by batch item, then x, y, z. Lives in pooled memory, which another batch may take over.</summary>
public sealed class VoxelGrid
{
    private readonly TensorPool _memory;
    private readonly NativeIntegers _keys; // two integers a key
    private KeyLayout _layout;

    internal VoxelGrid(TensorPool memory, int tensorStride)
    {
        (_memory, TensorStride) = (memory, tensorStride);
        _keys = new NativeIntegers(memory);
    }

    public int Count { get; private set; }

    /// <summary>Edge of a cell in units of the finest grid; all coordinates are multiples of it.</summary>
    public int TensorStride { get; }

    /// <summary>Sorted and distinct.</summary>
    internal ReadOnlySpan<ulong> Keys => MemoryMarshal.Cast<int, ulong>(_keys.Span)[..Count];

    internal KeyLayout Layout => _layout;

    /// <summary>(batch, x, y, z) of a row, in units of the finest grid.</summary>
    public (int Batch, int X, int Y, int Z) this[int row]
    {
        get
        {
            (long batch, long x, long y, long z) = _layout.Unpack(Keys[row]);
            return ((int)batch, (int)(x * TensorStride), (int)(y * TensorStride), (int)(z * TensorStride));
        }
    }

    /// <summary>First row of every batch item from 0 to <paramref name="batches"/> - 1, and the number of rows at the end; items may be empty.</summary>
    public int[] BatchStarts(int batches)
    {
        int[] starts = new int[batches + 1];
        foreach (ulong key in Keys)
        {
            long batch = _layout.Unpack(key).Batch;
            if (batch >= 0 && batch < batches) starts[batch + 1]++;
        }
        for (int i = 0; i < batches; i++) starts[i + 1] += starts[i];
        return starts;
    }

    /// <summary>Sorts voxel rows and merges equal ones.</summary>
    /// <param name="rows">(batch, x, y, z) per row; coordinates are rounded down to multiples of the tensor stride.</param>
    /// <param name="rowOf">Filled: for every given row its voxel.</param>
    /// <param name="first">Filled: for every voxel the first given row that lies in it; longer than there are voxels.</param>
    /// <exception cref="ConfigurationException">The extent does not fit a 64-bit key.</exception>
    internal void Fill(ReadOnlySpan<int> rows, NativeIntegers rowOf, NativeIntegers first)
    {
        int count = rows.Length / 4;
        _layout = LayoutFor(rows, TensorStride);
        Span<ulong> keys = Room(count);
        using Tensor scratch = _memory.Rent(count, 4); // for every row another key, its place and another place
        Span<ulong> otherKeys = MemoryMarshal.Cast<float, ulong>(scratch.Span[..(2 * count)]);
        Span<int> order = MemoryMarshal.Cast<float, int>(scratch.Span.Slice(2 * count, count));
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<int> c = rows.Slice(4 * i, 4);
            keys[i] = _layout.Pack(c[0], Floor(c[1], TensorStride), Floor(c[2], TensorStride), Floor(c[3], TensorStride));
        }
        KeySort.Sort(keys, order, otherKeys, MemoryMarshal.Cast<float, int>(scratch.Span[(3 * count)..]), _layout.Bits);
        rowOf.Resize(count);
        first.Resize(count);
        Span<int> voxelOf = rowOf.Span, firstOf = first.Span;
        int distinct = 0;
        for (int i = 0; i < count; i++)
        {
            if (i == 0 || keys[i] != keys[distinct - 1])
            {
                keys[distinct] = keys[i];
                firstOf[distinct++] = order[i];
            }
            voxelOf[order[i]] = distinct - 1;
        }
        Count = distinct;
    }

    /// <summary>The distinct voxels of twice the edge of a finer level's.</summary>
    internal void Fill(VoxelGrid finer)
    {
        ReadOnlySpan<ulong> children = finer.Keys;
        Span<ulong> parents = Room(children.Length);
        Count = 0;
        _layout = finer._layout;
        if (children.IsEmpty) return;
        Span<long> low = [long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue];
        Span<long> high = [long.MinValue, long.MinValue, long.MinValue, long.MinValue];
        foreach (ulong key in children)
        {
            (long batch, long x, long y, long z) = finer._layout.Unpack(key);
            Widen(low, high, batch, x >> 1, y >> 1, z >> 1);
        }
        _layout = new KeyLayout(low, high);
        for (int i = 0; i < parents.Length; i++)
        {
            (long batch, long x, long y, long z) = finer._layout.Unpack(children[i]);
            parents[i] = _layout.Pack(batch, x >> 1, y >> 1, z >> 1);
        }
        parents.Sort();
        for (int i = 0; i < parents.Length; i++)
            if (i == 0 || parents[i] != parents[Count - 1]) parents[Count++] = parents[i];
    }

    /// <summary>Gives the memory back; the grid may be filled again.</summary>
    internal void Clear()
    {
        _keys.Dispose();
        Count = 0;
    }

    private Span<ulong> Room(int keys)
    {
        _keys.Resize(checked(2 * keys));
        return MemoryMarshal.Cast<int, ulong>(_keys.Span);
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
        Span<long> low = [long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue];
        Span<long> high = [long.MinValue, long.MinValue, long.MinValue, long.MinValue];
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
