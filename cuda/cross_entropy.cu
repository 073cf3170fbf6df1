// Cross entropy of logits, or of features against text embeddings with both products in the same kernel; CrossEntropy.cs has the formulas.
// Products are float32 in every precision: classes are few, so they are cheap, and the loss is exact.
#include "common/rows.cuh"

constexpr int THREADS = 256;
constexpr int SIDE = 16;     // threads of a tile, along its rows and along its columns
constexpr int CHUNK = 32;    // factors of a product that lie in shared memory at a time
constexpr int COLUMNS = 64;  // of gradFeatures at a time
constexpr int PAD = 4;       // so that 16-byte reads from different rows meet different banks

template <int ROWS, int CLASSES>
struct Factors
{
    float features[ROWS][CHUNK + PAD];
    float text[CLASSES][CHUNK + PAD];
};

struct TextTile
{
    float text[CHUNK][COLUMNS + PAD];
};

template <int COUNT, int WIDTH>
DEVICE void load_tile(float (&tile)[COUNT][WIDTH + PAD], const Rows& from, int64 first_row, int64 first_column)
{
    for (int i = threadIdx.x; i < COUNT * WIDTH / 4; i += THREADS)
    {
        int row = i / (WIDTH / 4), column = i % (WIDTH / 4) * 4;
        *reinterpret_cast<float4*>(&tile[row][column]) = load4(from, first_row + row, first_column + column);
    }
}

// h = features @ text^T of a tile. Thread (x, y) of 16 x 16 gets rows y + 16 i and classes x + 16 j; the 16 threads of a row are half a warp.
template <int ROWS, int CLASSES>
DEVICE void multiply_by_text(const Rows& features, int64 first_row, const Rows& text, int64 first_class, Factors<ROWS, CLASSES>& tile, float (&h)[ROWS / SIDE][CLASSES / SIDE])
{
    int x = threadIdx.x % SIDE, y = threadIdx.x / SIDE;
#pragma unroll
    for (int i = 0; i < ROWS / SIDE; i++)
#pragma unroll
        for (int j = 0; j < CLASSES / SIDE; j++) h[i][j] = 0;
    for (int64 at = 0; at < features.columns; at += CHUNK)
    {
        __syncthreads();
        load_tile<ROWS, CHUNK>(tile.features, features, first_row, at);
        load_tile<CLASSES, CHUNK>(tile.text, text, first_class, at);
        __syncthreads();
#pragma unroll 2
        for (int k = 0; k < CHUNK; k += 4)
        {
            float4 f[ROWS / SIDE];
#pragma unroll
            for (int i = 0; i < ROWS / SIDE; i++) f[i] = *reinterpret_cast<const float4*>(&tile.features[y + SIDE * i][k]);
#pragma unroll
            for (int j = 0; j < CLASSES / SIDE; j++)
            {
                float4 t = *reinterpret_cast<const float4*>(&tile.text[x + SIDE * j][k]);
#pragma unroll
                for (int i = 0; i < ROWS / SIDE; i++) h[i][j] = fmaf(f[i].w, t.w, fmaf(f[i].z, t.z, fmaf(f[i].y, t.y, fmaf(f[i].x, t.x, h[i][j]))));
            }
        }
    }
}

// Rows y + 16 i of output = g @ text, where g is the gradient of a tile's logits.
template <int ROWS>
DEVICE void multiply_with_text(const float* g, int64 g_stride, int64 first_row, int64 rows, const Rows& text, TextTile& tile, float* output, int64 output_stride)
{
    int x = threadIdx.x % SIDE, y = threadIdx.x / SIDE;
    bool aligned = has_aligned_rows(output, output_stride);
    const float* of_row[ROWS / SIDE];
#pragma unroll
    for (int i = 0; i < ROWS / SIDE; i++)
    {
        int64 row = y + SIDE * i;
        of_row[i] = g + (first_row + row < rows ? row : 0) * g_stride;
    }
    for (int64 column = 0; column < text.columns; column += COLUMNS)
    {
        float4 sums[ROWS / SIDE];
#pragma unroll
        for (int i = 0; i < ROWS / SIDE; i++) sums[i] = make_float4(0, 0, 0, 0);
        for (int64 at = 0; at < text.count; at += CHUNK)
        {
            __syncthreads();
            load_tile<CHUNK, COLUMNS>(tile.text, text, at, column);
            __syncthreads();
            int classes = static_cast<int>(min(text.count - at, static_cast<int64>(CHUNK)));
#pragma unroll 4
            for (int c = 0; c < classes; c++)
            {
                float4 t = *reinterpret_cast<const float4*>(&tile.text[c][4 * x]);
#pragma unroll
                for (int i = 0; i < ROWS / SIDE; i++)
                {
                    float slope = of_row[i][at + c];
                    sums[i].x = fmaf(slope, t.x, sums[i].x);
                    sums[i].y = fmaf(slope, t.y, sums[i].y);
                    sums[i].z = fmaf(slope, t.z, sums[i].z);
                    sums[i].w = fmaf(slope, t.w, sums[i].w);
                }
            }
        }
#pragma unroll
        for (int i = 0; i < ROWS / SIDE; i++)
        {
            int64 row = first_row + y + SIDE * i;
            if (row < rows) store4(output + row * output_stride + column + 4 * x, sums[i], text.columns - column - 4 * x, aligned);
        }
    }
}

