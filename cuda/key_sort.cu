// Stable radix sort of voxel keys and where they came from, by digits of 8 bits; HiCorr.Native/Voxels/CudaKeySort.cs launches it.
// For every digit: counts per block of 2048 keys, their prefix sum with the blocks of a digit side by side, then every key goes to its place.
#include "common/prefix_sum.cuh"

constexpr int DIGIT_BITS = 8;
constexpr int DIGITS = 1 << DIGIT_BITS;
static_assert(DIGITS == BLOCK_THREADS, "a thread counts and places one digit");

DEVICE unsigned digit_of(uint64 key, int64 shift) { return static_cast<unsigned>(key >> shift) & (DIGITS - 1); }

// counts (digits, blocks).
KERNEL(256) key_sort_counts(const uint64* keys, int64 count, int64 shift, int* counts)
{
    SHARED(int[DIGITS], histogram);
    histogram[threadIdx.x] = 0;
    __syncthreads();
#pragma unroll
    for (int step = 0; step < THREAD_ITEMS; step++)
    {
        int64 i = block_item(step);
        if (i < count) atomicAdd(&histogram[digit_of(keys[i], shift)], 1);
    }
    __syncthreads();
    counts[static_cast<int64>(threadIdx.x) * gridDim.x + blockIdx.x] = histogram[threadIdx.x];
}

// starts (digits, blocks): where the first key of a block with a digit goes.
// hot
KERNEL(256) key_sort_scatter(const uint64* keys, const int* order, int64 count, int64 shift, const int* starts, uint64* sorted_keys, int* sorted_order)
{
    SHARED(int[BLOCK_WARPS][DIGITS], places);
    for (int warp = 0; warp < BLOCK_WARPS; warp++) places[warp][threadIdx.x] = 0;
    __syncthreads();

    int* of_warp = places[warp_index()];
    uint64 own[THREAD_ITEMS];
    int ranks[THREAD_ITEMS]; // among the warp's keys of the same digit
#pragma unroll
    for (int step = 0; step < THREAD_ITEMS; step++)
    {
        int64 i = block_item(step);
        bool exists = i < count;
        own[step] = exists ? keys[i] : 0;
        unsigned digit = digit_of(own[step], shift), same = __ballot_sync(ALL_LANES, exists);
        for (int bit = 0; bit < DIGIT_BITS; bit++)
        {
            bool isSet = (digit >> bit) & 1u;
            unsigned set = __ballot_sync(ALL_LANES, isSet);
            same &= isSet ? set : ~set;
        }
        int earlier = of_warp[digit], rank = __popc(same & lanes_before());
        ranks[step] = earlier + rank;
        __syncwarp();
        if (exists && rank == 0) of_warp[digit] = earlier + __popc(same);
        __syncwarp();
    }
    __syncthreads();

    int place = starts[static_cast<int64>(threadIdx.x) * gridDim.x + blockIdx.x];
    for (int warp = 0; warp < BLOCK_WARPS; warp++)
    {
        int keys_of_warp = places[warp][threadIdx.x];
        places[warp][threadIdx.x] = place;
        place += keys_of_warp;
    }
    __syncthreads();
#pragma unroll
    for (int step = 0; step < THREAD_ITEMS; step++)
    {
        int64 i = block_item(step);
        if (i >= count) continue;
        int to = of_warp[digit_of(own[step], shift)] + ranks[step];
        sorted_keys[to] = own[step];
        sorted_order[to] = order[i];
    }
}
