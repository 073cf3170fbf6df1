// Counts of points by true and predicted class; HiCorr.Native/Ops/ConfusionMatrix/ConfusionMatrix.cs has the contract. One thread 16 points that
// follow each other.
#include "common/base.cuh"

constexpr int POINTS = 16;

union Labels
{
    uint4 words;
    uint8 of[POINTS];
};

// A thread's labels, aligned to 16 bytes but for the last ones, behind which none is read.
DEVICE Labels load(const uint8* labels, int64 first, int64 points)
{
    Labels loaded;
    if (first + POINTS <= points)
    {
        loaded.words = *reinterpret_cast<const uint4*>(labels + first);
        return loaded;
    }
#pragma unroll
    for (int i = 0; i < POINTS; i++) loaded.of[i] = first + i < points ? labels[first + i] : 0;
    return loaded;
}

// Adds equal cells that follow each other at once: neighbours in a cloud are mostly of one class and predicted alike, and would all wait for one counter.
template <class Counter>
DEVICE void count_points(const uint8* truth, const uint8* prediction, int64 points, int64 classes, Counter* counts)
{
    for (int64 first = global_thread() * POINTS; first < points; first += global_stride() * POINTS)
    {
        Labels t = load(truth, first, points), p = load(prediction, first, points);
        int64 cell = -1;
        uint32 run = 0;
#pragma unroll
        for (int i = 0; i < POINTS; i++)
        {
            if (first + i >= points || t.of[i] >= classes) continue;
            int64 next = t.of[i] * (classes + 1) + min(static_cast<int64>(p.of[i]), classes);
            if (next != cell && run > 0) atomicAdd(counts + cell, static_cast<Counter>(run));
            run = next == cell ? run + 1 : 1;
            cell = next;
        }
        if (run > 0) atomicAdd(counts + cell, static_cast<Counter>(run));
    }
}

// Each block counts in shared memory first.
KERNEL(256) confusion_matrix_add(const uint8* truth, const uint8* prediction, int64 points, int64 classes, uint64* counts)
{
    DYNAMIC_SHARED(uint32, in_block);
    int64 cells = classes * (classes + 1);
    for (int64 i = threadIdx.x; i < cells; i += blockDim.x) in_block[i] = 0;
    __syncthreads();
    count_points(truth, prediction, points, classes, in_block);
    __syncthreads();
    for (int64 i = threadIdx.x; i < cells; i += blockDim.x)
        if (in_block[i] > 0) atomicAdd(counts + i, static_cast<uint64>(in_block[i]));
}

// For matrices that are larger than shared memory.
KERNEL(256) confusion_matrix_add_many(const uint8* truth, const uint8* prediction, int64 points, int64 classes, uint64* counts)
{
    count_points(truth, prediction, points, classes, counts);
}
