// Multiply-adds in registers alone, in every precision: what a share of the peak is measured against. CudaPeak.cs has the counts.
#include "common/base.cuh"
#include "common/mma.cuh"

constexpr int CHAINS = 8; // independent sums of a thread or warp, so that no product waits for the one before

KERNEL(256) peak_fp32(float* results, int64 rounds)
{
    float sums[CHAINS];
    for (int chain = 0; chain < CHAINS; chain++) sums[chain] = static_cast<float>(threadIdx.x + chain);
    for (int64 round = 0; round < rounds; round++)
    {
#pragma unroll
        for (int chain = 0; chain < CHAINS; chain++) sums[chain] = fmaf(sums[chain], 0.999f, 1e-9f);
    }
    float sum = 0;
    for (int chain = 0; chain < CHAINS; chain++) sum += sums[chain];
    results[global_thread()] = sum;
}

#define PEAK_OF_MMA(precision) \
    KERNEL(256) peak_##precision(float* results, int64 rounds) \
    { \
        float d[CHAINS][4] = {}; \
        uint32 a[4] = {threadIdx.x, 1, 2, 3}, b[2] = {4, threadIdx.x}; \
        for (int64 round = 0; round < rounds; round++) \
            for (int chain = 0; chain < CHAINS; chain++) mma_##precision(d[chain], a, b); \
        float sum = 0; \
        for (int chain = 0; chain < CHAINS; chain++) sum += d[chain][0] + d[chain][1] + d[chain][2] + d[chain][3]; \
        results[global_thread()] = sum; \
    }

PEAK_OF_MMA(tf32)
PEAK_OF_MMA(bf16)
PEAK_OF_MMA(fp16)
