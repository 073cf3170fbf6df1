// Four values at a time of matrices whose rows may be strided, unaligned and of any length.
#pragma once
#include "vector.cuh"

// A matrix of which nothing outside its rows and columns is touched.
struct Rows
{
    const float* data;
    int64 stride, count, columns;
    bool aligned; // every fourth value of every row stands at a multiple of 16 bytes
};

DEVICE Rows rows_of(const float* data, int64 stride, int64 count, int64 columns) { return {data, stride, count, columns, has_aligned_rows(data, stride)}; }

// Columns `column` to `column` + 3 of a row, zero outside; `column` is a multiple of 4.
DEVICE float4 load4(const Rows& from, int64 row, int64 column)
{
    if (row >= from.count) return make_float4(0, 0, 0, 0);
    const float* at = from.data + row * from.stride + column;
    int64 left = from.columns - column;
    if (from.aligned && left >= 4) return *reinterpret_cast<const float4*>(at);
    return make_float4(left > 0 ? at[0] : 0.0f, left > 1 ? at[1] : 0.0f, left > 2 ? at[2] : 0.0f, left > 3 ? at[3] : 0.0f);
}

// The first `left` of four values, at most four.
DEVICE void store4(float* at, float4 values, int64 left, bool aligned)
{
    if (aligned && left >= 4)
    {
        *reinterpret_cast<float4*>(at) = values;
        return;
    }
    if (left > 0) at[0] = values.x;
    if (left > 1) at[1] = values.y;
    if (left > 2) at[2] = values.z;
    if (left > 3) at[3] = values.w;
}
