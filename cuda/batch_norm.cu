// Batch normalisation with residual and ReLU: statistics, application and gradients; HiCorr.Native/Ops/BatchNorm/BatchNorm.cs has the formulas.
// Every thread reads an element before it writes the same one, so outputs may be inputs.
#include "common/columns.cuh"

// Σ a and Σ a b, where a counts only where the mask (unless null) is positive.
template <int WIDTH>
struct MaskedProducts
{
    const float* a;
    int64 a_stride;
    const float* b;
    int64 b_stride;
    const float* mask;
    int64 mask_stride;

    DEVICE void operator()(int64 row, int64 column, double* first, double* second) const
    {
        Columns<WIDTH> x = load_columns<WIDTH>(a + row * a_stride + column), y = load_columns<WIDTH>(b + row * b_stride + column), gate = x;
        if (mask != nullptr) gate = load_columns<WIDTH>(mask + row * mask_stride + column);
#pragma unroll
        for (int i = 0; i < WIDTH; i++)
        {
            first[i] = mask == nullptr || gate.value[i] > 0 ? x.value[i] : 0;
            second[i] = first[i] * y.value[i];
        }
    }
};

// hot
KERNEL(256) batch_norm_sums(const float* a, int64 a_stride, const float* b, int64 b_stride, const float* mask, int64 mask_stride, int64 rows, int64 columns,
    int64 rows_per_block, int64 width, double* partials)
{
    SHARED(double[2 * 4 * COLUMN_THREADS], shared);
    if (width == 4) sum_block_rows<4>(MaskedProducts<4>{a, a_stride, b, b_stride, mask, mask_stride}, rows, columns, rows_per_block, shared, partials);
    else sum_block_rows<1>(MaskedProducts<1>{a, a_stride, b, b_stride, mask, mask_stride}, rows, columns, rows_per_block, shared, partials);
}

// From Σ x and Σ x²: mean and inverse deviation, and a step of the running ones.
KERNEL(512) batch_norm_statistics(const double* partials, int64 blocks, int64 rows, int64 columns, float epsilon, float momentum, float* statistics,
    int64 statistics_stride, float* running_mean, float* running_variance)
{
    SHARED(ColumnSums[PARTIAL_THREADS], shared);
    ColumnSums sums = sum_blocks(partials, blocks, columns, shared);
    int64 column = static_cast<int64>(blockIdx.x) * PARTIAL_LANES + threadIdx.x;
    if (threadIdx.y != 0 || column >= columns) return;
    double n = static_cast<double>(rows), mean = sums.first / n, variance = max(0.0, sums.second / n - mean * mean);
    statistics[column] = static_cast<float>(mean);
    statistics[statistics_stride + column] = static_cast<float>(1 / sqrt(variance + epsilon));
    // The coarsest level of a small scene can be a single voxel: its unbiased variance would be 0/0.
    double unbiased = variance * n / max(1.0, n - 1), keep = 1 - static_cast<double>(momentum);
    running_mean[column] = static_cast<float>(keep * running_mean[column] + momentum * mean);
    running_variance[column] = static_cast<float>(keep * running_variance[column] + momentum * unbiased);
}

KERNEL(256) batch_norm_running(const float* running_mean, const float* running_variance, int64 columns, float epsilon, float* statistics, int64 statistics_stride)
{
    for (int64 column = global_thread(); column < columns; column += global_stride())
    {
        statistics[column] = running_mean[column];
        statistics[statistics_stride + column] = static_cast<float>(1 / sqrt(static_cast<double>(running_variance[column]) + epsilon));
    }
}

template <int WIDTH>
DEVICE void apply(const float* x, int64 x_stride, const float* statistics, int64 statistics_stride, const float* weight, const float* bias,
    const float* residual, int64 residual_stride, bool relu, float* y, int64 y_stride, int64 rows, int64 columns)
{
    int64 column = first_column<WIDTH>();
    if (column >= columns) return;
    float scale[WIDTH], shift[WIDTH];
#pragma unroll
    for (int i = 0; i < WIDTH; i++)
    {
        scale[i] = weight[column + i] * statistics[statistics_stride + column + i];
        shift[i] = __fsub_rn(bias[column + i], __fmul_rn(statistics[column + i], scale[i]));
    }
    for (int64 row = first_row(); row < rows; row += row_step())
    {
        Columns<WIDTH> value = load_columns<WIDTH>(x + row * x_stride + column), added = {};
        if (residual != nullptr) added = load_columns<WIDTH>(residual + row * residual_stride + column);
#pragma unroll
        for (int i = 0; i < WIDTH; i++)
        {
            // Rounded as on the CPU, so that the same outputs are positive: with few rows the scale is large and the sum cancels.
            float sum = __fadd_rn(__fadd_rn(__fmul_rn(value.value[i], scale[i]), shift[i]), added.value[i]);
            // Written so that NaN stays: it must be seen in the loss.
            value.value[i] = relu && sum <= 0 ? 0 : sum;
        }
        store_columns(y + row * y_stride + column, value);
    }
}

