// The CPU twins of common/mma.cuh, which says what each does and how fragments lie. A product is a warp operation: the last lane to come computes
// it for all. It adds in fp32 in the order of k; the order and the width of the hardware's sums inside one mma differ and are not specified.
#pragma once
#include <string.h>

#include "mathematics.hpp"
#include "warp.hpp"

inline uint32 to_tf32(float value) {
    if (isnan(value)) return 0x7fffffffu;
    uint32 bits = __float_as_uint(value);
    return isinf(value) ? bits : (bits + 0x1000u) & ~0x1fffu;
}

inline uint16 to_bf16(float value) {
    if (isnan(value)) return 0x7fff;
    uint32 bits = __float_as_uint(value);
    return static_cast<uint16>((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}

inline uint16 to_fp16(float value) { return isnan(value) ? 0x7fff : hicorr_emu::cast_bits<uint16>(static_cast<_Float16>(value)); }

inline float from_bf16(uint16 bits) { return __uint_as_float(static_cast<uint32>(bits) << 16); }
inline float from_fp16(uint16 bits) { return hicorr_emu::cast_bits<_Float16>(bits); }

inline uint32 pack_bf16(float low, float high) { return to_bf16(low) | static_cast<uint32>(to_bf16(high)) << 16; }
inline uint32 pack_fp16(float low, float high) { return to_fp16(low) | static_cast<uint32>(to_fp16(high)) << 16; }

namespace hicorr_emu {

struct MmaOperand {
    float (&d)[4];
    const uint32 (&a)[4];
    const uint32 (&b)[2];
};

// The values of one register: one tf32, or two halves. The hardware reads no more of a tf32 than its upper 19 bits.
struct Tf32 {
    static constexpr int per_register = 1;
    static float value(uint32 bits, int) { return __uint_as_float(bits & ~0x1fffu); }
};

struct Bf16 {
    static constexpr int per_register = 2;
    static float value(uint32 bits, int half) { return from_bf16(static_cast<uint16>(bits >> 16 * half)); }
};

struct Fp16 {
    static constexpr int per_register = 2;
    static float value(uint32 bits, int half) { return from_fp16(static_cast<uint16>(bits >> 16 * half)); }
};

template <class Type>
void mma_operation(void* const* operands, unsigned) {
    constexpr int n = Type::per_register, half_k = 4 * n;
    typedef float Row __attribute__((vector_size(32)));
    float a[16][2 * half_k];
    Row b[2 * half_k], d[16];
    for (int lane = 0; lane < 32; lane++) {
        auto& operand = *static_cast<MmaOperand*>(operands[lane]);
        int row = lane / 4, pair = lane % 4;
        for (int i = 0; i < n; i++) {
            int k = n * pair + i;
            for (int part = 0; part < 4; part++) a[row + 8 * (part & 1)][k + half_k * (part >> 1)] = Type::value(operand.a[part], i);
            for (int part = 0; part < 2; part++) b[k + half_k * part][row] = Type::value(operand.b[part], i);
        }
        for (int part = 0; part < 4; part++) d[row + 8 * (part >> 1)][2 * pair + (part & 1)] = operand.d[part];
    }
    for (int row = 0; row < 16; row++) {
        Row sum = d[row];
        for (int k = 0; k < 2 * half_k; k++) sum += a[row][k] * b[k];
        d[row] = sum;
    }
    for (int lane = 0; lane < 32; lane++) {
        auto& operand = *static_cast<MmaOperand*>(operands[lane]);
        for (int part = 0; part < 4; part++) operand.d[part] = d[lane / 4 + 8 * (part >> 1)][2 * (lane % 4) + (part & 1)];
    }
}

struct LdmatrixOperand {
    uint32 (&matrices)[4];
    const void* row;
};

template <bool Transposed>
void ldmatrix_operation(void* const* operands, unsigned) {
    uint16 values[4][8][8];
    for (int lane = 0; lane < 32; lane++) memcpy(values[lane / 8][lane % 8], static_cast<LdmatrixOperand*>(operands[lane])->row, 16);
    for (int lane = 0; lane < 32; lane++)
        for (int matrix = 0; matrix < 4; matrix++) {
            auto at = [&](int row, int column) -> uint32 { return Transposed ? values[matrix][column][row] : values[matrix][row][column]; };
            int row = lane / 4, column = 2 * (lane % 4);
            static_cast<LdmatrixOperand*>(operands[lane])->matrices[matrix] = at(row, column) | at(row, column + 1) << 16;
        }
}

template <bool Transposed>
void load_matrices(uint32 (&matrices)[4], const void* row, Location at) {
    if (reinterpret_cast<unsigned long>(row) % 16 != 0) fail(at, "the address of a row of ldmatrix is not aligned to 16");
    LdmatrixOperand operand{matrices, row};
    meet_full_warp(ldmatrix_operation<Transposed>, &operand, at);
}

}  // namespace hicorr_emu

#define HICORR_EMU_MMA(name, type) \
    inline void name(float (&d)[4], const uint32 (&a)[4], const uint32 (&b)[2], hicorr_emu::Location at = hicorr_emu::Location::here()) { \
        hicorr_emu::MmaOperand operand{d, a, b}; \
        hicorr_emu::meet_full_warp(hicorr_emu::mma_operation<hicorr_emu::type>, &operand, at); \
    }

HICORR_EMU_MMA(mma_tf32, Tf32)
HICORR_EMU_MMA(mma_bf16, Bf16)
HICORR_EMU_MMA(mma_fp16, Fp16)

inline void ldmatrix_x4(uint32 (&matrices)[4], const void* shared_row, hicorr_emu::Location at = hicorr_emu::Location::here()) {
    hicorr_emu::load_matrices<false>(matrices, shared_row, at);
}

inline void ldmatrix_x4_transposed(uint32 (&matrices)[4], const void* shared_row, hicorr_emu::Location at = hicorr_emu::Location::here()) {
    hicorr_emu::load_matrices<true>(matrices, shared_row, at);
}
