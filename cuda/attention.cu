// Attention inside sequences of rows, forward and backward; HiCorr.Native/Ops/Attention/Attention.cs has the formulas. Weights live in registers only
// (FlashAttention 2, Dao 2023): a block owns OWN rows of a head, a warp 16 of them, and goes over the sequence STREAM rows at a time.
// Backward has two kernels without atomics: one owns queries and sums gradQ, one owns keys and sums gradK and gradV.
#include "common/rows.cuh"
#include "common/warp_products.cuh"

constexpr float LOG2_E = 1.44269504f;
constexpr float LN_2 = 0.69314718f;

template <class Format, int COUNT, int WIDTH>
struct alignas(16) Tile
{
    typename Format::Value rows[COUNT][WIDTH + Format::PAD];
};

// Rows of a head from `first` on; zeros behind the end of the sequence and of the head.
template <class Format, int COUNT, int WIDTH>
DEVICE void load_tile(Tile<Format, COUNT, WIDTH>& tile, const Rows& from, int64 first)
{
    for (int i = threadIdx.x; i < COUNT * WIDTH / 4; i += blockDim.x)
    {
        int row = i / (WIDTH / 4), column = i % (WIDTH / 4) * 4;
        Format::store(&tile.rows[row][column], load4(from, first + row, column));
    }
}

// The rows that a block owns, from `first` on, and their sequence.
struct Piece
{
    int64 first, begin, end;
};

// Three numbers a block; none where all rows are one sequence.
DEVICE Piece piece_of(const int* pieces, int64 rows, int own)
{
    if (pieces == nullptr) return {static_cast<int64>(blockIdx.x) * own, 0, rows};
    const int* at = pieces + 3 * static_cast<int64>(blockIdx.x);
    return {at[0], at[1], at[2]};
}

// A head's columns of a tensor, up to the end of a sequence.
DEVICE Rows head_of(const float* tensor, int64 stride, int64 end, int64 width)
{
    return rows_of(tensor + blockIdx.y * width, stride, end, width);
}

// Over the four lanes that share a row of a result.
DEVICE float row_max(float value)
{
    value = fmaxf(value, __shfl_xor_sync(ALL_LANES, value, 1));
    return fmaxf(value, __shfl_xor_sync(ALL_LANES, value, 2));
}

DEVICE float row_sum(float value)
{
    value += __shfl_xor_sync(ALL_LANES, value, 1);
    return value + __shfl_xor_sync(ALL_LANES, value, 2);
}

template <int TILES>
DEVICE void clear(float (&sums)[TILES][4])
{
#pragma unroll
    for (int n = 0; n < TILES; n++)
#pragma unroll
        for (int i = 0; i < 4; i++) sums[n][i] = 0;
}

// Writes the 16 rows of a warp from `first` on; `scale` is that of this lane's two rows.
template <int TILES>
DEVICE void store_rows(const float (&sums)[TILES][4], const float (&scale)[2], float* to, int64 stride, int64 first, int64 end, int64 width)
{
#pragma unroll
    for (int half = 0; half < 2; half++)
    {
        int64 row = first + lane_index() / 4 + 8 * half;
        if (row >= end) continue;
        float* at = to + row * stride + blockIdx.y * width;
#pragma unroll
        for (int n = 0; n < TILES; n++)
#pragma unroll
            for (int i = 0; i < 2; i++)
            {
                int column = 8 * n + lane_index() % 4 * 2 + i;
                if (column < width) at[column] = sums[n][2 * half + i] * scale[half];
            }
    }
}

#define FORWARD_PARAMETERS \
    const float *q, int64 q_stride, const float *k, int64 k_stride, const float *v, int64 v_stride, float *output, int64 output_stride, float *log_sum_exp, int64 log_stride, \
        const int *pieces, int64 rows, int64 width, float scale
#define FORWARD_ARGUMENTS q, q_stride, k, k_stride, v, v_stride, output, output_stride, log_sum_exp, log_stride, pieces, rows, width, scale

