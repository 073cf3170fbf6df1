// output[rows.target(i)] = sum over k of input[rows.find(k, i)] @ B_k [+ bias] [+ residual], k over the kernel indices that `rows` knows.
// A block owns a tile of rows and columns of the output and sums it in registers, in the order of k and then of the input's channels; with a grid of
// several rows each takes its part of the kernel indices and writes (rows, columns) sums of its own, one after the other. A block reads input
// rows through cp.async while it multiplies those before; B comes packed (pack_factors) so that a tile of it is one run of words without padding checks.
#pragma once
#include "factors.cuh"

// Shape of the work of a block: ROWS x COLUMNS of the output, DEPTH channels a step, STAGES steps in shared memory, warps of a WARP_ROWS x WARP_COLUMNS grid.
template <int Rows, int Columns, int Depth, int Stages, int WarpRows, int WarpColumns>
struct Tile
{
    static constexpr int ROWS = Rows, COLUMNS = Columns, DEPTH = Depth, STAGES = Stages;
    static constexpr int WARP_ROWS = WarpRows, WARP_COLUMNS = WarpColumns, THREADS = WARP * WarpRows * WarpColumns;
};

// Kept equal to CudaGemm.cs.
using Tile32x32 = Tile<32, 32, 32, 4, 2, 2>;
using Tile64x32 = Tile<64, 32, 32, 2, 4, 1>;
using Tile64x64 = Tile<64, 64, 32, 2, 2, 2>;
using Tile128x96 = Tile<128, 96, 16, 2, 4, 2>;
using Tile128x128 = Tile<128, 128, 16, 2, 4, 2>;

constexpr int LARGEST_VOLUME = 125;

struct KernelIndices
{
    int count;
    uint8 index[LARGEST_VOLUME];
};

// Every row reads itself, through one matrix.
struct SameRow
{
    int rows;

    DEVICE int64 target(int64 place) const { return place; }
    DEVICE int find(int, int64 place) const { return place < rows ? static_cast<int>(place) : -1; }

    DEVICE void collect(KernelIndices& live, int64, int) const
    {
        if (block_thread() == 0) live.count = 1, live.index[0] = 0;
        __syncthreads();
    }
};

// Rows of a table of neighbours, entry -1 for none; mirrored, kernel index k stands at volume - 1 - k. The order, or null, says which row comes at
// which place, so that rows with neighbours at the same kernel indices can share a tile.
struct NeighbourRow
{
    const int* entries;  // (volume, rows)
    const int* order;    // (rows)
    int rows, volume;
    bool mirrored;

    DEVICE int64 target(int64 place) const { return order == nullptr || place >= rows ? place : __ldg(order + place); }

    DEVICE int find(int k, int64 place) const
    {
        return place < rows ? __ldg(entries + static_cast<int64>(mirrored ? volume - 1 - k : k) * rows + target(place)) : -1;
    }

    // Kernel indices of this part of the grid at which any of `count` rows has a neighbour, rising.
    DEVICE void collect(KernelIndices& live, int64 first, int count) const
    {
        SHARED(uint8[LARGEST_VOLUME], any_row);
        int begin = volume * blockIdx.y / gridDim.y, end = volume * (blockIdx.y + 1) / gridDim.y;
        for (int k = begin + warp_index(); k < end; k += block_threads() / WARP)
        {
            bool any = false;
            for (int row = lane_index(); row < count; row += WARP) any |= find(k, first + row) >= 0;
            any = __any_sync(ALL_LANES, any);
            if (lane_index() == 0) any_row[k] = any;
        }
        __syncthreads();
        if (warp_index() == 0)
        {
            int found = 0;
            for (int first_index = begin; first_index < end; first_index += WARP)
            {
                int k = first_index + lane_index();
                bool alive = k < end && any_row[k];
                unsigned lanes = __ballot_sync(ALL_LANES, alive);
                if (alive) live.index[found + __popc(lanes & ((1u << lane_index()) - 1))] = static_cast<uint8>(k);
                found += __popc(lanes);
            }
            if (lane_index() == 0) live.count = found;
        }
        __syncthreads();
    }
};

