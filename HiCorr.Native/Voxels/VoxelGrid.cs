using System.Runtime.InteropServices;
using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Voxels;

/// <summary>The distinct voxels of one level, in the order of their keys: by batch item, then x, y, z. Lives in pooled memory, which another batch may take over.</summary>
public sealed partial class VoxelGrid
{
    private readonly TensorPool _memory; // of the host
    private readonly NativeIntegers _keys; // two integers a key; of a grid on a CUDA device a copy, made when it is first asked for
    private bool _hasKeys;
    private KeyLayout _layout;

    internal VoxelGrid(Device device, int tensorStride)
    {
        (_memory, TensorStride) = (device.Host.Memory, tensorStride);
        _keys = new NativeIntegers(_memory);
        if (device is CudaDevice cuda) OnDevice = new CudaVoxelGrid(cuda);
    }

    public int Count { get; private set; }

    /// <summary>Edge of a cell in units of the finest grid; all coordinates are multiples of it.</summary>
    public int TensorStride { get; }

    /// <summary>Sorted and distinct, on the host.</summary>
    internal ReadOnlySpan<ulong> Keys
    {
        get
        {
            if (!_hasKeys && Count > 0) OnDevice?.CopyKeysTo(Room(Count));
            _hasKeys = true;
            return Count == 0 ? [] : MemoryMarshal.Cast<int, ulong>(_keys.Span)[..Count];
        }
    }

    internal KeyLayout Layout => _layout;

    /// <summary>The voxels as a CUDA device's kernels read them; null on the processor.</summary>
    internal CudaVoxelGrid? OnDevice { get; }

    /// <summary>(batch, x, y, z) of a row, in units of the finest grid. The first call copies the keys from a CUDA device: not from two threads at once.</summary>
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
    /// <param name="rowOf">Filled, on the host: for every given row its voxel.</param>
    /// <param name="first">Filled, on the host: for every voxel the first given row that lies in it; may be longer than there are voxels.</param>
    /// <exception cref="ConfigurationException">The extent does not fit a 64-bit key.</exception>
    internal void Fill(ReadOnlySpan<int> rows, NativeIntegers rowOf, NativeIntegers first)
    {
        _layout = LayoutFor(rows, TensorStride);
        if (OnDevice is null)
        {
            FillOnHost(rows, rowOf, first);
            return;
        }
        OnDevice.Fill(rows, TensorStride, _layout, rowOf, first);
        (Count, _hasKeys) = (OnDevice.Count, false);
    }

    /// <summary>The distinct voxels of twice the edge of a finer level's.</summary>
    internal void Fill(VoxelGrid finer)
    {
        _layout = finer._layout.Coarser();
        if (OnDevice is null)
        {
            FillOnHost(finer);
            return;
        }
        OnDevice.Fill(finer.OnDevice!, finer._layout, _layout);
        (Count, _hasKeys) = (OnDevice.Count, false);
    }

    /// <summary>Gives the memory back; the grid may be filled again.</summary>
    internal void Clear()
    {
        _keys.Dispose();
        OnDevice?.Dispose();
        Count = 0;
    }

    private Span<ulong> Room(int keys)
    {
        _keys.Resize(checked(2 * keys));
        return MemoryMarshal.Cast<int, ulong>(_keys.Span);
    }

    private static long Floor(int value, int stride) => stride == 1 ? value : (long)Math.Floor((double)value / stride);

    private static KeyLayout LayoutFor(ReadOnlySpan<int> rows, int tensorStride)
    {
        if (rows.IsEmpty) return new KeyLayout([0, 0, 0, 0], [0, 0, 0, 0]);
        Span<long> low = [long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue];
        Span<long> high = [long.MinValue, long.MinValue, long.MinValue, long.MinValue];
        for (int i = 0; i < rows.Length; i += 4)
        {
            for (int field = 0; field < 4; field++)
            {
                low[field] = Math.Min(low[field], rows[i + field]);
                high[field] = Math.Max(high[field], rows[i + field]);
            }
        }
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