// One block: OWN queries of head blockIdx.y.
template <class Format, int WIDTH, int OWN, int STREAM>
DEVICE void forward(FORWARD_PARAMETERS)
{
    struct Shared
    {
        Tile<Format, OWN, WIDTH> queries;
        Tile<Format, STREAM, WIDTH> keys, values;
    };
    SHARED(Shared, shared);
    Piece piece = piece_of(pieces, rows, OWN);
    Rows from_k = head_of(k, k_stride, piece.end, width), from_v = head_of(v, v_stride, piece.end, width);
    load_tile(shared.queries, head_of(q, q_stride, piece.end, width), piece.first);
    int of_warp = 16 * warp_index(), pair = lane_index() % 4;
    float to_powers = scale * LOG2_E; // scores are exponents of two
    float sums[WIDTH / 8][4], most[2] = {-FLOAT_INFINITY, -FLOAT_INFINITY}, total[2] = {0, 0};
    clear(sums);
    for (int64 key = piece.begin; key < piece.end; key += STREAM)
    {
        __syncthreads();
        load_tile(shared.keys, from_k, key);
        load_tile(shared.values, from_v, key);
        __syncthreads();
        float scores[STREAM / 8][4];
        clear(scores);
        Format::multiply_transposed(scores, shared.queries.rows + of_warp, shared.keys.rows);
        int left = static_cast<int>(min(piece.end - key, static_cast<int64>(STREAM)));
        // Online softmax (Milakov, Gimelshein 2018): what was summed before is scaled down to the largest score so far.
#pragma unroll
        for (int half = 0; half < 2; half++)
        {
            float top = most[half], own = 0;
#pragma unroll
            for (int n = 0; n < STREAM / 8; n++)
#pragma unroll
                for (int i = 0; i < 2; i++)
                {
                    float& score = scores[n][2 * half + i];
                    score = 8 * n + 2 * pair + i < left ? score * to_powers : -FLOAT_INFINITY;
                    top = fmaxf(top, score);
                }
            top = row_max(top);
            float shrink = exp2f(most[half] - top);
            most[half] = top;
#pragma unroll
            for (int n = 0; n < STREAM / 8; n++)
#pragma unroll
                for (int i = 0; i < 2; i++)
                {
                    float& score = scores[n][2 * half + i];
                    score = exp2f(score - top);
                    own += score;
                }
            total[half] = total[half] * shrink + own;
#pragma unroll
            for (int n = 0; n < WIDTH / 8; n++)
#pragma unroll
                for (int i = 0; i < 2; i++) sums[n][2 * half + i] *= shrink;
        }
        Format::multiply(sums, scores, shared.values.rows);
    }
    float share[2];
#pragma unroll
    for (int half = 0; half < 2; half++)
    {
        float sum = row_sum(total[half]);
        int64 row = piece.first + of_warp + lane_index() / 4 + 8 * half;
        share[half] = 1 / sum;
        if (pair == 0 && row < piece.end) log_sum_exp[blockIdx.y * log_stride + row] = (most[half] + log2f(sum)) * LN_2;
    }
    store_rows(sums, share, output, output_stride, piece.first + of_warp, piece.end, width);
}

// inner (H, N) = ⟨gradient, output⟩ of every row and head. One warp each.
KERNEL(256) attention_backward_rows(const float* output, int64 output_stride, const float* grad_output, int64 grad_stride, float* inner, int64 rows, int64 heads, int64 width)
{
    for (int64 i = global_thread() / WARP; i < rows * heads; i += global_stride() / WARP)
    {
        int64 row = i / heads, head = i % heads;
        const float *a = output + row * output_stride + head * width, *b = grad_output + row * grad_stride + head * width;
        float sum = 0;
        for (int64 c = lane_index(); c < width; c += WARP) sum = fmaf(a[c], b[c], sum);
        sum = warp_sum(sum);
        if (lane_index() == 0) inner[head * rows + row] = sum;
    }
}

// What the weights of a query need besides its vectors; a query that does not exist has weights 2^-infinity = 0.
struct QueryTerms
{
    float log_sum, inner;
};

DEVICE QueryTerms terms_of(const float* log_sum_exp, int64 log_stride, const float* inner, int64 rows, int64 row, int64 end)
{
    if (row >= end) return {FLOAT_INFINITY, 0};
    return {log_sum_exp[blockIdx.y * log_stride + row] * LOG2_E, inner[blockIdx.y * rows + row]};
}

#define QUERIES_PARAMETERS \
    const float *q, int64 q_stride, const float *k, int64 k_stride, const float *v, int64 v_stride, const float *grad_output, int64 grad_stride, const float *log_sum_exp, \
        int64 log_stride, const float *inner, float *grad_q, int64 grad_q_stride, const int *pieces, int64 rows, int64 width, float scale