// What a product reads and writes. Null for no bias, no residual; the residual may be the output itself.
struct Product
{
    const float* input;  // (any, depth)
    int input_stride;
    const uint32* packed;
    float* output;  // (rows, columns)
    int64 output_stride;
    const float* bias;      // (columns)
    const float* residual;  // (rows, columns)
    int64 residual_stride;
    int rows, depth, columns;
};

// The parameters of a kernel that are a Product.
#define ROW_PRODUCT_PARAMETERS \
    const float* input, int64 input_stride, const uint32* packed, float* output, int64 output_stride, const float* bias, const float* residual, \
        int64 residual_stride, int64 rows, int64 depth, int64 columns
#define ROW_PRODUCT \
    Product { input, static_cast<int>(input_stride), packed, output, output_stride, bias, residual, residual_stride, static_cast<int>(rows), static_cast<int>(depth), static_cast<int>(columns) }

template <class Factors, class T>
struct SharedStages
{
    static constexpr int STRIDE = T::DEPTH + Factors::ROW_PAD;                                           // of A, in floats
    static constexpr int PACKED = T::DEPTH / Factors::STEP * (T::COLUMNS / 16) * Factors::GROUP_WORDS;  // words of a tile of B
    alignas(16) float a[T::STAGES][T::ROWS * STRIDE];
    alignas(16) uint32 b[T::STAGES][PACKED];
};

// Where the copies stand: `position` in the live kernel indices, first channel, and the input rows that this thread copies from.
template <class Factors, class T, class Rows>
struct Loader
{
    static constexpr int QUADS = T::DEPTH / 4, ROWS_PER_PASS = T::THREADS / QUADS, PASSES = T::ROWS / ROWS_PER_PASS;
    static_assert(T::THREADS % QUADS == 0 && T::ROWS % ROWS_PER_PASS == 0, "threads share the copies of a tile evenly");

    int position = 0, channel = 0;
    int current[PASSES], next[PASSES];

    DEVICE void find(int (&found)[PASSES], const Rows& rows, const KernelIndices& live, int at, int64 first_row)
    {
#pragma unroll
        for (int pass = 0; pass < PASSES; pass++)
            found[pass] = at < live.count ? rows.find(live.index[at], first_row + pass * ROWS_PER_PASS + block_thread() / QUADS) : -1;
    }

    // Starts the copies of one step and moves on to the next one.
    DEVICE void copy(float* a, uint32* b, const Product& product, const Rows& rows, const KernelIndices& live, int64 first_row, int column_tile, bool aligned)
    {
        using Stages = SharedStages<Factors, T>;
        if (channel == 0)
        {
            // The rows of the kernel index after this one are asked for a whole index ahead of their use.
#pragma unroll
            for (int pass = 0; pass < PASSES; pass++) current[pass] = next[pass];
            find(next, rows, live, position + 1, first_row);
        }
        int depth = min(T::DEPTH, ceil_div(product.depth - channel, Factors::STEP) * Factors::STEP);
        int quad = block_thread() % QUADS * 4, row = block_thread() / QUADS;
        if (quad < depth)
        {
#pragma unroll
            for (int pass = 0; pass < PASSES; pass++)
                copy_four(a + (pass * ROWS_PER_PASS + row) * Stages::STRIDE + quad, product.input, product.input_stride, current[pass], channel + quad, product.depth, aligned);
        }
        int chunks = ceil_div(product.depth, T::DEPTH), tiles = ceil_div(product.columns, T::COLUMNS);
        const uint32* tile = product.packed + (static_cast<int64>(live.index[position] * chunks + channel / T::DEPTH) * tiles + column_tile) * Stages::PACKED;
        for (int word = 4 * block_thread(); word < depth / Factors::STEP * (T::COLUMNS / 16) * Factors::GROUP_WORDS; word += 4 * T::THREADS)
            cp_async16(b + word, tile + word, true);
        channel += T::DEPTH;
        if (channel >= product.depth) channel = 0, position++;
    }
};

