// The factors of matrix products in the four precisions, as one warp multiplies them: which values a lane holds, how they are read from shared
// memory, and the product of a 16 x STEP by a STEP x 8 matrix. All four own the same sums: with g = lane / 4 and t = lane % 4 a lane has
// sum[0], sum[1] at row g and columns 2t, 2t + 1, and sum[2], sum[3] at row g + 8.
#pragma once
#include "base.cuh"
#include "mma.cuh"
#include "rows.cuh"
#include "vector.cuh"

DEVICE int fragment_row() { return lane_index() / 4; }
DEVICE int fragment_column() { return lane_index() % 4; }

// STEP: rows of B in one product. PAD: floats between rows of a shared matrix so that no two lanes of a read meet in a bank, by rows and by columns.
// GROUP_WORDS: 32-bit words of a packed STEP x 16 piece of B; `place` gives row and column of a word in it (of the first of two factors for 16 bits).
struct Fp32
{
    static constexpr int STEP = 4, ROW_PAD = 4, COLUMN_PAD = 8, GROUP_WORDS = 64;
    struct A { float upper[4], lower[4]; };  // rows g and g + 8
    struct B { float values[8]; };           // columns 2t, 2t + 1 of row 0, then of rows 1, 2, 3

    DEVICE static void place(int word, int& row, int& column)
    {
        row = word % 8 / 2;
        column = 8 * (word / 32) + 2 * (word % 32 / 8) + word % 2;
    }

    DEVICE static uint32 pack(float value) { return __float_as_uint(value); }

    DEVICE static A read_rows(const float* from, int stride)
    {
        A a;
        float4 upper = *reinterpret_cast<const float4*>(from + fragment_row() * stride);
        float4 lower = *reinterpret_cast<const float4*>(from + (fragment_row() + 8) * stride);
        a.upper[0] = upper.x, a.upper[1] = upper.y, a.upper[2] = upper.z, a.upper[3] = upper.w;
        a.lower[0] = lower.x, a.lower[1] = lower.y, a.lower[2] = lower.z, a.lower[3] = lower.w;
        return a;
    }

    DEVICE static A read_columns(const float* from, int stride)
    {
        A a;
#pragma unroll
        for (int k = 0; k < STEP; k++)
        {
            a.upper[k] = from[k * stride + fragment_row()];
            a.lower[k] = from[k * stride + fragment_row() + 8];
        }
        return a;
    }

    DEVICE static B read_b(const float* from, int stride)
    {
        B b;
#pragma unroll
        for (int k = 0; k < STEP; k++)
        {
            float2 pair = *reinterpret_cast<const float2*>(from + k * stride + 2 * fragment_column());
            b.values[2 * k] = pair.x, b.values[2 * k + 1] = pair.y;
        }
        return b;
    }

    DEVICE static void read_packed(const uint32* group, B& first, B& second)
    {
#pragma unroll
        for (int half = 0; half < 2; half++)
        {
            uint4 first_part = *reinterpret_cast<const uint4*>(group + 8 * fragment_column() + 4 * half);
            uint4 second_part = *reinterpret_cast<const uint4*>(group + 32 + 8 * fragment_column() + 4 * half);
            unpack(first_part, first.values + 4 * half);
            unpack(second_part, second.values + 4 * half);
        }
    }

    DEVICE static void multiply(float (&sum)[4], const A& a, const B& b)
    {
#pragma unroll
        for (int k = 0; k < STEP; k++)
        {
            sum[0] = fmaf(a.upper[k], b.values[2 * k], sum[0]);
            sum[1] = fmaf(a.upper[k], b.values[2 * k + 1], sum[1]);
            sum[2] = fmaf(a.lower[k], b.values[2 * k], sum[2]);
            sum[3] = fmaf(a.lower[k], b.values[2 * k + 1], sum[3]);
        }
    }

private:
    DEVICE static void unpack(const uint4& words, float* values)
    {
        values[0] = __uint_as_float(words.x), values[1] = __uint_as_float(words.y);
        values[2] = __uint_as_float(words.z), values[3] = __uint_as_float(words.w);
    }
};

struct Tf32
{
    static constexpr int STEP = 8, ROW_PAD = 4, COLUMN_PAD = 8, GROUP_WORDS = 128;
    struct A { uint32 words[4]; };  // (g, t), (g + 8, t), (g, t + 4), (g + 8, t + 4)
    struct B { uint32 words[2]; };  // (t, g), (t + 4, g)

    DEVICE static void place(int word, int& row, int& column)
    {
        row = word / 4 % 4 + 4 * (word % 2);
        column = 8 * (word % 4 / 2) + word / 16;
    }

    DEVICE static uint32 pack(float value) { return to_tf32(value); }

