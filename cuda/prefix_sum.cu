// Exclusive prefix sums of integers in place: values[i] becomes the sum of those before it, and values[count], which lies behind them, that of all.
// Blocks of 2048 values: their sums first, then every block adds up what lies before it.
#include "common/prefix_sum.cuh"

KERNEL(256) prefix_sum_blocks(const int* values, int64 count, int* sums)
{
    SHARED(BlockScratch<int>, scratch);
    int sum = 0;
#pragma unroll
    for (int step = 0; step < THREAD_ITEMS; step++)
    {
        int64 i = block_item(step);
        if (i < count) sum += values[i];
    }
    sum = block_sum(sum, scratch);
    if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

KERNEL(256) prefix_sum_exclusive(int* values, int64 count, const int* sums)
{
    SHARED(BlockScratch<int>, scratch);
    int before = 0;
    for (int64 block = threadIdx.x; block < blockIdx.x; block += blockDim.x) before += sums[block];
    before = block_sum(before, scratch);

    int64 first = static_cast<int64>(blockIdx.x) * BLOCK_ITEMS + static_cast<int64>(threadIdx.x) * THREAD_ITEMS;
    int items[THREAD_ITEMS], sum = 0, total;
#pragma unroll
    for (int i = 0; i < THREAD_ITEMS; i++)
    {
        items[i] = first + i < count ? values[first + i] : 0;
        sum += items[i];
    }
    int place = before + block_prefix_sum(sum, scratch, total);
#pragma unroll
    for (int i = 0; i < THREAD_ITEMS; i++)
    {
        if (first + i < count) values[first + i] = place;
        place += items[i];
    }
    if (blockIdx.x == gridDim.x - 1 && threadIdx.x == 0) values[count] = before + total;
}