template <class Factors, class T>
DEVICE void multiply_stage(float (&sums)[T::ROWS / T::WARP_ROWS / 16][T::COLUMNS / T::WARP_COLUMNS / 8][4], const float* a, const uint32* b, int depth)
{
    using Stages = SharedStages<Factors, T>;
    constexpr int HEIGHT = T::ROWS / T::WARP_ROWS / 16, PAIRS = T::COLUMNS / T::WARP_COLUMNS / 16;
    const float* warp_a = a + warp_index() / T::WARP_COLUMNS * HEIGHT * 16 * Stages::STRIDE;
    const uint32* warp_b = b + warp_index() % T::WARP_COLUMNS * PAIRS * Factors::GROUP_WORDS;
    // Unrolled, the steps of a product would want more registers than there are.
#pragma unroll 1
    for (int k = 0; k < depth; k += Factors::STEP)
    {
        typename Factors::A fragments[HEIGHT];
#pragma unroll
        for (int i = 0; i < HEIGHT; i++) fragments[i] = Factors::read_rows(warp_a + i * 16 * Stages::STRIDE + k, Stages::STRIDE);
#pragma unroll
        for (int pair = 0; pair < PAIRS; pair++)
        {
            typename Factors::B first, second;
            Factors::read_packed(warp_b + (k / Factors::STEP * (T::COLUMNS / 16) + pair) * Factors::GROUP_WORDS, first, second);
#pragma unroll
            for (int i = 0; i < HEIGHT; i++)
            {
                Factors::multiply(sums[i][2 * pair], fragments[i], first);
                Factors::multiply(sums[i][2 * pair + 1], fragments[i], second);
            }
        }
    }
}

// Two sums of a row that lie beside each other; `paired`: the output's rows hold pairs at addresses of pairs.
DEVICE void store_sums(const Product& product, bool paired, int64 row, int column, float first, float second)
{
    if (row >= product.rows || column >= product.columns) return;
    bool both = column + 1 < product.columns;
    if (product.bias != nullptr)
    {
        first += product.bias[column];
        if (both) second += product.bias[column + 1];
    }
    if (product.residual != nullptr)
    {
        const float* residual = product.residual + row * product.residual_stride + column;
        first += residual[0];
        if (both) second += residual[1];
    }
    float* output = product.output + row * product.output_stride + column;
    if (paired)
    {
        *reinterpret_cast<float2*>(output) = make_float2(first, second);
        return;
    }
    output[0] = first;
    if (both) output[1] = second;
}

template <class Factors, class T, class Rows>
DEVICE void row_products(Product product, const Rows& rows)
{
    constexpr int HEIGHT = T::ROWS / T::WARP_ROWS / 16, WIDTH = T::COLUMNS / T::WARP_COLUMNS / 8;
    using Stages = SharedStages<Factors, T>;
    SHARED(Stages, stages);
    SHARED(KernelIndices, live);
    // Blocks that follow each other share their input rows in the second-level cache.
    int tiles = ceil_div(product.columns, T::COLUMNS);
    int column_tile = static_cast<int>(blockIdx.x) % tiles;
    int64 first_row = static_cast<int64>(blockIdx.x / tiles) * T::ROWS;
    product.output += static_cast<int64>(blockIdx.y) * product.rows * product.output_stride;
    bool aligned = copies_fours(product.input, product.input_stride, product.depth);
    rows.collect(live, first_row, T::ROWS);

    int chunks = ceil_div(product.depth, T::DEPTH), steps = live.count * chunks;
    Loader<Factors, T, Rows> loader;
    loader.find(loader.next, rows, live, 0, first_row);
    float sums[HEIGHT][WIDTH][4] = {};
    // Copies run STAGES - 1 steps ahead of the products, in one loop: two of them would double the code.
    for (int ahead = 0, chunk = 0; ahead < steps + T::STAGES - 1; ahead++)
    {
        int step = ahead - (T::STAGES - 1);
        if (step >= 0)
        {
            // After the barrier all copies of this step have landed, and nobody reads the stage of the step before any more.
            cp_async_wait<T::STAGES - 2>();
            __syncthreads();
        }
        if (ahead < steps)
            loader.copy(stages.a[ahead % T::STAGES], stages.b[ahead % T::STAGES], product, rows, live, first_row, column_tile, aligned);
        cp_async_commit();
        if (step < 0) continue;
        // Lanes leave the copies one by one, and a product needs all of them at once.
        __syncwarp();
        multiply_stage<Factors, T>(sums, stages.a[step % T::STAGES], stages.b[step % T::STAGES], min(T::DEPTH, product.depth - chunk * T::DEPTH));
        chunk = chunk + 1 == chunks ? 0 : chunk + 1;
    }
    cp_async_wait<0>();

    int64 warp_row = first_row + warp_index() / T::WARP_COLUMNS * HEIGHT * 16 + fragment_row();
    int warp_column = column_tile * T::COLUMNS + warp_index() % T::WARP_COLUMNS * WIDTH * 8 + 2 * fragment_column();
    int64 targets[HEIGHT][2];
#pragma unroll
    for (int i = 0; i < HEIGHT; i++)
#pragma unroll
        for (int half = 0; half < 2; half++) targets[i][half] = rows.target(warp_row + 16 * i + 8 * half);
    bool paired = reinterpret_cast<uint64>(product.output) % 8 == 0 && product.output_stride % 2 == 0 && product.columns % 2 == 0;
#pragma unroll
    for (int i = 0; i < HEIGHT; i++)
#pragma unroll
        for (int j = 0; j < WIDTH; j++)
#pragma unroll
            for (int half = 0; half < 2; half++)
                store_sums(product, paired, targets[i][half], warp_column + 8 * j, sums[i][j][2 * half], sums[i][j][2 * half + 1]);
}

