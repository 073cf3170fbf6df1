#include "common/base.cuh"

// sums[b] = sum of the block's 256 values, by halves with a barrier between.
KERNEL(256) tree_sum_kernel(const float* values, float* sums) {
    SHARED(float[256], partial);
    int thread = threadIdx.x;
    partial[thread] = values[global_thread()];
    for (int half = 128; half > 0; half /= 2) {
        __syncthreads();
        if (thread < half) partial[thread] += partial[thread + half];
    }
    if (thread == 0) sums[blockIdx.x] = partial[0];
}

// The same sum by shuffles.
KERNEL(256) shuffle_sum_kernel(const float* values, float* sums) {
    SHARED(BlockScratch<float>, scratch);
    float sum = block_sum(values[global_thread()], scratch);
    if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

// No thread waits.
KERNEL(256) scale_kernel(float* values, int64 count, float factor) {
    for (int64 i = global_thread(); i < count; i += global_stride()) values[i] *= factor;
}

// Nothing but barriers, for their cost.
KERNEL(1024) barriers_kernel(int count) {
    for (int i = 0; i < count; i++) __syncthreads();
}

// Nothing but shuffles, for their cost.
KERNEL(1024) shuffles_kernel(int count, int* result) {
    int value = threadIdx.x;
    for (int i = 0; i < count; i++) value = __shfl_xor_sync(ALL_LANES, value, 1 + i % 31);
    result[threadIdx.x] = value;
}
