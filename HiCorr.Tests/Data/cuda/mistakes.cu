#include "common/base.cuh"

// Kernels that are wrong, each in one way.

KERNEL(64) divergent_barrier_kernel() {
    if (threadIdx.x < 48) __syncthreads();
}

KERNEL(64) two_barriers_kernel(int* result) {
    if (threadIdx.x % 2 == 0) {
        result[0] = 1;
        __syncthreads();
    } else {
        result[1] = 2;
        __syncthreads();
    }
}

KERNEL(32) missing_lanes_kernel(int* result) {
    if (threadIdx.x < 16) result[threadIdx.x] = __shfl_xor_sync(ALL_LANES, static_cast<int>(threadIdx.x), 1);
}

KERNEL(32) barrier_and_shuffle_kernel(int* result) {
    if (threadIdx.x == 7) __syncthreads();
    else result[threadIdx.x] = __shfl_xor_sync(ALL_LANES, 1, 1);
}

KERNEL(32) shared_overrun_kernel(int index, int* result) {
    SHARED(int[32], numbers);
    numbers[threadIdx.x] = 0;
    if (threadIdx.x == 0) numbers[index] = 1;
    result[threadIdx.x] = numbers[threadIdx.x];
}

KERNEL(32) dynamic_overrun_kernel(int index) {
    DYNAMIC_SHARED(float, values);
    if (threadIdx.x == 0) values[index] = 1;
}

KERNEL(32) shared_read_kernel(int index, int* result) {
    SHARED(int[32], numbers);
    numbers[threadIdx.x] = 0;
    __syncthreads();
    const int* hidden = numbers;
    result[threadIdx.x] = hidden[index];
}

KERNEL(32) uninitialised_shared_kernel(float* out) {
    SHARED(float[32], values);
    DYNAMIC_SHARED(float, more);
    out[threadIdx.x] = values[threadIdx.x];
    out[32 + threadIdx.x] = more[threadIdx.x];
    values[threadIdx.x] = more[threadIdx.x] = 0;
}

// Reverses 64 values, without a barrier between writing and reading.
KERNEL(64) race_kernel(int* values) {
    SHARED(int[64], copy);
    copy[threadIdx.x] = values[threadIdx.x];
    values[threadIdx.x] = copy[63 - threadIdx.x];
}

KERNEL(64) global_overrun_kernel(int* values, int count) { values[count] = 1; }
