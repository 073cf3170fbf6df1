using HiCorr.Native.Cuda;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Voxels;

/// <summary>The distinct voxels of one level on a CUDA device, made there: same order and same rows as on the processor.</summary>
internal sealed unsafe class CudaVoxelGrid(CudaDevice device) : IDisposable
{
    private const int ThreadsPerBlock = 256;
    private readonly CudaKeySort _sort = new(device);
    private readonly NativeIntegers _given = new(device.Memory);
    private readonly NativeIntegers _first = new(device.Memory);
    private readonly NativeIntegers _voxelsBefore = new(device.Memory);
    private readonly NativeIntegers _keys = new(device.Memory); // two integers a key
    private readonly NativeIntegers _rowOf = new(device.Memory);

    public int Count { get; private set; }

    /// <summary>(voxels), sorted and distinct.</summary>
    public ulong* Keys => (ulong*)_keys.Pointer;

    /// <summary>For every row that was given, or every voxel of the finer level, its voxel.</summary>
    public int* RowOf => _rowOf.Pointer;

    /// <summary>As <see cref="VoxelGrid.Fill(ReadOnlySpan{int}, NativeIntegers, NativeIntegers)"/>.</summary>
    public void Fill(ReadOnlySpan<int> rows, int tensorStride, in KeyLayout layout, NativeIntegers rowOf, NativeIntegers first)
    {
        int count = rows.Length / 4;
        _given.Resize(rows.Length);
        _given.CopyFrom(rows);
        _sort.Resize(count);
        KernelArguments arguments = default;
        arguments.Add(_given.Pointer).Add((long)count).Add((long)tensorStride).Add(layout.LowBatch).Add(layout.LowX).Add(layout.LowY).Add(layout.LowZ)
            .Add((long)layout.BitsX).Add((long)layout.BitsY).Add((long)layout.BitsZ).Add(_sort.Keys).Add(_sort.Order);
        device.Launch("voxel_grid", "voxel_grid_pack", new LaunchShape(device.BlocksFor(count, ThreadsPerBlock), ThreadsPerBlock), ref arguments);
        CountDistinct(layout.Bits);
        _first.Resize(Count);
        WriteDistinct(_first.Pointer);
        Download(_rowOf, rowOf);
        Download(_first, first);
        _given.Dispose();
        _first.Dispose();
    }

    /// <summary>The distinct voxels of twice the edge of a finer level's.</summary>
    public void Fill(CudaVoxelGrid finer, in KeyLayout finerLayout, in KeyLayout layout)
    {
        _sort.Resize(finer.Count);
        KernelArguments arguments = default;
        arguments.Add(finer.Keys).Add((long)finer.Count)
            .Add(finerLayout.LowX).Add(finerLayout.LowY).Add(finerLayout.LowZ).Add((long)finerLayout.BitsX).Add((long)finerLayout.BitsY).Add((long)finerLayout.BitsZ)
            .Add(layout.LowX).Add(layout.LowY).Add(layout.LowZ).Add((long)layout.BitsX).Add((long)layout.BitsY).Add((long)layout.BitsZ)
            .Add(_sort.Keys).Add(_sort.Order);
        device.Launch("voxel_grid", "voxel_grid_pack_parents", new LaunchShape(device.BlocksFor(finer.Count, ThreadsPerBlock), ThreadsPerBlock), ref arguments);
        CountDistinct(layout.Bits);
        WriteDistinct(first: null);
    }

    public void CopyKeysTo(Span<ulong> keys)
    {
        fixed (ulong* to = keys) device.Memory.Space.CopyToHost(to, (nint)Keys, (long)Count * sizeof(ulong));
    }

    public void Dispose()
    {
        _sort.Dispose();
        _given.Dispose();
        _first.Dispose();
        _voxelsBefore.Dispose();
        _keys.Dispose();
        _rowOf.Dispose();
        Count = 0;
    }

    private void CountDistinct(int bits)
    {
        _sort.Sort(bits);
        _voxelsBefore.Resize(CudaPrefixSum.Room(_sort.Blocks));
        KernelArguments arguments = default;
        arguments.Add(_sort.Keys).Add((long)_sort.Count).Add(_voxelsBefore.Pointer);
        device.Launch("voxel_grid", "voxel_grid_count", new LaunchShape(_sort.Blocks, CudaKeySort.ThreadsPerBlock), ref arguments);
        CudaPrefixSum.Exclusive(device, _voxelsBefore.Pointer, _sort.Blocks);
        Count = device.Read<int>(_voxelsBefore.Pointer + _sort.Blocks);
    }

    private void WriteDistinct(int* first)
    {
        _keys.Resize(2 * Count);
        _rowOf.Resize(_sort.Count);
        KernelArguments arguments = default;
        arguments.Add(_sort.Keys).Add(_sort.Order).Add((long)_sort.Count).Add(_voxelsBefore.Pointer).Add(Keys).Add(RowOf).Add(first);
        device.Launch("voxel_grid", "voxel_grid_write", new LaunchShape(_sort.Blocks, CudaKeySort.ThreadsPerBlock), ref arguments);
        _sort.Dispose();
        _voxelsBefore.Dispose();
    }

    private void Download(NativeIntegers from, NativeIntegers to)
    {
        to.Resize(from.Count);
        device.Memory.Space.CopyToHost(to.Pointer, (nint)from.Pointer, (long)from.Count * sizeof(int));
    }
}
