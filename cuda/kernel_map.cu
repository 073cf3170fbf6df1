// Which input row meets which output row at every kernel index; HiCorr.Native/Voxels/KernelMap.cs has the convention. A table (K, rows) says for every
// row what it meets, or -1; the pairs of each kernel index are its entries that are not -1, in the order of rows.
#include "common/prefix_sum.cuh"

DEVICE int64 lower_bound(const uint64* keys, int64 count, uint64 wanted)
{
    int64 low = 0;
    for (int64 high = count; low < high;)
    {
        int64 middle = (low + high) / 2;
        if (keys[middle] < wanted) low = middle + 1;
        else high = middle;
    }
    return low;
}

// A stride-1 convolution with an odd kernel. One thread a row and a column (x, y) of the kernel: one search, then it walks along z, whose voxels
// follow each other. step_x and step_y shift a key by a cell; blockIdx.y is the column.
// hot
KERNEL(256) kernel_map_within(const uint64* keys, int64 rows, int64 kernel_size, uint64 step_x, uint64 step_y, int* table)
{
    int64 column = blockIdx.y, columns = kernel_size * kernel_size, radius = kernel_size / 2;
    uint64 offset = static_cast<uint64>(column % kernel_size - radius) * step_x + static_cast<uint64>(column / kernel_size - radius) * step_y - static_cast<uint64>(radius);
    for (int64 row = global_thread(); row < rows; row += global_stride())
    {
        uint64 wanted = keys[row] + offset;
        int64 at = lower_bound(keys, rows, wanted);
        for (int64 z = 0; z < kernel_size; z++, wanted++)
        {
            bool meets = at < rows && keys[at] == wanted;
            table[(column + z * columns) * rows + row] = meets ? static_cast<int>(at) : -1;
            at += meets ? 1 : 0;
        }
    }
}

// A 2x2x2 convolution with stride 2. One thread a fine row; by_output holds -1 everywhere before.
KERNEL(256) kernel_map_between(const uint64* fine_keys, const int* parents, int64 fine_rows, int64 coarse_rows, int64 low_x, int64 low_y, int64 low_z, int64 bits_y, int64 bits_z, int* by_output, int* by_input)
{
    for (int64 row = global_thread(); row < fine_rows; row += global_stride())
    {
        uint64 key = fine_keys[row];
        int x = ((key >> (bits_y + bits_z)) ^ low_x) & 1, y = ((key >> bits_z) ^ low_y) & 1, z = (key ^ low_z) & 1;
        int child = x + 2 * y + 4 * z, parent = parents[row];
        by_output[child * coarse_rows + parent] = static_cast<int>(row);
#pragma unroll
        for (int k = 0; k < 8; k++) by_input[k * fine_rows + row] = k == child ? parent : -1;
    }
}

DEVICE KeptItems pairs_of(const int* entries, int64 rows)
{
    KeptItems kept;
#pragma unroll
    for (int step = 0; step < THREAD_ITEMS; step++)
    {
        int64 row = block_item(step);
        kept.lanes[step] = __ballot_sync(ALL_LANES, row < rows && entries[row] >= 0);
    }
    return kept;
}

// blockIdx.y is the kernel index; counts (K, blocks).
KERNEL(256) kernel_map_count_pairs(const int* table, int64 rows, int* counts)
{
    SHARED(BlockScratch<int>, scratch);
    int total;
    sum_of_warps_before(pairs_of(table + blockIdx.y * rows, rows).count(), scratch, total);
    if (threadIdx.x == 0) counts[static_cast<int64>(blockIdx.y) * gridDim.x + blockIdx.x] = total;
}

KERNEL(256) kernel_map_order_inputs(const int* table, int64 rows, const int* starts, int* order)
{
    SHARED(BlockScratch<int>, scratch);
    const int* entries = table + blockIdx.y * rows;
    KeptItems kept = pairs_of(entries, rows);
    int total, next = starts[static_cast<int64>(blockIdx.y) * gridDim.x + blockIdx.x] + sum_of_warps_before(kept.count(), scratch, total);
#pragma unroll
    for (int step = 0; step < THREAD_ITEMS; step++)
    {
        int64 row = block_item(step);
        if (kept.keeps(step)) order[next + __popc(kept.lanes[step] & lanes_before())] = entries[row];
        next += __popc(kept.lanes[step]);
    }
}
