#include "common/mma.cuh"

// out[t] = values[t] by way of shared memory; `wait` says whether the copy is waited for.
KERNEL(32) copy_kernel(const float* values, float* out, int wait) {
    SHARED(float[128], tile);
    cp_async16(tile + 4 * threadIdx.x, values + 4 * threadIdx.x);
    cp_async_commit();
    if (wait) cp_async_wait<0>();
    __syncthreads();
    for (int i = threadIdx.x; i < 128; i += 32) out[i] = tile[i];
}

// Two groups, of which only the older is waited for.
KERNEL(32) two_groups_kernel(const float* values, float* out) {
    SHARED(float[64], tile);
    cp_async4(tile + threadIdx.x, values + threadIdx.x);
    cp_async_commit();
    cp_async4(tile + 32 + threadIdx.x, values + 32 + threadIdx.x);
    cp_async_commit();
    cp_async_wait<1>();
    __syncthreads();
    out[threadIdx.x] = tile[threadIdx.x];
    out[32 + threadIdx.x] = tile[32 + threadIdx.x];
}

// Zeros where the index is not below the count.
KERNEL(32) guarded_copy_kernel(const float* values, float* out, int count) {
    SHARED(float[32], tile);
    cp_async4(tile + threadIdx.x, values, static_cast<int>(threadIdx.x) < count);
    cp_async_commit();
    cp_async_wait<0>();
    __syncthreads();
    out[threadIdx.x] = tile[threadIdx.x];
}