#define QUERIES_ARGUMENTS q, q_stride, k, k_stride, v, v_stride, grad_output, grad_stride, log_sum_exp, log_stride, inner, grad_q, grad_q_stride, pieces, rows, width, scale

// One block: gradQ of OWN queries.
template <class Format, int WIDTH, int OWN, int STREAM>
DEVICE void backward_queries(QUERIES_PARAMETERS)
{
    struct Shared
    {
        Tile<Format, OWN, WIDTH> queries, grads;
        Tile<Format, STREAM, WIDTH> keys, values;
    };
    SHARED(Shared, shared);
    Piece piece = piece_of(pieces, rows, OWN);
    Rows from_k = head_of(k, k_stride, piece.end, width), from_v = head_of(v, v_stride, piece.end, width);
    load_tile(shared.queries, head_of(q, q_stride, piece.end, width), piece.first);
    load_tile(shared.grads, head_of(grad_output, grad_stride, piece.end, width), piece.first);
    int of_warp = 16 * warp_index(), pair = lane_index() % 4;
    QueryTerms terms[2];
#pragma unroll
    for (int half = 0; half < 2; half++)
        terms[half] = terms_of(log_sum_exp, log_stride, inner, rows, piece.first + of_warp + lane_index() / 4 + 8 * half, piece.end);
    float sums[WIDTH / 8][4], to_powers = scale * LOG2_E;
    clear(sums);
    for (int64 key = piece.begin; key < piece.end; key += STREAM)
    {
        __syncthreads();
        load_tile(shared.keys, from_k, key);
        load_tile(shared.values, from_v, key);
        __syncthreads();
        float scores[STREAM / 8][4], slopes[STREAM / 8][4];
        clear(scores);
        clear(slopes);
        Format::multiply_transposed(scores, shared.queries.rows + of_warp, shared.keys.rows);
        Format::multiply_transposed(slopes, shared.grads.rows + of_warp, shared.values.rows);
        int left = static_cast<int>(min(piece.end - key, static_cast<int64>(STREAM)));
#pragma unroll
        for (int n = 0; n < STREAM / 8; n++)
#pragma unroll
            for (int i = 0; i < 4; i++)
            {
                float weight = 8 * n + 2 * pair + i % 2 < left ? exp2f(fmaf(scores[n][i], to_powers, -terms[i / 2].log_sum)) : 0;
                slopes[n][i] = weight * scale * (slopes[n][i] - terms[i / 2].inner);
            }
        Format::multiply(sums, slopes, shared.keys.rows);
    }
    float unscaled[2] = {1, 1};
    store_rows(sums, unscaled, grad_q, grad_q_stride, piece.first + of_warp, piece.end, width);
}

#define KEYS_PARAMETERS \
    const float *q, int64 q_stride, const float *k, int64 k_stride, const float *v, int64 v_stride, const float *grad_output, int64 grad_stride, const float *log_sum_exp, \
        int64 log_stride, const float *inner, float *grad_k, int64 grad_k_stride, float *grad_v, int64 grad_v_stride, const int *pieces, int64 rows, int64 width, float scale
#define KEYS_ARGUMENTS \
    q, q_stride, k, k_stride, v, v_stride, grad_output, grad_stride, log_sum_exp, log_stride, inner, grad_k, grad_k_stride, grad_v, grad_v_stride, pieces, rows, width, scale

