// Products of one warp with tiles in shared memory, in every precision with one layout of the result, that of mma.cuh: with row = lane / 4 and
// pair = lane % 4, d[n][0..3] = D(row, c), D(row, c + 1), D(row + 8, c), D(row + 8, c + 1) for c = 8 n + 2 pair.
//   multiply_transposed: D += A B^T, with A (16, WIDTH) and B (8 TILES, WIDTH) as rows in shared memory
//   multiply:            D += W B, with W (16, 8 STEPS) in registers, laid out like a result, and B (8 STEPS, 8 TILES) as rows in shared memory
// A row of a tile has WIDTH values and PAD more, 16 bytes, so that reads down a column meet different banks.
#pragma once
#include "mma.cuh"

struct Fp32
{
    typedef float Value;
    static constexpr int PAD = 4;

    static DEVICE void store(Value* at, float4 values) { *reinterpret_cast<float4*>(at) = values; }

    template <int TILES, int PITCH>
    static DEVICE void multiply_transposed(float (&d)[TILES][4], const Value (*a)[PITCH], const Value (*b)[PITCH])
    {
        int row = lane_index() / 4, pair = lane_index() % 4;
#pragma unroll 2
        for (int k = 0; k < PITCH - PAD; k += 4)
        {
            float4 upper = *reinterpret_cast<const float4*>(&a[row][k]), lower = *reinterpret_cast<const float4*>(&a[row + 8][k]);
#pragma unroll
            for (int n = 0; n < TILES; n++)
            {
                float4 left = *reinterpret_cast<const float4*>(&b[8 * n + 2 * pair][k]), right = *reinterpret_cast<const float4*>(&b[8 * n + 2 * pair + 1][k]);
                d[n][0] = add_product(upper, left, d[n][0]);
                d[n][1] = add_product(upper, right, d[n][1]);
                d[n][2] = add_product(lower, left, d[n][2]);
                d[n][3] = add_product(lower, right, d[n][3]);
            }
        }
    }

    template <int TILES, int STEPS, int PITCH>
    static DEVICE void multiply(float (&d)[TILES][4], const float (&w)[STEPS][4], const Value (*b)[PITCH])
    {
        int pair = lane_index() % 4;
#pragma unroll
        for (int step = 0; step < STEPS; step++)
#pragma unroll
            for (int from = 0; from < 4; from++)
            {
                // The four lanes of a row have its weights in turns.
                float even = __shfl_sync(ALL_LANES, w[step][0], from, 4), odd = __shfl_sync(ALL_LANES, w[step][1], from, 4);
                float even_below = __shfl_sync(ALL_LANES, w[step][2], from, 4), odd_below = __shfl_sync(ALL_LANES, w[step][3], from, 4);
                const Value *row = b[8 * step + 2 * from], *next = b[8 * step + 2 * from + 1];
#pragma unroll
                for (int n = 0; n < TILES; n++)
                {
                    float2 x = *reinterpret_cast<const float2*>(row + 8 * n + 2 * pair), y = *reinterpret_cast<const float2*>(next + 8 * n + 2 * pair);
                    d[n][0] = fmaf(odd, y.x, fmaf(even, x.x, d[n][0]));
                    d[n][1] = fmaf(odd, y.y, fmaf(even, x.y, d[n][1]));
                    d[n][2] = fmaf(odd_below, y.x, fmaf(even_below, x.x, d[n][2]));
                    d[n][3] = fmaf(odd_below, y.y, fmaf(even_below, x.y, d[n][3]));
                }
            }
    }

private:
    static DEVICE float add_product(float4 x, float4 y, float sum) { return fmaf(x.w, y.w, fmaf(x.z, y.z, fmaf(x.y, y.y, fmaf(x.x, y.x, sum)))); }
};

// The order of factors within a step of 8 is free as long as both sides have the same: places pair and pair + 4 take factors 2 pair and 2 pair + 1,
// which are neighbours in memory and stand in the same lane of a result.
struct Tf32
{
    typedef uint32 Value;
    static constexpr int PAD = 4;

    static DEVICE void store(Value* at, float4 values)
    {
        *reinterpret_cast<uint4*>(at) = make_uint4(to_tf32(values.x), to_tf32(values.y), to_tf32(values.z), to_tf32(values.w));
    }

