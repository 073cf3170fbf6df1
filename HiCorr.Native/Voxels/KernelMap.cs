using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Voxels;

/// <summary>
/// Which input row meets which output row at every kernel index: output voxel u reads input voxel u + T d_i, with i = ix + K iy + K² iz,
/// d centred for odd K and from 0 for even K, T the tensor stride of the finer level (MinkowskiEngine's convention).
/// </summary>
public sealed unsafe class KernelMap : IDisposable
{
    private readonly NativeIntegers[] _from; // one list per stored kernel index
    private readonly NativeIntegers[] _to;
    private readonly int[] _counts;
    private readonly bool _symmetric;

    private KernelMap(int kernelSize, int inputRows, int outputRows, NativeIntegers[] from, NativeIntegers[] to, int[] counts, bool symmetric)
    {
        KernelVolume = kernelSize * kernelSize * kernelSize;
        (InputRows, OutputRows) = (inputRows, outputRows);
        (_from, _to, _counts, _symmetric) = (from, to, counts, symmetric);
    }

    public int KernelVolume { get; }

    public int InputRows { get; }

    public int OutputRows { get; }

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

    /// <summary>The pairs of a stride-1 convolution with an odd kernel on one level.</summary>
    internal static KernelMap Within(CpuDevice device, VoxelGrid grid, int kernelSize)
    {
        int volume = kernelSize * kernelSize * kernelSize, centre = volume / 2, radius = kernelSize / 2;
        if (kernelSize % 2 == 0 || radius > KeyLayout.Margin)
            throw new ArgumentOutOfRangeException(nameof(kernelSize), $"{kernelSize} is not 1, 3 or 5");
        var from = new NativeIntegers[centre + 1];
        var to = new NativeIntegers[centre + 1];
        int[] counts = new int[centre + 1];
        int** fromLists = stackalloc int*[centre + 1];
        int** toLists = stackalloc int*[centre + 1];
        ulong* offsets = stackalloc ulong[centre + 1];
        for (int k = 0; k <= centre; k++)
        {
            from[k] = device.Memory.RentIntegers(grid.Count);
            to[k] = k == centre ? from[k] : device.Memory.RentIntegers(grid.Count);
            fromLists[k] = from[k].Pointer;
            toLists[k] = to[k].Pointer;
            offsets[k] = grid.Layout.Offset((k % kernelSize) - radius, (k / kernelSize % kernelSize) - radius, (k / kernelSize / kernelSize) - radius);
        }
        fixed (ulong* keys = grid.Keys)
        fixed (int* found = counts)
            device.Threads.For(centre + 1, new FindNeighbours(keys, grid.Count, offsets, centre, fromLists, toLists, found));
        return new KernelMap(kernelSize, grid.Count, grid.Count, from, to, counts, symmetric: true);
    }

    /// <summary>The pairs of a 2x2x2 convolution with stride 2 from a level to the next coarser one; reversed they are the transposed one's.</summary>
    internal static KernelMap Down(CpuDevice device, VoxelGrid fine, VoxelGrid coarse)
    {
        const int volume = 8;
        int[] counts = new int[volume];
        foreach (ulong key in fine.Keys) counts[ChildIndex(fine, key)]++;
        var from = new NativeIntegers[volume];
        var to = new NativeIntegers[volume];
        for (int k = 0; k < volume; k++)
        {
            from[k] = device.Memory.RentIntegers(counts[k]);
            to[k] = device.Memory.RentIntegers(counts[k]);
        }
        Span<int> filled = stackalloc int[volume];
        Span<int> parent = stackalloc int[volume];
        filled.Clear();
        parent.Clear();
        ReadOnlySpan<ulong> coarseKeys = coarse.Keys;
        for (int row = 0; row < fine.Count; row++)
        {
            (long batch, long x, long y, long z) = fine.Layout.Unpack(fine.Keys[row]);
            int k = (int)(x & 1) + (2 * (int)(y & 1)) + (4 * (int)(z & 1));
            ulong key = coarse.Layout.Pack(batch, x >> 1, y >> 1, z >> 1);
            // Among the voxels at one place in their cell the order is that of their parents, so each of the eight only moves forward.
            while (coarseKeys[parent[k]] != key) parent[k]++;
            from[k].Span[filled[k]] = row;
            to[k].Span[filled[k]++] = parent[k];
        }
        return new KernelMap(2, fine.Count, coarse.Count, from, to, counts, symmetric: false);
    }

    public void Dispose()
    {
        foreach (NativeIntegers list in _from) list.Dispose();
        foreach (NativeIntegers list in _to) list.Dispose();
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