// B_k as row_products reads it: for every k, DEPTH rows and tile of columns the words that a warp's lanes read one after the other, zeros outside.
// Element (row, column) of B_k lies at weights[k * matrix_stride + row * row_stride + column * column_stride], which also reads it transposed.
struct Packing
{
    const float* weights;
    int64 matrix_stride, row_stride, column_stride;
    int depth, columns, tile_depth, tile_columns;
    uint32* packed;
    int64 words;

    DEVICE float at(int64 k, int row, int column) const
    {
        return row < depth && column < columns ? weights[k * matrix_stride + row * row_stride + column * column_stride] : 0.0f;
    }
};

template <class Factors>
struct PackWord
{
    DEVICE static uint32 of(const Packing& packing, int64 k, int row, int column) { return Factors::pack(packing.at(k, row, column)); }
};

template <class Format>
struct PackWord<Half<Format>>
{
    DEVICE static uint32 of(const Packing& packing, int64 k, int row, int column)
    {
        return Format::pack(packing.at(k, row, column), packing.at(k, row + 1, column));
    }
};

template <class Factors>
DEVICE void pack_factors(const Packing& packing)
{
    int groups = packing.tile_columns / 16, steps = packing.tile_depth / Factors::STEP;
    int chunks = ceil_div(packing.depth, packing.tile_depth), tiles = ceil_div(packing.columns, packing.tile_columns);
    for (int64 i = global_thread(); i < packing.words; i += global_stride())
    {
        int row, column;
        Factors::place(static_cast<int>(i % Factors::GROUP_WORDS), row, column);
        int64 rest = i / Factors::GROUP_WORDS;
        column += static_cast<int>(rest % groups) * 16;
        rest /= groups;
        row += static_cast<int>(rest % steps) * Factors::STEP;
        rest /= steps;
        column += static_cast<int>(rest % tiles) * packing.tile_columns;
        rest /= tiles;
        row += static_cast<int>(rest % chunks) * packing.tile_depth;
        packing.packed[i] = PackWord<Factors>::of(packing, rest / chunks, row, column);
    }
}

// The parameters of a kernel that are a Packing.
#define PACKING_PARAMETERS \
    const float* weights, int64 matrix_stride, int64 row_stride, int64 column_stride, int64 depth, int64 columns, int64 tile_depth, int64 tile_columns, \
        uint32* packed, int64 words
#define PACKING \
    Packing \
    { \
        weights, matrix_stride, row_stride, column_stride, static_cast<int>(depth), static_cast<int>(columns), static_cast<int>(tile_depth), \
            static_cast<int>(tile_columns), packed, words \
    }