// One block: gradK and gradV of OWN keys. Scores and weights are transposed, (keys, queries).
template <class Format, int WIDTH, int OWN, int STREAM>
DEVICE void backward_keys(KEYS_PARAMETERS)
{
    struct Shared
    {
        Tile<Format, OWN, WIDTH> keys, values;
        Tile<Format, STREAM, WIDTH> queries, grads;
        QueryTerms terms[STREAM];
    };
    SHARED(Shared, shared);
    Piece piece = piece_of(pieces, rows, OWN);
    Rows from_q = head_of(q, q_stride, piece.end, width), from_grad = head_of(grad_output, grad_stride, piece.end, width);
    load_tile(shared.keys, head_of(k, k_stride, piece.end, width), piece.first);
    load_tile(shared.values, head_of(v, v_stride, piece.end, width), piece.first);
    int of_warp = 16 * warp_index(), pair = lane_index() % 4;
    float sums_k[WIDTH / 8][4], sums_v[WIDTH / 8][4], to_powers = scale * LOG2_E;
    clear(sums_k);
    clear(sums_v);
    for (int64 query = piece.begin; query < piece.end; query += STREAM)
    {
        __syncthreads();
        load_tile(shared.queries, from_q, query);
        load_tile(shared.grads, from_grad, query);
        if (threadIdx.x < STREAM) shared.terms[threadIdx.x] = terms_of(log_sum_exp, log_stride, inner, rows, query + threadIdx.x, piece.end);
        __syncthreads();
        float weights[STREAM / 8][4], slopes[STREAM / 8][4];
        clear(weights);
        clear(slopes);
        Format::multiply_transposed(weights, shared.keys.rows + of_warp, shared.queries.rows);
        Format::multiply_transposed(slopes, shared.values.rows + of_warp, shared.grads.rows);
#pragma unroll
        for (int n = 0; n < STREAM / 8; n++)
#pragma unroll
            for (int i = 0; i < 4; i++)
            {
                QueryTerms terms = shared.terms[8 * n + 2 * pair + i % 2];
                weights[n][i] = exp2f(fmaf(weights[n][i], to_powers, -terms.log_sum));
                slopes[n][i] = weights[n][i] * scale * (slopes[n][i] - terms.inner);
            }
        Format::multiply(sums_v, weights, shared.grads.rows);
        Format::multiply(sums_k, slopes, shared.queries.rows);
    }
    float unscaled[2] = {1, 1};
    store_rows(sums_k, unscaled, grad_k, grad_k_stride, piece.first + of_warp, piece.end, width);
    store_rows(sums_v, unscaled, grad_v, grad_v_stride, piece.first + of_warp, piece.end, width);
}

// Heads of at most 32, 64 and 128 columns. The rows that stream by are as many as shared memory and registers hold; two threads a row that is owned.

// hot
KERNEL(128) attention_forward_fp32_32(FORWARD_PARAMETERS) { forward<Fp32, 32, 64, 64>(FORWARD_ARGUMENTS); }
// hot
KERNEL(128) attention_backward_queries_fp32_32(QUERIES_PARAMETERS) { backward_queries<Fp32, 32, 64, 32>(QUERIES_ARGUMENTS); }
// hot
KERNEL(128) attention_backward_keys_fp32_32(KEYS_PARAMETERS) { backward_keys<Fp32, 32, 64, 32>(KEYS_ARGUMENTS); }
// hot
KERNEL(128) attention_forward_fp32_64(FORWARD_PARAMETERS) { forward<Fp32, 64, 64, 32>(FORWARD_ARGUMENTS); }
// hot
KERNEL(128) attention_backward_queries_fp32_64(QUERIES_PARAMETERS) { backward_queries<Fp32, 64, 64, 16>(QUERIES_ARGUMENTS); }
// hot
KERNEL(128) attention_backward_keys_fp32_64(KEYS_PARAMETERS) { backward_keys<Fp32, 64, 64, 16>(KEYS_ARGUMENTS); }
// hot
KERNEL(64) attention_forward_fp32_128(FORWARD_PARAMETERS) { forward<Fp32, 128, 32, 16>(FORWARD_ARGUMENTS); }
// hot
KERNEL(64) attention_backward_queries_fp32_128(QUERIES_PARAMETERS) { backward_queries<Fp32, 128, 32, 8>(QUERIES_ARGUMENTS); }
// hot
KERNEL(64) attention_backward_keys_fp32_128(KEYS_PARAMETERS) { backward_keys<Fp32, 128, 32, 8>(KEYS_ARGUMENTS); }

