using HiCorr.Native.Devices;

namespace HiCorr.Native.Voxels;

public sealed unsafe partial class KernelMap
{
    private void FillOnHost(VoxelGrid grid)
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
            _device.Host.Threads.For(centre + 1, new FindNeighbours(keys, grid.Count, offsets, centre, fromLists, toLists, found));
    }

    private void FillOnHost(VoxelGrid fine, VoxelGrid coarse)
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
