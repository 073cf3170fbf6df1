using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Voxels;

/// <summary>
/// Which input row meets which output row at every kernel index: output voxel u reads input voxel u + T d_i, with i = ix + K iy + K² iz,
/// d centred for odd K and from 0 for even K, T the tensor stride of the finer level (MinkowskiEngine's convention).
/// </summary>
public sealed unsafe partial class KernelMap : IDisposable
{
    private readonly Device _device;
    private readonly int _kernelSize;
    private readonly bool _symmetric;
    private readonly NativeIntegers[] _from = []; // one list per stored kernel index
    private readonly NativeIntegers[] _to = [];
    private readonly int[] _counts = [];
    private readonly CudaKernelMap? _onDevice; // instead of the lists

    /// <summary>A map without pairs, to be filled for one batch after the other.</summary>
    /// <param name="device">Where to work.</param>
    /// <param name="kernelSize">1, 3 or 5 within a level, 2 between levels.</param>
    internal KernelMap(Device device, int kernelSize)
    {
        if (kernelSize is not (1 or 2 or 3 or 5)) throw new ArgumentOutOfRangeException(nameof(kernelSize), $"{kernelSize} is not 1, 2, 3 or 5");
        (_device, _kernelSize, _symmetric) = (device, kernelSize, kernelSize % 2 == 1);
        KernelVolume = kernelSize * kernelSize * kernelSize;
        if (device is CudaDevice cuda)
        {
            _onDevice = new CudaKernelMap(cuda, kernelSize);
            return;
        }
        int lists = _symmetric ? (KernelVolume / 2) + 1 : KernelVolume;
        _counts = new int[lists];
        _from = new NativeIntegers[lists];
        _to = new NativeIntegers[lists];
        for (int k = 0; k < lists; k++)
        {
            _from[k] = new NativeIntegers(device.Memory);
            _to[k] = _symmetric && k == KernelVolume / 2 ? _from[k] : new NativeIntegers(device.Memory);
        }
    }

    public int KernelVolume { get; }

    public int InputRows { get; private set; }

    public int OutputRows { get; private set; }

    /// <summary>Whether there are pairs to be had: the map was filled and its memory not given back since.</summary>
    internal bool IsFilled { get; private set; }

    /// <summary>Number of pairs at every kernel index.</summary>
    public int[] PairCounts()
    {
        int[] counts = new int[KernelVolume];
        for (int k = 0; k < counts.Length; k++) counts[k] = PairsAt(k);
        return counts;
    }

    /// <summary>Pairs over all kernel indices.</summary>
    public long TotalPairs()
    {
        long total = 0;
        for (int k = 0; k < KernelVolume; k++) total += PairsAt(k);
        return total;
    }

    /// <summary>The pairs input → output at a kernel index, or output → input when <paramref name="reverse"/>; only of a map for the processor.</summary>
    internal RowPairs Pairs(int index, bool reverse)
    {
        if (_onDevice is not null) throw new InvalidOperationException("The map lies on a CUDA device: OnDevice has its pairs.");
        // u reads v at offset d exactly when v reads u at -d: one half of the lists serves both.
        bool mirrored = IsMirrored(index);
        int list = mirrored ? KernelVolume - 1 - index : index;
        int* from = _from[list].Pointer, to = _to[list].Pointer;
        return mirrored != reverse ? new RowPairs(to, from, _counts[list]) : new RowPairs(from, to, _counts[list]);
    }

    /// <summary>The map as the kernels of the device it was made for read it.</summary>
    internal CudaKernelMap OnDevice(CudaDevice device) =>
        _onDevice is not null && ReferenceEquals(device, _device) ? _onDevice : throw new ArgumentException("The map was built on another device.", nameof(device));

    /// <summary>Finds the pairs of a stride-1 convolution with an odd kernel on one level.</summary>
    internal void Fill(VoxelGrid grid)
    {
        if (_onDevice is null) FillOnHost(grid);
        else _onDevice.Fill(grid.OnDevice!, grid.Layout);
        (InputRows, OutputRows, IsFilled) = (grid.Count, grid.Count, true);
    }

    /// <summary>Finds the pairs of a 2x2x2 convolution with stride 2 from a level to the next coarser one; reversed they are the transposed one's.</summary>
    internal void Fill(VoxelGrid fine, VoxelGrid coarse)
    {
        if (_onDevice is null) FillOnHost(fine, coarse);
        else _onDevice.Fill(fine.OnDevice!, fine.Layout, coarse.OnDevice!);
        (InputRows, OutputRows, IsFilled) = (fine.Count, coarse.Count, true);
    }

    /// <summary>Gives the memory back; the map may be filled again.</summary>
    public void Dispose()
    {
        foreach (NativeIntegers list in _from) list.Dispose();
        foreach (NativeIntegers list in _to) list.Dispose();
        _onDevice?.Dispose();
        IsFilled = false;
    }

    private bool IsMirrored(int index) => _symmetric && index > KernelVolume / 2;

    private int PairsAt(int index) => _onDevice is not null ? _onDevice.Starts[index + 1] - _onDevice.Starts[index] : _counts[IsMirrored(index) ? KernelVolume - 1 - index : index];
}
