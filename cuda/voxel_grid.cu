// Voxel keys from rows or from the voxels of a finer level, and the distinct ones among sorted keys; HiCorr.Native/Voxels/KeyLayout.cs has the layout
// of a key. One thread a key.
#include "common/prefix_sum.cuh"

struct KeyLayout
{
    int64 low_batch, low_x, low_y, low_z, bits_x, bits_y, bits_z;

    DEVICE uint64 pack(int64 batch, int64 x, int64 y, int64 z) const
    {
        uint64 key = static_cast<uint64>(batch - low_batch) << bits_x | static_cast<uint64>(x - low_x);
        return (key << bits_y | static_cast<uint64>(y - low_y)) << bits_z | static_cast<uint64>(z - low_z);
    }
};

// Takes the lowest bits off a key.
DEVICE int64 take_field(uint64& key, int64 bits)
{
    int64 field = static_cast<int64>(key & ((1ull << bits) - 1));
    key >>= bits;
    return field;
}

DEVICE int64 floor_div(int64 value, int64 size) { return value / size - (value % size < 0 ? 1 : 0); }

KERNEL(256) voxel_grid_pack(const int4* rows, int64 count, int64 tensor_stride, int64 low_batch, int64 low_x, int64 low_y, int64 low_z, int64 bits_x, int64 bits_y, int64 bits_z, uint64* keys, int* order)
{
    KeyLayout layout{low_batch, low_x, low_y, low_z, bits_x, bits_y, bits_z};
    for (int64 i = global_thread(); i < count; i += global_stride())
    {
        int4 row = rows[i];
        keys[i] = layout.pack(row.x, floor_div(row.y, tensor_stride), floor_div(row.z, tensor_stride), floor_div(row.w, tensor_stride));
        order[i] = static_cast<int>(i);
    }
}

KERNEL(256) voxel_grid_pack_parents(const uint64* fine_keys, int64 count, int64 fine_low_x, int64 fine_low_y, int64 fine_low_z, int64 fine_bits_x, int64 fine_bits_y, int64 fine_bits_z, int64 low_x, int64 low_y, int64 low_z, int64 bits_x, int64 bits_y, int64 bits_z, uint64* keys, int* order)
{
    KeyLayout layout{0, low_x, low_y, low_z, bits_x, bits_y, bits_z};
    for (int64 i = global_thread(); i < count; i += global_stride())
    {
        uint64 rest = fine_keys[i];
        int64 z = take_field(rest, fine_bits_z) + fine_low_z, y = take_field(rest, fine_bits_y) + fine_low_y, x = take_field(rest, fine_bits_x) + fine_low_x;
        keys[i] = layout.pack(static_cast<int64>(rest), x >> 1, y >> 1, z >> 1);
        order[i] = static_cast<int>(i);
    }
}

DEVICE bool begins_voxel(const uint64* sorted, int64 i, int64 count) { return i < count && (i == 0 || sorted[i] != sorted[i - 1]); }

// Marks the first of every run of equal keys.
DEVICE KeptItems first_of_runs(const uint64* sorted, int64 count)
{
    KeptItems kept;
#pragma unroll
    for (int step = 0; step < THREAD_ITEMS; step++) kept.lanes[step] = __ballot_sync(ALL_LANES, begins_voxel(sorted, block_item(step), count));
    return kept;
}

KERNEL(256) voxel_grid_count(const uint64* sorted, int64 count, int* voxels_of_block)
{
    SHARED(BlockScratch<int>, scratch);
    int total;
    sum_of_warps_before(first_of_runs(sorted, count).count(), scratch, total);
    if (threadIdx.x == 0) voxels_of_block[blockIdx.x] = total;
}

// keys (voxels), row_of (count): the voxel of what lay at a place before sorting; first (voxels): the first of those in a voxel, or null.
KERNEL(256) voxel_grid_write(const uint64* sorted, const int* order, int64 count, const int* voxels_before, uint64* keys, int* row_of, int* first)
{
    SHARED(BlockScratch<int>, scratch);
    KeptItems kept = first_of_runs(sorted, count);
    int total, next = voxels_before[blockIdx.x] + sum_of_warps_before(kept.count(), scratch, total);
#pragma unroll
    for (int step = 0; step < THREAD_ITEMS; step++)
    {
        int64 i = block_item(step);
        bool begins = kept.keeps(step);
        int voxel = next + __popc(kept.lanes[step] & lanes_before()) - (begins ? 0 : 1);
        next += __popc(kept.lanes[step]);
        if (i >= count) continue;
        row_of[order[i]] = voxel;
        if (!begins) continue;
        keys[voxel] = sorted[i];
        if (first != nullptr) first[voxel] = order[i];
    }
}
