// What every .cu includes: integer names, the kernel and shared-memory macros, grid-stride indices and reductions in a fixed order.
// On a GPU (NVRTC or nvcc) the macros stand for CUDA's own words; without one, cuda/emu gives the same names on the CPU.
#pragma once

#ifdef __CUDACC__

typedef long long int64;
typedef unsigned long long uint64;
typedef unsigned int uint32;
typedef unsigned short uint16;
typedef unsigned char uint8;

#define DEVICE __device__ __forceinline__

// A kernel that C# finds by its plain name, started with at most `threads` threads a block.
#define KERNEL(threads) extern "C" __global__ void __launch_bounds__(threads)

// One object per block; the type may be an array: SHARED(float[32], sums). Its content is undefined until written.
#define SHARED(type, name) \
    using name##_shared = type; \
    __shared__ name##_shared name

// The launch's dynamic shared memory, aligned to 16 bytes, as a pointer. A kernel has one such area, whatever its names.
#define DYNAMIC_SHARED(type, name) \
    extern __shared__ uint4 hicorr_dynamic_shared[]; \
    type* name = reinterpret_cast<type*>(hicorr_dynamic_shared)

// Combines the values of the 32 lanes of a full warp; every lane gets the result.
template <class T, class Combine>
DEVICE T warp_reduce(T value, Combine combine) {
#pragma unroll
    for (int distance = 16; distance > 0; distance /= 2) value = combine(value, __shfl_xor_sync(0xffffffffu, value, distance));
    return value;
}

#else
#include "../emu/emulator.hpp"
#endif

constexpr int WARP = 32;
constexpr unsigned ALL_LANES = 0xffffffffu;
constexpr float FLOAT_MAX = 3.402823466e+38f;
constexpr float FLOAT_MIN_NORMAL = 1.175494351e-38f;
constexpr float FLOAT_EPSILON = 1.192092896e-07f;
#define FLOAT_INFINITY __int_as_float(0x7f800000)

// First element and step of a grid-stride loop, for grids of one dimension.
DEVICE int64 global_thread() { return static_cast<int64>(blockIdx.x) * blockDim.x + threadIdx.x; }
DEVICE int64 global_stride() { return static_cast<int64>(gridDim.x) * blockDim.x; }

// Number of this thread in its block, and place in its warp, for blocks of any shape.
DEVICE int block_thread() { return threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z); }
DEVICE int block_threads() { return blockDim.x * blockDim.y * blockDim.z; }
DEVICE int lane_index() { return block_thread() % WARP; }
DEVICE int warp_index() { return block_thread() / WARP; }

template <class T>
DEVICE T ceil_div(T count, T size) { return (count + size - 1) / size; }

// Reductions over the 32 lanes of a full warp. Every lane gets the same result: an xor tree adds the same pairs on both sides. NaN is the largest.
template <class T>
DEVICE T larger(T x, T y) { return y > x || y != y ? y : x; }

template <class T>
DEVICE T warp_sum(T value) { return warp_reduce(value, [](T x, T y) { return x + y; }); }

template <class T>
DEVICE T warp_max(T value) { return warp_reduce(value, [](T x, T y) { return larger(x, y); }); }

template <class T>
struct BlockScratch {
    T warps[WARP];
};

// Reductions over a block of full warps; every thread gets the result. Warps first, then their results in order of warps.
// The barrier in front lets a caller use the same scratch twice in a row.
template <class T>
DEVICE T block_sum(T value, BlockScratch<T>& scratch) {
    value = warp_sum(value);
    __syncthreads();
    if (lane_index() == 0) scratch.warps[warp_index()] = value;
    __syncthreads();
    int warps = block_threads() / WARP;
    T sum = scratch.warps[0];
    for (int warp = 1; warp < warps; warp++) sum += scratch.warps[warp];
    return sum;
}

template <class T>
DEVICE T block_max(T value, BlockScratch<T>& scratch) {
    value = warp_max(value);
    __syncthreads();
    if (lane_index() == 0) scratch.warps[warp_index()] = value;
    __syncthreads();
    int warps = block_threads() / WARP;
    T largest = scratch.warps[0];
    for (int warp = 1; warp < warps; warp++) largest = larger(largest, scratch.warps[warp]);
    return largest;
}