DEVICE float half_warp_max(float value)
{
#pragma unroll
    for (int distance = SIDE / 2; distance > 0; distance /= 2) value = fmaxf(value, __shfl_xor_sync(ALL_LANES, value, distance));
    return value;
}

DEVICE double half_warp_sum(double value)
{
#pragma unroll
    for (int distance = SIDE / 2; distance > 0; distance /= 2) value += __shfl_xor_sync(ALL_LANES, value, distance);
    return value;
}

// The logits of one row, spread over half a warp, become their gradient. Returns this thread's share of the row's loss.
template <int COUNT>
DEVICE double differentiate(float (&h)[COUNT], const float* bias, int64 classes, const int* labels, int pairs, double share)
{
    int x = threadIdx.x % SIDE;
    float most = -FLOAT_INFINITY;
#pragma unroll
    for (int j = 0; j < COUNT; j++)
    {
        int64 c = x + SIDE * j;
        h[j] = c < classes ? h[j] + (bias == nullptr ? 0.0f : bias[c]) : -FLOAT_INFINITY;
        most = fmaxf(most, h[j]);
    }
    most = half_warp_max(most);
    double sum = 0, own = 0;
    int hits[COUNT];
#pragma unroll
    for (int j = 0; j < COUNT; j++)
    {
        sum += expf(h[j] - most);
        hits[j] = 0;
    }
    sum = half_warp_sum(sum);
    for (int i = 0; i < pairs; i++)
    {
        int label = labels[i];
#pragma unroll
        for (int j = 0; j < COUNT; j++) hits[j] += label == x + SIDE * j;
    }
    double log_sum = most + log(sum), scale = share * pairs / sum;
#pragma unroll
    for (int j = 0; j < COUNT; j++)
    {
        if (hits[j] > 0) own += hits[j] * (log_sum - h[j]);
        h[j] = pairs == 0 ? 0.0f : static_cast<float>(expf(h[j] - most) * scale - share * hits[j]);
    }
    return own;
}

// One block: a tile of rows against all classes.
template <int ROWS, int CLASSES>
DEVICE void against_text(const Rows& features, const Rows& text, const float* bias, const int* starts, const int* labels, float* grad_features,
    int64 grad_stride, double share, double* losses)
{
    union Shared
    {
        Factors<ROWS, CLASSES> factors;
        struct
        {
            float gradient[ROWS][CLASSES + PAD];
            TextTile text;
        } second;
    };
    SHARED(Shared, shared);
    SHARED(BlockScratch<double>, scratch);
    int x = threadIdx.x % SIDE, y = threadIdx.x / SIDE;
    int64 first_row = static_cast<int64>(blockIdx.x) * ROWS, rows = min(features.count - first_row, static_cast<int64>(ROWS));
    if (starts[first_row] == starts[first_row + rows])
    {
        // Without labels there is neither loss nor gradient; whole tiles of such rows are common.
        if (threadIdx.x == 0) losses[blockIdx.x] = 0;
        if (grad_features == nullptr) return;
        for (int64 i = threadIdx.x; i < rows * features.columns; i += THREADS)
            grad_features[(first_row + i / features.columns) * grad_stride + i % features.columns] = 0;
        return;
    }
    float h[ROWS / SIDE][CLASSES / SIDE];
    multiply_by_text<ROWS, CLASSES>(features, first_row, text, 0, shared.factors, h);
    double loss = 0;
#pragma unroll
    for (int i = 0; i < ROWS / SIDE; i++)
    {
        int64 row = first_row + min(static_cast<int64>(y + SIDE * i), rows);
        int begin = starts[row], end = row < features.count ? starts[row + 1] : begin;
        loss += differentiate(h[i], bias, text.count, labels + begin, end - begin, share);
    }
    loss = block_sum(loss, scratch);
    if (threadIdx.x == 0) losses[blockIdx.x] = loss;
    if (grad_features == nullptr) return;
    // Behind the barriers of block_sum nobody reads the factors.
#pragma unroll
    for (int i = 0; i < ROWS / SIDE; i++)
#pragma unroll
        for (int j = 0; j < CLASSES / SIDE; j++) shared.second.gradient[y + SIDE * i][x + SIDE * j] = h[i][j];
    multiply_with_text<ROWS>(&shared.second.gradient[0][0], CLASSES + PAD, first_row, features.count, text, shared.second.text, grad_features, grad_stride);
}

