// sums_k = sum over pairs of a[pair.a]^T b[pair.b], for every k a matrix (columns of a, columns of b).
// A block owns a tile of one sums_k and a range of rows, the split; it writes its part to memory of its own, and add_splits adds the parts in order.
#pragma once
#include "factors.cuh"

// EDGE x EDGE sums of four warps; DEPTH pairs a step, two steps in shared memory.
template <int Edge>
struct OuterTile
{
    static constexpr int EDGE = Edge, DEPTH = 32, THREADS = 128, WARPS = 2, MATRICES = Edge / WARPS / 16, COLUMNS = Edge / WARPS / 8;
};

// Rows of a split that are looked through at once; of those, the ones with a partner are multiplied.
constexpr int SEGMENT = 1024;

struct OuterProduct
{
    const float* a;  // (any, a_columns)
    int a_stride;
    const float* b;  // (any, b_columns)
    int b_stride;
    float* parts;    // (splits, volume, a_columns, b_columns)
    int a_columns, b_columns, volume, splits;
    int64 rows, rows_per_split;
};

// The parameters of a kernel that are an OuterProduct.
#define OUTER_PRODUCT_PARAMETERS \
    const float* a, int64 a_stride, const float* b, int64 b_stride, float* parts, int64 a_columns, int64 b_columns, int64 volume, int64 splits, int64 rows, \
        int64 rows_per_split
#define OUTER_PRODUCT \
    OuterProduct \
    { \
        a, static_cast<int>(a_stride), b, static_cast<int>(b_stride), parts, static_cast<int>(a_columns), static_cast<int>(b_columns), static_cast<int>(volume), static_cast<int>(splits), rows, \
            rows_per_split \
    }

// Pairs of rows that lie in shared memory.
struct PairList
{
    int count;
    int warp_counts[4];
    int a[SEGMENT], b[SEGMENT];
};

struct ListedPairs
{
    const PairList& list;

    DEVICE int a(int i) const { return list.a[i]; }
    DEVICE int b(int i) const { return list.b[i]; }
};

// Row first + i of one with row first + i of the other.
struct SameRows
{
    int first;

    DEVICE int a(int i) const { return first + i; }
    DEVICE int b(int i) const { return first + i; }
};

template <class Factors, class T>
struct SharedPairRows
{
    static constexpr int STRIDE = T::EDGE + Factors::COLUMN_PAD;
    alignas(16) float a[2][T::DEPTH * STRIDE];
    alignas(16) float b[2][T::DEPTH * STRIDE];
};

// Place of a block in its grid: sums of kernel index k, rows of one split, a tile.
template <class T>
struct OuterPlace
{
    int a_column, b_column, split, k;

    DEVICE explicit OuterPlace(const OuterProduct& product)
    {
        int a_tiles = ceil_div(product.a_columns, T::EDGE), b_tiles = ceil_div(product.b_columns, T::EDGE);
        int rest = static_cast<int>(blockIdx.x);
        b_column = rest % b_tiles * T::EDGE;
        rest /= b_tiles;
        a_column = rest % a_tiles * T::EDGE;
        rest /= a_tiles;
        split = rest % product.splits;
        k = rest / product.splits;
    }
};

template <class Factors, class T, class Pairs>
DEVICE void copy_pair_rows(float* a, float* b, const OuterProduct& product, const OuterPlace<T>& place, const Pairs& pairs, int first, int count, bool a_aligned, bool b_aligned)
{
    constexpr int QUADS = T::EDGE / 4, ROWS_PER_PASS = T::THREADS / QUADS;
    int quad = block_thread() % QUADS * 4;
#pragma unroll
    for (int row = 0; row < T::DEPTH; row += ROWS_PER_PASS)
    {
        int at = row + block_thread() / QUADS;
        bool exists = first + at < count;
        int offset = at * SharedPairRows<Factors, T>::STRIDE + quad;
        copy_four(a + offset, product.a, product.a_stride, exists ? pairs.a(first + at) : -1, place.a_column + quad, product.a_columns, a_aligned);
        copy_four(b + offset, product.b, product.b_stride, exists ? pairs.b(first + at) : -1, place.b_column + quad, product.b_columns, b_aligned);
    }
}

template <class Factors, class T, class Pairs>
DEVICE void add_pairs(float (&sums)[T::MATRICES][T::COLUMNS][4], SharedPairRows<Factors, T>& stages, const OuterProduct& product, const OuterPlace<T>& place, const Pairs& pairs, int count)
{
    constexpr int STRIDE = SharedPairRows<Factors, T>::STRIDE;
    bool a_aligned = copies_fours(product.a, product.a_stride, product.a_columns), b_aligned = copies_fours(product.b, product.b_stride, product.b_columns);
    int warp_a = warp_index() / T::WARPS * T::MATRICES * 16, warp_b = warp_index() % T::WARPS * T::COLUMNS * 8;
    int steps = ceil_div(count, T::DEPTH);
    // Copies run a step ahead of the products, in one loop: two of them would double the code.
    for (int ahead = 0; ahead <= steps; ahead++)
    {
        if (ahead > 0)
        {
            cp_async_wait<0>();
            __syncthreads();
        }
        if (ahead < steps)
            copy_pair_rows<Factors, T>(stages.a[ahead % 2], stages.b[ahead % 2], product, place, pairs, ahead * T::DEPTH, count, a_aligned, b_aligned);
        cp_async_commit();
        if (ahead == 0) continue;
        // Lanes leave the copies one by one, and a product needs all of them at once.
        __syncwarp();
        int stage = (ahead - 1) % 2;
#pragma unroll 1
        for (int k = 0; k < T::DEPTH; k += Factors::STEP)
        {
            typename Factors::A fragments[T::MATRICES];
#pragma unroll
            for (int i = 0; i < T::MATRICES; i++) fragments[i] = Factors::read_columns(stages.a[stage] + k * STRIDE + warp_a + 16 * i, STRIDE);
#pragma unroll
            for (int j = 0; j < T::COLUMNS; j++)
            {
                typename Factors::B columns = Factors::read_b(stages.b[stage] + k * STRIDE + warp_b + 8 * j, STRIDE);
#pragma unroll
                for (int i = 0; i < T::MATRICES; i++) Factors::multiply(sums[i][j], fragments[i], columns);
            }
        }
    }
    // The stages are free for the next list of pairs.
    __syncthreads();
}