// hot
KERNEL(256) batch_norm_apply(const float* x, int64 x_stride, const float* statistics, int64 statistics_stride, const float* weight, const float* bias,
    const float* residual, int64 residual_stride, int64 relu, float* y, int64 y_stride, int64 rows, int64 columns, int64 width)
{
    if (width == 4) apply<4>(x, x_stride, statistics, statistics_stride, weight, bias, residual, residual_stride, relu != 0, y, y_stride, rows, columns);
    else apply<1>(x, x_stride, statistics, statistics_stride, weight, bias, residual, residual_stride, relu != 0, y, y_stride, rows, columns);
}

// From Σ g and Σ g x: the parameters' gradients, and the factors (3, columns) of g, of the centred input and of 1 in the input's gradient.
KERNEL(512) batch_norm_factors(const double* partials, int64 blocks, int64 rows, int64 columns, const float* statistics, int64 statistics_stride,
    const float* weight, int64 training, float* grad_weight, float* grad_bias, float* factors)
{
    SHARED(ColumnSums[PARTIAL_THREADS], shared);
    ColumnSums sums = sum_blocks(partials, blocks, columns, shared);
    int64 column = static_cast<int64>(blockIdx.x) * PARTIAL_LANES + threadIdx.x;
    if (threadIdx.y != 0 || column >= columns) return;
    double n = static_cast<double>(rows), mean = statistics[column], inverse = statistics[statistics_stride + column];
    double sum_normalised = (sums.second - mean * sums.first) * inverse, scale = weight[column] * inverse;
    grad_bias[column] += static_cast<float>(sums.first);
    grad_weight[column] += static_cast<float>(sum_normalised);
    factors[column] = static_cast<float>(scale);
    factors[columns + column] = training != 0 ? static_cast<float>(-scale * inverse * sum_normalised / n) : 0;
    factors[2 * columns + column] = training != 0 ? static_cast<float>(-scale * sums.first / n) : 0;
}

template <int WIDTH>
DEVICE void backward(const float* x, int64 x_stride, const float* y, int64 y_stride, float* grad_output, int64 grad_output_stride, bool masks,
    const float* mean, const float* factors, float* grad_x, int64 grad_x_stride, int64 rows, int64 columns)
{
    int64 column = first_column<WIDTH>();
    if (column >= columns) return;
    float centre[WIDTH], on_grad[WIDTH], on_input[WIDTH], constant[WIDTH];
#pragma unroll
    for (int i = 0; i < WIDTH; i++)
    {
        centre[i] = mean[column + i];
        on_grad[i] = factors[column + i];
        on_input[i] = factors[columns + column + i];
        constant[i] = factors[2 * columns + column + i];
    }
    for (int64 row = first_row(); row < rows; row += row_step())
    {
        Columns<WIDTH> input = load_columns<WIDTH>(x + row * x_stride + column), result;
        Columns<WIDTH> grad = load_columns<WIDTH>(grad_output + row * grad_output_stride + column);
        if (y != nullptr)
        {
            Columns<WIDTH> output = load_columns<WIDTH>(y + row * y_stride + column);
#pragma unroll
            for (int i = 0; i < WIDTH; i++) grad.value[i] = output.value[i] > 0 ? grad.value[i] : 0;
        }
        if (masks) store_columns(grad_output + row * grad_output_stride + column, grad);
#pragma unroll
        for (int i = 0; i < WIDTH; i++) result.value[i] = grad.value[i] * on_grad[i] + (input.value[i] - centre[i]) * on_input[i] + constant[i];
        store_columns(grad_x + row * grad_x_stride + column, result);
    }
}

// hot
KERNEL(256) batch_norm_backward(const float* x, int64 x_stride, const float* y, int64 y_stride, float* grad_output, int64 grad_output_stride, int64 masks,
    const float* mean, const float* factors, float* grad_x, int64 grad_x_stride, int64 rows, int64 columns, int64 width)
{
    if (width == 4) backward<4>(x, x_stride, y, y_stride, grad_output, grad_output_stride, masks != 0, mean, factors, grad_x, grad_x_stride, rows, columns);
    else backward<1>(x, x_stride, y, y_stride, grad_output, grad_output_stride, masks != 0, mean, factors, grad_x, grad_x_stride, rows, columns);
}