// hot
KERNEL(THREADS) cross_entropy_against_text_32(const float* features, int64 features_stride, const float* text, int64 text_stride, const float* bias, const int* starts,
    const int* labels, float* grad_features, int64 grad_stride, int64 rows, int64 columns, int64 classes, double share, double* losses)
{
    against_text<64, 32>(rows_of(features, features_stride, rows, columns), rows_of(text, text_stride, classes, columns), bias, starts, labels, grad_features,
        grad_stride, share, losses);
}

// hot
KERNEL(THREADS) cross_entropy_against_text_128(const float* features, int64 features_stride, const float* text, int64 text_stride, const float* bias, const int* starts,
    const int* labels, float* grad_features, int64 grad_stride, int64 rows, int64 columns, int64 classes, double share, double* losses)
{
    against_text<64, 128>(rows_of(features, features_stride, rows, columns), rows_of(text, text_stride, classes, columns), bias, starts, labels, grad_features,
        grad_stride, share, losses);
}

// hot
KERNEL(THREADS) cross_entropy_against_text_256(const float* features, int64 features_stride, const float* text, int64 text_stride, const float* bias, const int* starts,
    const int* labels, float* grad_features, int64 grad_stride, int64 rows, int64 columns, int64 classes, double share, double* losses)
{
    against_text<32, 256>(rows_of(features, features_stride, rows, columns), rows_of(text, text_stride, classes, columns), bias, starts, labels, grad_features,
        grad_stride, share, losses);
}

// h = features @ text^T + bias; block (x, y) makes rows 64 x and classes 64 y.
// hot
KERNEL(THREADS) cross_entropy_logits(const float* features, int64 features_stride, const float* text, int64 text_stride, const float* bias, float* logits,
    int64 logits_stride, int64 rows, int64 columns, int64 classes)
{
    typedef Factors<64, 64> Shared;
    SHARED(Shared, factors);
    float h[64 / SIDE][64 / SIDE];
    int64 first_row = static_cast<int64>(blockIdx.x) * 64, first_class = static_cast<int64>(blockIdx.y) * 64;
    multiply_by_text<64, 64>(rows_of(features, features_stride, rows, columns), first_row, rows_of(text, text_stride, classes, columns), first_class, factors, h);
#pragma unroll
    for (int i = 0; i < 64 / SIDE; i++)
#pragma unroll
        for (int j = 0; j < 64 / SIDE; j++)
        {
            int64 row = first_row + threadIdx.x / SIDE + SIDE * i, c = first_class + threadIdx.x % SIDE + SIDE * j;
            if (row < rows && c < classes) logits[row * logits_stride + c] = h[i][j] + (bias == nullptr ? 0.0f : bias[c]);
        }
}

// gradFeatures = gradLogits @ text, for more classes than the kernels above hold; block x makes rows 64 x.
KERNEL(THREADS) cross_entropy_backward_features(const float* grad_logits, int64 logits_stride, const float* text, int64 text_stride, float* grad_features,
    int64 grad_stride, int64 rows, int64 columns, int64 classes)
{
    SHARED(TextTile, tile);
    int64 first_row = static_cast<int64>(blockIdx.x) * 64;
    multiply_with_text<64>(grad_logits + first_row * logits_stride, logits_stride, first_row, rows, rows_of(text, text_stride, classes, columns), tile, grad_features,
        grad_stride);
}

// Loss and gradient of logits of any number of classes, one warp a row.
// hot
KERNEL(THREADS) cross_entropy_of_logits(const float* logits, int64 logits_stride, const int* starts, const int* labels, float* grad, int64 grad_stride, int64 rows,
    int64 classes, double share, double* losses)
{
    SHARED(BlockScratch<double>, scratch);
    int lane = lane_index();
    double loss = 0;
    for (int64 row = global_thread() / WARP; row < rows; row += global_stride() / WARP)
    {
        const float* h = logits + row * logits_stride;
        int begin = starts[row], end = starts[row + 1];
        if (begin == end)
        {
            if (grad != nullptr)
                for (int64 c = lane; c < classes; c += WARP) grad[row * grad_stride + c] = 0;
            continue;
        }
        float most = -FLOAT_INFINITY;
        for (int64 c = lane; c < classes; c += WARP) most = fmaxf(most, h[c]);
        most = warp_max(most);
        double sum = 0;
        for (int64 c = lane; c < classes; c += WARP) sum += expf(h[c] - most);
        sum = warp_sum(sum);
        double log_sum = most + log(sum), scale = share * (end - begin) / sum;
        for (int i = begin + lane; i < end; i += WARP) loss += log_sum - h[labels[i]];
        if (grad == nullptr) continue;
        // The gradient may take the place of the logits, which other lanes read for the loss.
        __syncwarp();
        for (int64 c = lane; c < classes; c += WARP)
        {
            int hits = 0;
            for (int i = begin; i < end; i++) hits += labels[i] == c;
            grad[row * grad_stride + c] = static_cast<float>(expf(h[c] - most) * scale - share * hits);
        }
    }
    loss = block_sum(loss, scratch);
    if (threadIdx.x == 0) losses[blockIdx.x] = loss;
}
