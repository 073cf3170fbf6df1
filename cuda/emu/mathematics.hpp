// Device functions that <math.h> lacks: bit counts, casts of bits, rounding modes, min and max of all types.
#pragma once
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "types.hpp"

// glibc declares some of these names itself, so they cannot be functions here.
#define __expf(x) expf(x)
#define __logf(x) logf(x)
#define __log2f(x) log2f(x)
#define __powf(x, y) powf(x, y)
#define __sinf(x) sinf(x)
#define __cosf(x) cosf(x)
#define __fdividef(x, y) ((x) / (y))

inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }
inline double rsqrt(double x) { return 1.0 / sqrt(x); }
inline float __fsqrt_rn(float x) { return sqrtf(x); }
inline float __frcp_rn(float x) { return 1.0f / x; }
inline float __fmaf_rn(float x, float y, float z) { return __builtin_fmaf(x, y, z); }

// Products and sums that CUDA promises not to fuse; the barrier keeps g++ from doing it.
inline float __fmul_rn(float x, float y) { float z = x * y; asm("" : "+x"(z)); return z; }
inline float __fadd_rn(float x, float y) { float z = x + y; asm("" : "+x"(z)); return z; }
inline float __fsub_rn(float x, float y) { float z = x - y; asm("" : "+x"(z)); return z; }
inline float __fdiv_rn(float x, float y) { return x / y; }
inline double __dmul_rn(double x, double y) { double z = x * y; asm("" : "+x"(z)); return z; }
inline double __dadd_rn(double x, double y) { double z = x + y; asm("" : "+x"(z)); return z; }

inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
inline int __clz(int x) { return x == 0 ? 32 : __builtin_clz(static_cast<unsigned>(x)); }
inline int __clzll(long long x) { return x == 0 ? 64 : __builtin_clzll(static_cast<unsigned long long>(x)); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __ffsll(long long x) { return __builtin_ffsll(x); }
inline unsigned __brev(unsigned x) {
    unsigned reversed = 0;
    for (int bit = 0; bit < 32; bit++) reversed |= ((x >> bit) & 1u) << (31 - bit);
    return reversed;
}
inline unsigned __umulhi(unsigned x, unsigned y) { return static_cast<unsigned>((static_cast<unsigned long long>(x) * y) >> 32); }
inline unsigned long long __umul64hi(unsigned long long x, unsigned long long y) {
    return static_cast<unsigned long long>((static_cast<unsigned __int128>(x) * y) >> 64);
}

namespace hicorr_emu {

template <class To, class From>
inline To cast_bits(From from) {
    static_assert(sizeof(To) == sizeof(From));
    To to;
    memcpy(&to, &from, sizeof to);
    return to;
}

}  // namespace hicorr_emu

inline int __float_as_int(float x) { return hicorr_emu::cast_bits<int>(x); }
inline unsigned __float_as_uint(float x) { return hicorr_emu::cast_bits<unsigned>(x); }
inline float __int_as_float(int x) { return hicorr_emu::cast_bits<float>(x); }
inline float __uint_as_float(unsigned x) { return hicorr_emu::cast_bits<float>(x); }
inline long long __double_as_longlong(double x) { return hicorr_emu::cast_bits<long long>(x); }
inline double __longlong_as_double(long long x) { return hicorr_emu::cast_bits<double>(x); }
inline int __float2int_rn(float x) { return static_cast<int>(lrintf(x)); }
inline int __float2int_rd(float x) { return static_cast<int>(floorf(x)); }
inline int __float2int_rz(float x) { return static_cast<int>(x); }

#define HICORR_EMU_MIN_MAX(type) \
    inline type min(type x, type y) { return y < x ? y : x; } \
    inline type max(type x, type y) { return y > x ? y : x; }

HICORR_EMU_MIN_MAX(int)
HICORR_EMU_MIN_MAX(unsigned)
HICORR_EMU_MIN_MAX(long)
HICORR_EMU_MIN_MAX(unsigned long)
HICORR_EMU_MIN_MAX(long long)
HICORR_EMU_MIN_MAX(unsigned long long)

// As in CUDA, the number wins over NaN.
inline float min(float x, float y) { return fminf(x, y); }
inline float max(float x, float y) { return fmaxf(x, y); }
inline double min(double x, double y) { return fmin(x, y); }
inline double max(double x, double y) { return fmax(x, y); }

// Caching hints are plain accesses here.
template <class T>
inline T __ldg(const T* address) { return *address; }
template <class T>
inline T __ldcs(const T* address) { return *address; }
template <class T>
inline void __stcs(T* address, T value) { *address = value; }
