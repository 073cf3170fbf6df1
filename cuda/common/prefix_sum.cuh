// Prefix sums over a block, and the places of the items that a block keeps, in their order.
#pragma once
#include "base.cuh"

// Of a number that all lanes of a warp agree on: the sum over the warps before this one, and over all. The scratch may be used twice in a row.
DEVICE int sum_of_warps_before(int of_warp, BlockScratch<int>& scratch, int& total)
{
    __syncthreads();
    if (lane_index() == 0) scratch.warps[warp_index()] = of_warp;
    __syncthreads();
    int before = 0;
    total = 0;
    for (int warp = 0; warp < block_threads() / WARP; warp++)
    {
        if (warp < warp_index()) before += scratch.warps[warp];
        total += scratch.warps[warp];
    }
    return before;
}

// The sum over the threads before this one, and over all; for blocks of full warps.
DEVICE int block_prefix_sum(int value, BlockScratch<int>& scratch, int& total)
{
    int sum = value;
#pragma unroll
    for (int distance = 1; distance < WARP; distance *= 2)
    {
        int before = __shfl_up_sync(ALL_LANES, sum, distance);
        if (lane_index() >= distance) sum += before;
    }
    return sum_of_warps_before(__shfl_sync(ALL_LANES, sum, WARP - 1), scratch, total) + sum - value;
}

constexpr int BLOCK_THREADS = 256;
constexpr int BLOCK_WARPS = BLOCK_THREADS / WARP;
constexpr int THREAD_ITEMS = 8;
constexpr int BLOCK_ITEMS = BLOCK_THREADS * THREAD_ITEMS;

// Item of a thread in each of its steps. A warp takes 256 items that follow each other, 32 a step: loads are coalesced and ranks need no barrier.
DEVICE int64 block_item(int step) { return static_cast<int64>(blockIdx.x) * BLOCK_ITEMS + (warp_index() * THREAD_ITEMS + step) * WARP + lane_index(); }

DEVICE unsigned lanes_before() { return (1u << lane_index()) - 1; }

// The items that a warp keeps: a bit a lane for every step.
struct KeptItems
{
    unsigned lanes[THREAD_ITEMS];

    DEVICE int count() const
    {
        int sum = 0;
#pragma unroll
        for (int step = 0; step < THREAD_ITEMS; step++) sum += __popc(lanes[step]);
        return sum;
    }

    DEVICE bool keeps(int step) const { return (lanes[step] >> lane_index()) & 1u; }
};
