// CUDA's words on the CPU, so that a .cu compiles with g++ and runs without a GPU. Included by common/base.cuh when there is no CUDA compiler.
// A block runs on one operating-system thread, each of its threads as a fiber; see emulator.cpp for the scheduler.
#pragma once
#include "atomics.hpp"
#include "block.hpp"
#include "launch.hpp"
#include "mathematics.hpp"
#include "types.hpp"
#include "warp.hpp"

#define __device__
#define __host__
#define __global__
#define __constant__ static const
#define __forceinline__ inline __attribute__((always_inline))

#define DEVICE inline

#ifdef HICORR_EMU_LIST_KERNELS
// Left as it is in the preprocessed source, where the compiler's driver looks for the kernels.
#define KERNEL(threads) KERNEL(threads)
#else
#define KERNEL(threads) extern "C" void
#endif

#define SHARED(type, name) \
    using name##_shared = type; \
    static ::hicorr_emu::SharedObject name##_object{#name, sizeof(name##_shared), alignof(name##_shared)}; \
    name##_shared& name = *static_cast<name##_shared*>(::hicorr_emu::shared_object(&name##_object))

#define DYNAMIC_SHARED(type, name) type* name = static_cast<type*>(::hicorr_emu::dynamic_shared())

#define threadIdx (::hicorr_emu::current_thread->index)
#define blockIdx (::hicorr_emu::current_grid->block)
#define blockDim (::hicorr_emu::current_grid->threads)
#define gridDim (::hicorr_emu::current_grid->blocks)