    template <int TILES, int PITCH>
    static DEVICE void multiply_transposed(float (&d)[TILES][4], const Value (*a)[PITCH], const Value (*b)[PITCH])
    {
        int row = lane_index() / 4, pair = lane_index() % 4;
#pragma unroll
        for (int k = 0; k < PITCH - PAD; k += 8)
        {
            uint2 upper = *reinterpret_cast<const uint2*>(&a[row][k + 2 * pair]), lower = *reinterpret_cast<const uint2*>(&a[row + 8][k + 2 * pair]);
            uint32 factors[4] = {upper.x, lower.x, upper.y, lower.y};
#pragma unroll
            for (int n = 0; n < TILES; n++)
            {
                uint2 other = *reinterpret_cast<const uint2*>(&b[8 * n + row][k + 2 * pair]);
                uint32 others[2] = {other.x, other.y};
                mma_tf32(d[n], factors, others);
            }
        }
    }

    template <int TILES, int STEPS, int PITCH>
    static DEVICE void multiply(float (&d)[TILES][4], const float (&w)[STEPS][4], const Value (*b)[PITCH])
    {
        int row = lane_index() / 4, pair = lane_index() % 4;
#pragma unroll
        for (int step = 0; step < STEPS; step++)
        {
            uint32 factors[4] = {to_tf32(w[step][0]), to_tf32(w[step][2]), to_tf32(w[step][1]), to_tf32(w[step][3])};
#pragma unroll
            for (int n = 0; n < TILES; n++)
            {
                uint32 others[2] = {b[8 * step + 2 * pair][8 * n + row], b[8 * step + 2 * pair + 1][8 * n + row]};
                mma_tf32(d[n], factors, others);
            }
        }
    }
};

// TILES and STEPS are even: a step of a product has 16 factors, and ldmatrix brings two tiles at a time.
template <class Rounding>
struct SixteenBits
{
    typedef uint16 Value;
    static constexpr int PAD = 8;

    static DEVICE void store(Value* at, float4 values)
    {
        *reinterpret_cast<uint2*>(at) = make_uint2(Rounding::pack(values.x, values.y), Rounding::pack(values.z, values.w));
    }

    template <int TILES, int PITCH>
    static DEVICE void multiply_transposed(float (&d)[TILES][4], const Value (*a)[PITCH], const Value (*b)[PITCH])
    {
        int in_matrix = lane_index() % 8, second = lane_index() / 8 % 2 * 8, third = lane_index() / 16 * 8;
#pragma unroll
        for (int k = 0; k < PITCH - PAD; k += 16)
        {
            uint32 factors[4];
            ldmatrix_x4(factors, &a[in_matrix + second][k + third]);
#pragma unroll
            for (int n = 0; n < TILES; n += 2)
            {
                uint32 others[4];
                ldmatrix_x4(others, &b[8 * n + in_matrix + third][k + second]);
                add_two(d[n], d[n + 1], factors, others);
            }
        }
    }

    template <int TILES, int STEPS, int PITCH>
    static DEVICE void multiply(float (&d)[TILES][4], const float (&w)[STEPS][4], const Value (*b)[PITCH])
    {
        int in_matrix = lane_index() % 8, second = lane_index() / 8 % 2 * 8, third = lane_index() / 16 * 8;
#pragma unroll
        for (int step = 0; step < STEPS; step += 2)
        {
            uint32 factors[4] = {Rounding::pack(w[step][0], w[step][1]), Rounding::pack(w[step][2], w[step][3]), Rounding::pack(w[step + 1][0], w[step + 1][1]),
                Rounding::pack(w[step + 1][2], w[step + 1][3])};
#pragma unroll
            for (int n = 0; n < TILES; n += 2)
            {
                uint32 others[4];
                ldmatrix_x4_transposed(others, &b[8 * step + in_matrix + second][8 * n + third]);
                add_two(d[n], d[n + 1], factors, others);
            }
        }
    }

private:
    static DEVICE void add_two(float (&d)[4], float (&next)[4], const uint32 (&factors)[4], const uint32 (&others)[4])
    {
        uint32 left[2] = {others[0], others[1]}, right[2] = {others[2], others[3]};
        Rounding::multiply(d, factors, left);
        Rounding::multiply(next, factors, right);
    }
};

struct Bf16Rounding
{
    static DEVICE uint32 pack(float low, float high) { return pack_bf16(low, high); }
    static DEVICE void multiply(float (&d)[4], const uint32 (&a)[4], const uint32 (&b)[2]) { mma_bf16(d, a, b); }
};

struct Fp16Rounding
{
    static DEVICE uint32 pack(float low, float high) { return pack_fp16(low, high); }
    static DEVICE void multiply(float (&d)[4], const uint32 (&a)[4], const uint32 (&b)[2]) { mma_fp16(d, a, b); }
};

typedef SixteenBits<Bf16Rounding> Bf16;
typedef SixteenBits<Fp16Rounding> Fp16;
