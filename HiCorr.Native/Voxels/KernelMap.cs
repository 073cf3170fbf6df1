using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Voxels;

/// <summary>
/// Which input row meets which output row at every kernel index: output voxel u reads input voxel u + T d_i, with i = ix + K iy + K² iz,
/// d centred for odd K and from 0 for even K, T the tensor stride of the finer level (MinkowskiEngine's convention).
/// </summary>
public sealed unsafe class KernelMap : IDisposable
{
    private readonly CpuDevice _device;
    private readonly int _kernelSize;
    private readonly bool _symmetric;
    private readonly NativeIntegers[] _from; // one list per stored kernel index
    private readonly NativeIntegers[] _to;
    private readonly int[] _counts;
    private CudaKernelMap? _onDevice;

    /// <summary>A map without pairs, to be filled for one batch after the other.</summary>
    /// <param name="device">Where to work.</param>
    /// <param name="kernelSize">1, 3 or 5 within a level, 2 between levels.</param>
    internal KernelMap(CpuDevice device, int kernelSize)
    {
        if (kernelSize is not (1 or 2 or 3 or 5)) throw new ArgumentOutOfRangeException(nameof(kernelSize), $"{kernelSize} is not 1, 2, 3 or 5");
        (_device, _kernelSize, _symmetric) = (device, kernelSize, kernelSize % 2 == 1);
        KernelVolume = kernelSize * kernelSize * kernelSize;
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
        for (int k = 0; k < counts.Length; k++) counts[k] = Pairs(k, reverse: false).Count;
        return counts;
    }

    /// <summary>Pairs over all kernel indices.</summary>
    public long TotalPairs()
    {
        long total = 0;
        for (int k = 0; k < KernelVolume; k++) total += Pairs(k, reverse: false).Count;
        return total;
    }

    /// <summary>The pairs input → output at a kernel index, or output → input when <paramref name="reverse"/>.</summary>
    internal RowPairs Pairs(int index, bool reverse)
    {
        int centre = KernelVolume / 2;
        // u reads v at offset d exactly when v reads u at -d: one half of the lists serves both.
        bool mirrored = _symmetric && index > centre;
        int list = mirrored ? KernelVolume - 1 - index : index;
        int* from = _from[list].Pointer, to = _to[list].Pointer;
        return mirrored != reverse ? new RowPairs(to, from, _counts[list]) : new RowPairs(from, to, _counts[list]);
    }

    /// <summary>The map as the device's kernels read it, made when it is first asked for; it lives as long as the pairs.</summary>
    internal CudaKernelMap OnDevice(CudaDevice device) => _onDevice ??= new CudaKernelMap(device, this);

    /// <summary>Finds the pairs of a stride-1 convolution with an odd kernel on one level.</summary>
    internal void Fill(VoxelGrid grid)
    {
        int centre = KernelVolume / 2, radius = _kernelSize / 2;
        int** fromLists = stackalloc int*[centre + 1];
        int** toLists = stackalloc int*[centre + 1];
        ulong* offsets = stackalloc ulong[centre + 1];
        for (int k = 0; k <= centre; k++)
        {
            _from[k].Resize(grid.Count);
            if (k < centre) _to[k].Resize(grid.Count);
            fromLists[k] = _from[k].Pointer;
            toLists[k] = _to[k].Pointer;
            offsets[k] = grid.Layout.Offset((k % _kernelSize) - radius, (k / _kernelSize % _kernelSize) - radius, (k / _kernelSize / _kernelSize) - radius);
        }
        fixed (ulong* keys = grid.Keys)
        fixed (int* found = _counts)
            _device.Threads.For(centre + 1, new FindNeighbours(keys, grid.Count, offsets, centre, fromLists, toLists, found));
        (InputRows, OutputRows, IsFilled) = (grid.Count, grid.Count, true);
    }

    /// <summary>Finds the pairs of a 2x2x2 convolution with stride 2 from a level to the next coarser one; reversed they are the transposed one's.</summary>
    internal void Fill(VoxelGrid fine, VoxelGrid coarse)
    {
        Array.Clear(_counts);
        ReadOnlySpan<ulong> fineKeys = fine.Keys, coarseKeys = coarse.Keys;
        foreach (ulong key in fineKeys) _counts[ChildIndex(fine, key)]++;
        int** from = stackalloc int*[KernelVolume];
        int** to = stackalloc int*[KernelVolume];
        for (int k = 0; k < KernelVolume; k++)
        {
            _from[k].Resize(_counts[k]);
            _to[k].Resize(_counts[k]);
            from[k] = _from[k].Pointer;
            to[k] = _to[k].Pointer;
        }
        Span<int> parent = stackalloc int[KernelVolume];
        parent.Clear();
        for (int row = 0; row < fine.Count; row++)
        {
            (long batch, long x, long y, long z) = fine.Layout.Unpack(fineKeys[row]);
            int k = (int)(x & 1) + (2 * (int)(y & 1)) + (4 * (int)(z & 1));
            ulong key = coarse.Layout.Pack(batch, x >> 1, y >> 1, z >> 1);
            // Among the voxels at one place in their cell the order is that of their parents, so each of the eight only moves forward.
            while (coarseKeys[parent[k]] != key) parent[k]++;
            *from[k]++ = row;
            *to[k]++ = parent[k];
        }
        (InputRows, OutputRows, IsFilled) = (fine.Count, coarse.Count, true);
    }

    /// <summary>Gives the memory back; the map may be filled again.</summary>
    public void Dispose()
    {
        foreach (NativeIntegers list in _from) list.Dispose();
        foreach (NativeIntegers list in _to) list.Dispose();
        _onDevice?.Dispose();
        _onDevice = null;
        IsFilled = false;
    }

    private static int ChildIndex(VoxelGrid fine, ulong key)
    {
        (_, long x, long y, long z) = fine.Layout.Unpack(key);
        return (int)(x & 1) + (2 * (int)(y & 1)) + (4 * (int)(z & 1));
    }

    /// <summary>One kernel index a block: two positions walk through the sorted keys, one ahead by the offset.</summary>
    private readonly struct FindNeighbours(ulong* keys, int rows, ulong* offsets, int centre, int** from, int** to, int* counts) : IParallelBlock
    {
        public void Execute(int index)
        {
            int* inputs = from[index], outputs = to[index];
            if (index == centre)
            {
                for (int row = 0; row < rows; row++) inputs[row] = row;
                counts[index] = rows;
                return;
            }
            ulong offset = offsets[index];
            int found = 0, other = 0;
            for (int row = 0; row < rows; row++)
            {
                ulong wanted = unchecked(keys[row] + offset);
                while (other < rows && keys[other] < wanted) other++;
                if (other == rows) break;
                // Written before it is known to be a pair: a branch here would be mispredicted every other time.
                inputs[found] = other;
                outputs[found] = row;
                found += keys[other] == wanted ? 1 : 0;
            }
            counts[index] = found;
        }
    }
}
