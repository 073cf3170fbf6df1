using HiCorr.Native.Cuda;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Voxels;

/// <summary>For every row of one side and every kernel index the row of the other side that it meets, or -1: entry k Rows + row.</summary>
/// <param name="Entries">(K, Rows), on the device.</param>
/// <param name="Rows">Rows of the side that looks up.</param>
/// <param name="Mirrored">Whether kernel index k stands at K - 1 - k: a symmetric map serves both sides.</param>
internal readonly unsafe record struct NeighbourTable(nint Entries, int Rows, bool Mirrored);

/// <summary>
/// A <see cref="KernelMap"/> as CUDA kernels read it, made on the device: tables of neighbours, the number of pairs, and between two levels the input
/// rows by kernel index.
/// </summary>
internal sealed unsafe class CudaKernelMap : IDisposable
{
    private const int ThreadsPerBlock = 256;
    private const int RowsPerBlock = 2048; // of the kernels that list pairs
    private readonly CudaDevice _device;
    private readonly int _kernelSize;
    private readonly NativeIntegers _byOutput;
    private readonly NativeIntegers _byInput; // unused by a symmetric map, which reads the other table mirrored
    private readonly NativeIntegers _inputOrder; // empty for a symmetric map
    private readonly NativeIntegers _pairsBefore;
    private readonly NativeIntegers _startsOnDevice;
    private readonly int[] _starts; // (K + 1)

    /// <summary>A map without pairs, to be filled for one batch after the other.</summary>
    public CudaKernelMap(CudaDevice device, int kernelSize)
    {
        (_device, _kernelSize, KernelVolume) = (device, kernelSize, kernelSize * kernelSize * kernelSize);
        (_byOutput, _byInput) = (new NativeIntegers(device.Memory), new NativeIntegers(device.Memory));
        _inputOrder = new NativeIntegers(device.Memory);
        (_pairsBefore, _startsOnDevice) = (new NativeIntegers(device.Memory), new NativeIntegers(device.Memory));
        _starts = new int[KernelVolume + 1];
    }

    public int KernelVolume { get; }

    public int InputRows { get; private set; }

    public int OutputRows { get; private set; }

    /// <summary>
    /// Of a map between two levels, where every input row has one pair: the input rows, (InputRows), on the device, one kernel index after the other
    /// with rising output rows. Null within a level.
    /// </summary>
    public int* InputOrder => IsSymmetric ? null : _inputOrder.Pointer;

    /// <summary>Where the pairs of a kernel index begin, on the host, and their number in all at the end.</summary>
    public ReadOnlySpan<int> Starts => _starts;

    private bool IsSymmetric => _kernelSize % 2 == 1;

    /// <summary>What output rows read, or, reversed, which output rows read an input row.</summary>
    public NeighbourTable Table(bool reverse) => !reverse ? new NeighbourTable((nint)_byOutput.Pointer, OutputRows, false)
        : IsSymmetric ? new NeighbourTable((nint)_byOutput.Pointer, OutputRows, true)
        : new NeighbourTable((nint)_byInput.Pointer, InputRows, false);

    /// <summary>Finds the pairs of a stride-1 convolution with an odd kernel on one level.</summary>
    public void Fill(CudaVoxelGrid grid, in KeyLayout layout)
    {
        (InputRows, OutputRows) = (grid.Count, grid.Count);
        _byOutput.Resize(Entries(grid.Count));
        KernelArguments arguments = default;
        arguments.Add(grid.Keys).Add((long)grid.Count).Add((long)_kernelSize).Add(layout.Offset(1, 0, 0)).Add(layout.Offset(0, 1, 0)).Add(_byOutput.Pointer);
        var shape = new LaunchShape(_device.BlocksFor(grid.Count, ThreadsPerBlock), _kernelSize * _kernelSize, 1, ThreadsPerBlock, 1, 1, 0);
        _device.Launch("kernel_map", "kernel_map_within", shape, ref arguments);
        IndexPairs();
    }

    /// <summary>Finds the pairs of a 2x2x2 convolution with stride 2 from a level to the next coarser one.</summary>
    public void Fill(CudaVoxelGrid fine, in KeyLayout layout, CudaVoxelGrid coarse)
    {
        (InputRows, OutputRows) = (fine.Count, coarse.Count);
        _byOutput.Resize(Entries(coarse.Count));
        _byInput.Resize(Entries(fine.Count));
        if (coarse.Count > 0) _device.Driver.Fill((nint)_byOutput.Pointer, 0xff, (long)_byOutput.Count * sizeof(int), _device.Stream);
        KernelArguments arguments = default;
        arguments.Add(fine.Keys).Add(coarse.RowOf).Add((long)fine.Count).Add((long)coarse.Count).Add(layout.LowX).Add(layout.LowY).Add(layout.LowZ)
            .Add((long)layout.BitsY).Add((long)layout.BitsZ).Add(_byOutput.Pointer).Add(_byInput.Pointer);
        _device.Launch("kernel_map", "kernel_map_between", new LaunchShape(_device.BlocksFor(fine.Count, ThreadsPerBlock), ThreadsPerBlock), ref arguments);
        IndexPairs();
    }

    /// <summary>Gives the memory back; the map may be filled again.</summary>
    public void Dispose()
    {
        _byOutput.Dispose();
        _byInput.Dispose();
        _inputOrder.Dispose();
        _pairsBefore.Dispose();
        _startsOnDevice.Dispose();
    }

    private int Entries(int rows)
    {
        long entries = (long)KernelVolume * rows;
        return entries <= int.MaxValue ? (int)entries : throw new DeviceException(
            $"a map of {rows} voxels at {KernelVolume} kernel indices has {entries} entries, and a device takes {int.MaxValue}. Take a smaller batch or a larger voxel size");
    }

    /// <summary>Counts the pairs of each kernel index, and between levels puts the input rows in their order.</summary>
    private void IndexPairs()
    {
        // One block at least, so that the starts of a map without rows are written too.
        int blocks = Math.Max(1, (int)(((long)OutputRows + RowsPerBlock - 1) / RowsPerBlock));
        var shape = new LaunchShape(blocks, KernelVolume, 1, ThreadsPerBlock, 1, 1, 0);
        _pairsBefore.Resize(CudaPrefixSum.Room(KernelVolume * blocks));
        KernelArguments arguments = default;
        arguments.Add(_byOutput.Pointer).Add((long)OutputRows).Add(_pairsBefore.Pointer);
        _device.Launch("kernel_map", "kernel_map_count_pairs", shape, ref arguments);
        CudaPrefixSum.Exclusive(_device, _pairsBefore.Pointer, KernelVolume * blocks);

        _startsOnDevice.Resize(_starts.Length);
        _device.Memory.Space.CopyRows((nint)_startsOnDevice.Pointer, sizeof(int), (nint)_pairsBefore.Pointer, (long)blocks * sizeof(int), sizeof(int), _starts.Length);
        fixed (int* to = _starts) _device.Memory.Space.CopyToHost(to, (nint)_startsOnDevice.Pointer, (long)_starts.Length * sizeof(int));

        if (!IsSymmetric)
        {
            _inputOrder.Resize(_starts[^1]);
            arguments = default;
            arguments.Add(_byOutput.Pointer).Add((long)OutputRows).Add(_pairsBefore.Pointer).Add(InputOrder);
            _device.Launch("kernel_map", "kernel_map_order_inputs", shape, ref arguments);
        }
        _pairsBefore.Dispose();
        _startsOnDevice.Dispose();
    }
}
