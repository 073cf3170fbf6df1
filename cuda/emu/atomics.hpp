// Atomics on integers, for memory that blocks share. There are none on floating point: their order would differ from run to run.
#pragma once
#include "types.hpp"

namespace hicorr_emu {

template <class T, class Change>
inline T atomic_change(T* address, Change change) {
    T old = __atomic_load_n(address, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(address, &old, change(old), true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
    return old;
}

}  // namespace hicorr_emu

#define HICORR_EMU_ATOMICS(type) \
    inline type atomicAdd(type* address, type value) { return __atomic_fetch_add(address, value, __ATOMIC_RELAXED); } \
    inline type atomicSub(type* address, type value) { return __atomic_fetch_sub(address, value, __ATOMIC_RELAXED); } \
    inline type atomicAnd(type* address, type value) { return __atomic_fetch_and(address, value, __ATOMIC_RELAXED); } \
    inline type atomicOr(type* address, type value) { return __atomic_fetch_or(address, value, __ATOMIC_RELAXED); } \
    inline type atomicXor(type* address, type value) { return __atomic_fetch_xor(address, value, __ATOMIC_RELAXED); } \
    inline type atomicExch(type* address, type value) { return __atomic_exchange_n(address, value, __ATOMIC_RELAXED); } \
    inline type atomicMin(type* address, type value) { \
        return hicorr_emu::atomic_change(address, [=](type old) { return old < value ? old : value; }); \
    } \
    inline type atomicMax(type* address, type value) { \
        return hicorr_emu::atomic_change(address, [=](type old) { return old > value ? old : value; }); \
    } \
    inline type atomicCAS(type* address, type expected, type value) { \
        __atomic_compare_exchange_n(address, &expected, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED); \
        return expected; \
    }

HICORR_EMU_ATOMICS(int)
HICORR_EMU_ATOMICS(unsigned)
HICORR_EMU_ATOMICS(unsigned long long)

inline void __threadfence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
inline void __threadfence_block() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