template <class T>
DEVICE void store_part(const float (&sums)[T::MATRICES][T::COLUMNS][4], const OuterProduct& product, const OuterPlace<T>& place)
{
    float* part = product.parts + (static_cast<int64>(place.split) * product.volume + place.k) * product.a_columns * product.b_columns;
    int first_row = place.a_column + warp_index() / T::WARPS * T::MATRICES * 16 + fragment_row();
    int first_column = place.b_column + warp_index() % T::WARPS * T::COLUMNS * 8 + 2 * fragment_column();
#pragma unroll
    for (int i = 0; i < T::MATRICES; i++)
#pragma unroll
        for (int j = 0; j < T::COLUMNS; j++)
#pragma unroll
            for (int e = 0; e < 4; e++)
            {
                int row = first_row + 16 * i + 8 * (e / 2), column = first_column + 8 * j + e % 2;
                if (row < product.a_columns && column < product.b_columns) part[static_cast<int64>(row) * product.b_columns + column] = sums[i][j][e];
            }
}

template <class Factors, class T>
DEVICE void outer_products_of_rows(const OuterProduct& product)
{
    using Stages = SharedPairRows<Factors, T>;
    SHARED(Stages, stages);
    OuterPlace<T> place(product);
    int64 first = place.split * product.rows_per_split;
    int64 count = min(product.rows_per_split, product.rows - first);
    float sums[T::MATRICES][T::COLUMNS][4] = {};
    add_pairs<Factors, T>(sums, stages, product, place, SameRows{static_cast<int>(first)}, static_cast<int>(max(count, 0ll)));
    store_part<T>(sums, product, place);
}

// Pairs (table[row], row) of rows first to first + count - 1 that have a neighbour, in the order of rows; swapped when the table's side is a.
DEVICE void list_pairs(PairList& list, const int* table, int64 first, int count, bool swapped)
{
    constexpr int PER_LANE = SEGMENT / 128;
    int warp_first = warp_index() * (SEGMENT / 4) + lane_index(), before = 0;
    int neighbours[PER_LANE], places[PER_LANE];
#pragma unroll
    for (int i = 0; i < PER_LANE; i++)
    {
        int row = warp_first + i * WARP;
        neighbours[i] = row < count ? __ldg(table + first + row) : -1;
        unsigned lanes = __ballot_sync(ALL_LANES, neighbours[i] >= 0);
        places[i] = before + __popc(lanes & ((1u << lane_index()) - 1));
        before += __popc(lanes);
    }
    if (lane_index() == 0) list.warp_counts[warp_index()] = before;
    __syncthreads();
    int start = 0;
    for (int warp = 0; warp < warp_index(); warp++) start += list.warp_counts[warp];
    int total = start;
    for (int warp = warp_index(); warp < 4; warp++) total += list.warp_counts[warp];
#pragma unroll
    for (int i = 0; i < PER_LANE; i++)
    {
        if (neighbours[i] < 0) continue;
        int row = static_cast<int>(first) + warp_first + i * WARP;
        list.a[start + places[i]] = swapped ? row : neighbours[i];
        list.b[start + places[i]] = swapped ? neighbours[i] : row;
    }
    if (block_thread() == 0) list.count = total;
    __syncthreads();
}

// entries (volume, product.rows): the row of a that row meets at k, or of b when swapped, or -1.
template <class Factors, class T>
DEVICE void outer_products_of_neighbours(const OuterProduct& product, const int* entries, bool swapped)
{
    using Stages = SharedPairRows<Factors, T>;
    SHARED(Stages, stages);
    SHARED(PairList, list);
    OuterPlace<T> place(product);
    int64 end = min((place.split + 1) * product.rows_per_split, product.rows);
    float sums[T::MATRICES][T::COLUMNS][4] = {};
    for (int64 first = place.split * product.rows_per_split; first < end; first += SEGMENT)
    {
        list_pairs(list, entries + place.k * product.rows, first, static_cast<int>(min(static_cast<int64>(SEGMENT), end - first)), swapped);
        add_pairs<Factors, T>(sums, stages, product, place, ListedPairs{list}, list.count);
    }
    store_part<T>(sums, product, place);
}

// target = sum of the parts, added to what target holds when `keeps`. Eight threads a value take every eighth part each, and the eight sums are added
// in order.
DEVICE void add_parts(const float* parts, int64 splits, float* target, int64 target_stride, int64 rows, int64 columns, bool keeps)
{
    constexpr int LANES = 8, VALUES = 32;
    SHARED(float[LANES][VALUES], lane_sums);
    int lane = block_thread() / VALUES, value = block_thread() % VALUES;
    int64 i = static_cast<int64>(blockIdx.x) * VALUES + value, size = rows * columns;
    float sum = 0;
    if (i < size)
        for (int64 split = lane; split < splits; split += LANES) sum += parts[split * size + i];
    lane_sums[lane][value] = sum;
    __syncthreads();
    if (lane > 0 || i >= size) return;
    for (int other = 1; other < LANES; other++) sum += lane_sums[other][value];
    float* at = target + i / columns * target_stride + i % columns;
    *at = keeps ? *at + sum : sum;
}
