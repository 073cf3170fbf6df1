using System.Runtime.InteropServices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Voxels;

public sealed partial class VoxelGrid
{
    private void FillOnHost(ReadOnlySpan<int> rows, NativeIntegers rowOf, NativeIntegers first)
    {
        int count = rows.Length / 4;
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
        (Count, _hasKeys) = (distinct, true);
    }

    private void FillOnHost(VoxelGrid finer)
    {
        ReadOnlySpan<ulong> children = finer.Keys;
        Span<ulong> parents = Room(children.Length);
        for (int i = 0; i < parents.Length; i++)
        {
            (long batch, long x, long y, long z) = finer._layout.Unpack(children[i]);
            parents[i] = _layout.Pack(batch, x >> 1, y >> 1, z >> 1);
        }
        parents.Sort();
        (Count, _hasKeys) = (0, true);
        for (int i = 0; i < parents.Length; i++)
            if (i == 0 || parents[i] != parents[Count - 1]) parents[Count++] = parents[i];
    }
}