// hot
KERNEL(128) attention_forward_tf32_32(FORWARD_PARAMETERS) { forward<Tf32, 32, 64, 64>(FORWARD_ARGUMENTS); }
// hot
KERNEL(128) attention_backward_queries_tf32_32(QUERIES_PARAMETERS) { backward_queries<Tf32, 32, 64, 32>(QUERIES_ARGUMENTS); }
// hot
KERNEL(128) attention_backward_keys_tf32_32(KEYS_PARAMETERS) { backward_keys<Tf32, 32, 64, 32>(KEYS_ARGUMENTS); }
// hot
KERNEL(128) attention_forward_tf32_64(FORWARD_PARAMETERS) { forward<Tf32, 64, 64, 32>(FORWARD_ARGUMENTS); }
// hot
KERNEL(128) attention_backward_queries_tf32_64(QUERIES_PARAMETERS) { backward_queries<Tf32, 64, 64, 16>(QUERIES_ARGUMENTS); }
// hot
KERNEL(128) attention_backward_keys_tf32_64(KEYS_PARAMETERS) { backward_keys<Tf32, 64, 64, 16>(KEYS_ARGUMENTS); }
// hot
KERNEL(64) attention_forward_tf32_128(FORWARD_PARAMETERS) { forward<Tf32, 128, 32, 16>(FORWARD_ARGUMENTS); }
// hot
KERNEL(64) attention_backward_queries_tf32_128(QUERIES_PARAMETERS) { backward_queries<Tf32, 128, 32, 8>(QUERIES_ARGUMENTS); }
// hot
KERNEL(64) attention_backward_keys_tf32_128(KEYS_PARAMETERS) { backward_keys<Tf32, 128, 32, 8>(KEYS_ARGUMENTS); }

// hot
KERNEL(128) attention_forward_bf16_32(FORWARD_PARAMETERS) { forward<Bf16, 32, 64, 64>(FORWARD_ARGUMENTS); }
// hot
KERNEL(128) attention_backward_queries_bf16_32(QUERIES_PARAMETERS) { backward_queries<Bf16, 32, 64, 64>(QUERIES_ARGUMENTS); }
// hot
KERNEL(128) attention_backward_keys_bf16_32(KEYS_PARAMETERS) { backward_keys<Bf16, 32, 64, 64>(KEYS_ARGUMENTS); }
// hot
KERNEL(128) attention_forward_bf16_64(FORWARD_PARAMETERS) { forward<Bf16, 64, 64, 64>(FORWARD_ARGUMENTS); }
// hot
KERNEL(128) attention_backward_queries_bf16_64(QUERIES_PARAMETERS) { backward_queries<Bf16, 64, 64, 32>(QUERIES_ARGUMENTS); }
// hot
KERNEL(128) attention_backward_keys_bf16_64(KEYS_PARAMETERS) { backward_keys<Bf16, 64, 64, 32>(KEYS_ARGUMENTS); }
// hot
KERNEL(128) attention_forward_bf16_128(FORWARD_PARAMETERS) { forward<Bf16, 128, 64, 32>(FORWARD_ARGUMENTS); }
// hot
KERNEL(128) attention_backward_queries_bf16_128(QUERIES_PARAMETERS) { backward_queries<Bf16, 128, 64, 16>(QUERIES_ARGUMENTS); }
// hot
KERNEL(128) attention_backward_keys_bf16_128(KEYS_PARAMETERS) { backward_keys<Bf16, 128, 64, 16>(KEYS_ARGUMENTS); }

// hot
KERNEL(128) attention_forward_fp16_32(FORWARD_PARAMETERS) { forward<Fp16, 32, 64, 64>(FORWARD_ARGUMENTS); }
// hot
KERNEL(128) attention_backward_queries_fp16_32(QUERIES_PARAMETERS) { backward_queries<Fp16, 32, 64, 64>(QUERIES_ARGUMENTS); }
// hot
KERNEL(128) attention_backward_keys_fp16_32(KEYS_PARAMETERS) { backward_keys<Fp16, 32, 64, 64>(KEYS_ARGUMENTS); }
// hot
KERNEL(128) attention_forward_fp16_64(FORWARD_PARAMETERS) { forward<Fp16, 64, 64, 64>(FORWARD_ARGUMENTS); }
// hot
KERNEL(128) attention_backward_queries_fp16_64(QUERIES_PARAMETERS) { backward_queries<Fp16, 64, 64, 32>(QUERIES_ARGUMENTS); }
// hot
KERNEL(128) attention_backward_keys_fp16_64(KEYS_PARAMETERS) { backward_keys<Fp16, 64, 64, 32>(KEYS_ARGUMENTS); }
// hot
KERNEL(128) attention_forward_fp16_128(FORWARD_PARAMETERS) { forward<Fp16, 128, 64, 32>(FORWARD_ARGUMENTS); }
// hot
KERNEL(128) attention_backward_queries_fp16_128(QUERIES_PARAMETERS) { backward_queries<Fp16, 128, 64, 16>(QUERIES_ARGUMENTS); }
// hot
KERNEL(128) attention_backward_keys_fp16_128(KEYS_PARAMETERS) { backward_keys<Fp16, 128, 64, 16>(KEYS_ARGUMENTS); }