    DEVICE static A read_rows(const float* from, int stride)
    {
        const float* at = from + fragment_row() * stride + fragment_column();
        return {{to_tf32(at[0]), to_tf32(at[8 * stride]), to_tf32(at[4]), to_tf32(at[8 * stride + 4])}};
    }

    DEVICE static A read_columns(const float* from, int stride)
    {
        const float* at = from + fragment_column() * stride + fragment_row();
        return {{to_tf32(at[0]), to_tf32(at[8]), to_tf32(at[4 * stride]), to_tf32(at[4 * stride + 8])}};
    }

    DEVICE static B read_b(const float* from, int stride)
    {
        const float* at = from + fragment_column() * stride + fragment_row();
        return {{to_tf32(at[0]), to_tf32(at[4 * stride])}};
    }

    DEVICE static void read_packed(const uint32* group, B& first, B& second)
    {
        uint4 words = *reinterpret_cast<const uint4*>(group + 4 * lane_index());
        first = {{words.x, words.y}};
        second = {{words.z, words.w}};
    }

    DEVICE static void multiply(float (&sum)[4], const A& a, const B& b) { mma_tf32(sum, a.words, b.words); }
};

// bfloat16 and float16 differ only in how two floats become a word and in the instruction.
template <class Format>
struct Half
{
    static constexpr int STEP = 16, ROW_PAD = 8, COLUMN_PAD = 4, GROUP_WORDS = 128;
    struct A { uint32 words[4]; };  // columns 2t, 2t + 1 of rows g and g + 8, then columns 2t + 8, 2t + 9
    struct B { uint32 words[2]; };  // rows 2t, 2t + 1 of column g, then rows 2t + 8, 2t + 9

    DEVICE static void place(int word, int& row, int& column)
    {
        row = 2 * (word / 4 % 4) + 8 * (word % 2);
        column = 8 * (word % 4 / 2) + word / 16;
    }

    DEVICE static uint32 pack(float first, float second) { return Format::pack(first, second); }

    DEVICE static A read_rows(const float* from, int stride)
    {
        const float* at = from + fragment_row() * stride + 2 * fragment_column();
        return {{pack_pair(at), pack_pair(at + 8 * stride), pack_pair(at + 8), pack_pair(at + 8 * stride + 8)}};
    }

    DEVICE static A read_columns(const float* from, int stride)
    {
        const float* at = from + 2 * fragment_column() * stride + fragment_row();
        return {{pack(at[0], at[stride]), pack(at[8], at[stride + 8]), pack(at[8 * stride], at[9 * stride]), pack(at[8 * stride + 8], at[9 * stride + 8])}};
    }

    DEVICE static B read_b(const float* from, int stride)
    {
        const float* at = from + 2 * fragment_column() * stride + fragment_row();
        return {{pack(at[0], at[stride]), pack(at[8 * stride], at[9 * stride])}};
    }

    DEVICE static void read_packed(const uint32* group, B& first, B& second)
    {
        uint4 words = *reinterpret_cast<const uint4*>(group + 4 * lane_index());
        first = {{words.x, words.y}};
        second = {{words.z, words.w}};
    }

    DEVICE static void multiply(float (&sum)[4], const A& a, const B& b) { Format::multiply(sum, a.words, b.words); }

private:
    DEVICE static uint32 pack_pair(const float* at)
    {
        float2 pair = *reinterpret_cast<const float2*>(at);
        return Format::pack(pair.x, pair.y);
    }
};

struct Bfloat16
{
    DEVICE static uint32 pack(float first, float second) { return pack_bf16(first, second); }
    DEVICE static void multiply(float (&sum)[4], const uint32 (&a)[4], const uint32 (&b)[2]) { mma_bf16(sum, a, b); }
};

struct Float16
{
    DEVICE static uint32 pack(float first, float second) { return pack_fp16(first, second); }
    DEVICE static void multiply(float (&sum)[4], const uint32 (&a)[4], const uint32 (&b)[2]) { mma_fp16(sum, a, b); }
};

using Bf16 = Half<Bfloat16>;
using Fp16 = Half<Float16>;

// Copies four values of a row to shared memory without waiting, zeros for what lies outside the matrix; row -1 is a row of zeros.
// `aligned`: what copies_fours says of the matrix.
DEVICE void copy_four(float* to, const float* matrix, int stride, int row, int column, int columns, bool aligned)
{
    const float* from = matrix + (row < 0 ? 0 : static_cast<int64>(row) * stride + column);
    if (aligned)
    {
        bool inside = row >= 0 && column < columns;
        cp_async16(to, inside ? from : matrix, inside);
        return;
    }
#pragma unroll 1
    for (int i = 0; i < 4; i++)
    {
        bool inside = row >= 0 && column + i < columns;
        cp_async4(to + i, inside ? from + i : matrix, inside);
    }
}

DEVICE bool copies_fours(const float* matrix, int64 stride, int columns) { return has_aligned_rows(matrix, stride) && columns % 4 == 0; }
