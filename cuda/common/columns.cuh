// Row-major matrices by columns: a block of (lanes, rows) threads, each with WIDTH (4 or 1) neighbouring columns, and sums over rows in a fixed
// order: every block sums its own rows in double, then one block sums the blocks. HiCorr.Native/Cuda/ColumnTiles.cs has the launch shapes.
#pragma once
#include "base.cuh"

constexpr int COLUMN_THREADS = 256;
constexpr int PARTIAL_LANES = 32;
constexpr int PARTIAL_ROWS = 16;
constexpr int PARTIAL_THREADS = PARTIAL_LANES * PARTIAL_ROWS;

template <int WIDTH>
struct Columns
{
    float value[WIDTH];
};

template <int WIDTH>
DEVICE Columns<WIDTH> load_columns(const float* from)
{
    if constexpr (WIDTH == 4)
    {
        float4 four = *reinterpret_cast<const float4*>(from);
        return {{four.x, four.y, four.z, four.w}};
    }
    else
    {
        return {{*from}};
    }
}

template <int WIDTH>
DEVICE void store_columns(float* to, const Columns<WIDTH>& columns)
{
    if constexpr (WIDTH == 4) *reinterpret_cast<float4*>(to) = make_float4(columns.value[0], columns.value[1], columns.value[2], columns.value[3]);
    else *to = columns.value[0];
}

template <int WIDTH>
DEVICE int64 first_column() { return (static_cast<int64>(blockIdx.y) * blockDim.x + threadIdx.x) * WIDTH; }

// First row and step of a loop over all rows.
DEVICE int64 first_row() { return static_cast<int64>(blockIdx.x) * blockDim.y + threadIdx.y; }
DEVICE int64 row_step() { return static_cast<int64>(gridDim.x) * blockDim.y; }

// The two sums of one block's rows: values(row, column, first, second) gives WIDTH summands of each. Partials are (blocks, 2, columns).
template <int WIDTH, class Values>
DEVICE void sum_block_rows(const Values& values, int64 rows, int64 columns, int64 rows_per_block, double* shared, double* partials)
{
    int64 column = first_column<WIDTH>(), end = min((blockIdx.x + 1ll) * rows_per_block, rows);
    double sums[2 * WIDTH] = {};
    if (column < columns)
    {
#pragma unroll 4
        for (int64 row = blockIdx.x * rows_per_block + threadIdx.y; row < end; row += blockDim.y)
        {
            double first[WIDTH], second[WIDTH];
            values(row, column, first, second);
#pragma unroll
            for (int i = 0; i < WIDTH; i++)
            {
                sums[i] += first[i];
                sums[WIDTH + i] += second[i];
            }
        }
    }
    int thread = block_thread();
#pragma unroll
    for (int i = 0; i < 2 * WIDTH; i++) shared[i * COLUMN_THREADS + thread] = sums[i];
    for (int height = blockDim.y; height > 1;)
    {
        int half = (height + 1) / 2;
        __syncthreads();
        if (static_cast<int>(threadIdx.y) + half < height)
        {
#pragma unroll
            for (int i = 0; i < 2 * WIDTH; i++) shared[i * COLUMN_THREADS + thread] += shared[i * COLUMN_THREADS + thread + half * blockDim.x];
        }
        height = half;
    }
    if (threadIdx.y != 0 || column >= columns) return;
#pragma unroll
    for (int i = 0; i < 2 * WIDTH; i++)
        partials[(2ll * blockIdx.x + i / WIDTH) * columns + column + i % WIDTH] = shared[i * COLUMN_THREADS + thread];
}

struct ColumnSums
{
    double first, second;
};

// The sums of all blocks for column PARTIAL_LANES blockIdx.x + threadIdx.x, by (PARTIAL_LANES, PARTIAL_ROWS) threads; complete where threadIdx.y is 0.
DEVICE ColumnSums sum_blocks(const double* partials, int64 blocks, int64 columns, ColumnSums* shared)
{
    int64 column = static_cast<int64>(blockIdx.x) * PARTIAL_LANES + threadIdx.x;
    ColumnSums sums = {0, 0};
    if (column < columns)
    {
        for (int64 block = threadIdx.y; block < blocks; block += PARTIAL_ROWS)
        {
            sums.first += partials[2 * block * columns + column];
            sums.second += partials[(2 * block + 1) * columns + column];
        }
    }
    shared[block_thread()] = sums;
    __syncthreads();
    if (threadIdx.y != 0) return sums;
    for (int row = 1; row < PARTIAL_ROWS; row++)
    {
        sums.first += shared[row * PARTIAL_LANES + threadIdx.x].first;
        sums.second += shared[row * PARTIAL_LANES + threadIdx.x].second;
    }
    return sums;
}
