// Tensor-core products of one warp, the roundings of their operands, and asynchronous copies to shared memory. sm_80 and later.
//
// A product is d += a b with a (16, K), b (K, 8), d (16, 8) in fp32. Each lane holds a part, with row = lane / 4 and pair = lane % 4:
//   tf32, K = 8:            a[0..3] = A(row, pair), A(row + 8, pair), A(row, pair + 4), A(row + 8, pair + 4)
//                           b[0..1] = B(pair, row), B(pair + 4, row)
//   bf16 and fp16, K = 16:  a[0..3] = A(row, k), A(row + 8, k), A(row, k + 8), A(row + 8, k + 8), each for k = 2 pair (low half), 2 pair + 1 (high half)
//                           b[0..1] = B(k, row), B(k + 8, row)
//   all:                    d[0..3] = D(row, 2 pair), D(row, 2 pair + 1), D(row + 8, 2 pair), D(row + 8, 2 pair + 1)
// Source: PTX ISA, "Matrix fragments for mma.m16n8k8" and "mma.m16n8k16".
//
// cp_async16 and cp_async4 copy 16 and 4 bytes, aligned as much, or write zeros when `valid` is false (the source is not read then, but must be an
// address all the same). They land at the wait: cp_async_commit() closes a group, cp_async_wait<N>() waits for all groups of this thread but the
// newest N; other threads see the data after a barrier behind the wait.
#pragma once
#include "base.cuh"

#ifdef __CUDACC__

// Nearest tf32 value; halfway cases away from zero.
DEVICE uint32 to_tf32(float value) {
    uint32 bits;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(value));
    return bits;
}

// Nearest value, halfway cases to even. Packed, `low` is in the low half.
DEVICE uint16 to_bf16(float value) {
    uint16 bits;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(value));
    return bits;
}

DEVICE uint32 pack_bf16(float low, float high) {
    uint32 bits;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(high), "f"(low));
    return bits;
}

DEVICE uint16 to_fp16(float value) {
    uint16 bits;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(value));
    return bits;
}

DEVICE uint32 pack_fp16(float low, float high) {
    uint32 bits;
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(high), "f"(low));
    return bits;
}

DEVICE float from_bf16(uint16 bits) { return __uint_as_float(static_cast<uint32>(bits) << 16); }

DEVICE float from_fp16(uint16 bits) {
    float value;
    asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(bits));
    return value;
}

#define HICORR_MMA(name, shape_and_types) \
    DEVICE void name(float (&d)[4], const uint32 (&a)[4], const uint32 (&b)[2]) { \
        asm volatile("mma.sync.aligned." shape_and_types " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};" \
                     : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) \
                     : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1])); \
    }

HICORR_MMA(mma_tf32, "m16n8k8.row.col.f32.tf32.tf32.f32")
HICORR_MMA(mma_bf16, "m16n8k16.row.col.f32.bf16.bf16.f32")
HICORR_MMA(mma_fp16, "m16n8k16.row.col.f32.f16.f16.f32")
#undef HICORR_MMA

DEVICE uint32 shared_address(const void* shared) { return static_cast<uint32>(__cvta_generic_to_shared(shared)); }

// Four 8x8 matrices of 16-bit values: lane i gives the address of row i % 8 of matrix i / 8, 16 bytes aligned to 16.
// matrices[j] = values 2 pair and 2 pair + 1 of row `row` of matrix j; with _transposed, of column `row`.
DEVICE void ldmatrix_x4(uint32 (&matrices)[4], const void* shared_row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(matrices[0]), "=r"(matrices[1]), "=r"(matrices[2]), "=r"(matrices[3]) : "r"(shared_address(shared_row)) : "memory");
}

DEVICE void ldmatrix_x4_transposed(uint32 (&matrices)[4], const void* shared_row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(matrices[0]), "=r"(matrices[1]), "=r"(matrices[2]), "=r"(matrices[3]) : "r"(shared_address(shared_row)) : "memory");
}

DEVICE void cp_async16(void* shared, const void* global, bool valid = true) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" :: "r"(shared_address(shared)), "l"(global), "r"(valid ? 16 : 0) : "memory");
}

DEVICE void cp_async4(void* shared, const void* global, bool valid = true) {
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" :: "r"(shared_address(shared)), "l"(global), "r"(valid ? 4 : 0) : "memory");
}

DEVICE void cp_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }

template <int Pending>
DEVICE void cp_async_wait() { asm volatile("cp.async.wait_group %0;" :: "n"(Pending) : "memory"); }

#else
#include "../emu/async_copy.hpp"
#include "../emu/mma.hpp"
#endif
