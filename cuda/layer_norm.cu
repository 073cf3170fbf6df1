// Layer normalisation, one warp a row, and its gradients; HiCorr.Native/Ops/LayerNorm/LayerNorm.cs has the formulas. A lane reads its elements of a row
// before it writes the same ones, so outputs may be inputs.
#include "common/columns.cuh"

DEVICE int64 first_warp_row() { return static_cast<int64>(blockIdx.x) * (blockDim.x / WARP) + warp_index(); }
DEVICE int64 warp_row_step() { return static_cast<int64>(gridDim.x) * (blockDim.x / WARP); }

// Σ (x - centre), or Σ (x - centre)²: a second pass over the row has no cancellation.
template <int WIDTH, bool SQUARED>
DEVICE double sum_of_powers(const float* row, int64 columns, double centre)
{
    double sum = 0;
    for (int64 column = lane_index() * WIDTH; column < columns; column += WARP * WIDTH)
    {
        Columns<WIDTH> value = load_columns<WIDTH>(row + column);
#pragma unroll
        for (int i = 0; i < WIDTH; i++)
        {
            double difference = value.value[i] - centre;
            sum += SQUARED ? difference * difference : difference;
        }
    }
    return warp_sum(sum);
}

template <int WIDTH>
DEVICE void apply_row(const float* x, const float* weight, const float* bias, float mean, float inverse, float* y, int64 columns)
{
    for (int64 column = lane_index() * WIDTH; column < columns; column += WARP * WIDTH)
    {
        Columns<WIDTH> value = load_columns<WIDTH>(x + column), scale = load_columns<WIDTH>(weight + column), shift = load_columns<WIDTH>(bias + column);
#pragma unroll
        for (int i = 0; i < WIDTH; i++) value.value[i] = (value.value[i] - mean) * inverse * scale.value[i] + shift.value[i];
        store_columns(y + column, value);
    }
}

template <int WIDTH>
DEVICE void forward(const float* x, int64 x_stride, const float* weight, const float* bias, float epsilon, float* statistics, int64 statistics_stride, float* y,
    int64 y_stride, int64 rows, int64 columns)
{
    for (int64 row = first_warp_row(); row < rows; row += warp_row_step())
    {
        const float* input = x + row * x_stride;
        double mean = sum_of_powers<WIDTH, false>(input, columns, 0) / columns;
        double variance = sum_of_powers<WIDTH, true>(input, columns, mean) / columns;
        float centre = static_cast<float>(mean), inverse = static_cast<float>(1 / sqrt(variance + epsilon));
        if (lane_index() == 0)
        {
            statistics[row * statistics_stride] = centre;
            statistics[row * statistics_stride + 1] = inverse;
        }
        apply_row<WIDTH>(input, weight, bias, centre, inverse, y + row * y_stride, columns);
    }
}

// hot
KERNEL(256) layer_norm_forward(const float* x, int64 x_stride, const float* weight, const float* bias, float epsilon, float* statistics,
    int64 statistics_stride, float* y, int64 y_stride, int64 rows, int64 columns, int64 width)
{
    if (width == 4) forward<4>(x, x_stride, weight, bias, epsilon, statistics, statistics_stride, y, y_stride, rows, columns);
    else forward<1>(x, x_stride, weight, bias, epsilon, statistics, statistics_stride, y, y_stride, rows, columns);
}

// hot
KERNEL(256) layer_norm_apply(const float* x, int64 x_stride, const float* weight, const float* bias, const float* statistics, int64 statistics_stride, float* y,
    int64 y_stride, int64 rows, int64 columns, int64 width)
{
    for (int64 row = first_warp_row(); row < rows; row += warp_row_step())
    {
        float mean = statistics[row * statistics_stride], inverse = statistics[row * statistics_stride + 1];
        if (width == 4) apply_row<4>(x + row * x_stride, weight, bias, mean, inverse, y + row * y_stride, columns);
        else apply_row<1>(x + row * x_stride, weight, bias, mean, inverse, y + row * y_stride, columns);
    }
}

// Gradient of the bias, and of the weight.
template <int WIDTH>
struct ParameterGradients
{
    const float* x;
    int64 x_stride;
    const float* statistics;
    int64 statistics_stride;
    const float* grad_output;
    int64 grad_output_stride;

    DEVICE void operator()(int64 row, int64 column, double* first, double* second) const
    {
        double mean = statistics[row * statistics_stride], inverse = statistics[row * statistics_stride + 1];
        Columns<WIDTH> input = load_columns<WIDTH>(x + row * x_stride + column), grad = load_columns<WIDTH>(grad_output + row * grad_output_stride + column);
#pragma unroll
        for (int i = 0; i < WIDTH; i++)
        {
            first[i] = grad.value[i];
            second[i] = first[i] * ((input.value[i] - mean) * inverse);
        }
    }
};

// hot
KERNEL(256) layer_norm_sums(const float* x, int64 x_stride, const float* statistics, int64 statistics_stride, const float* grad_output,
    int64 grad_output_stride, int64 rows, int64 columns, int64 rows_per_block, int64 width, double* partials)
{
    SHARED(double[2 * 4 * COLUMN_THREADS], shared);
    if (width == 4)
        sum_block_rows<4>(ParameterGradients<4>{x, x_stride, statistics, statistics_stride, grad_output, grad_output_stride}, rows, columns, rows_per_block, shared, partials);
    else
        sum_block_rows<1>(ParameterGradients<1>{x, x_stride, statistics, statistics_stride, grad_output, grad_output_stride}, rows, columns, rows_per_block, shared, partials);
}

KERNEL(512) layer_norm_parameters(const double* partials, int64 blocks, int64 columns, float* grad_weight, float* grad_bias)
{
    SHARED(ColumnSums[PARTIAL_THREADS], shared);
    ColumnSums sums = sum_blocks(partials, blocks, columns, shared);
    int64 column = static_cast<int64>(blockIdx.x) * PARTIAL_LANES + threadIdx.x;
    if (threadIdx.y != 0 || column >= columns) return;
    grad_bias[column] += static_cast<float>(sums.first);
    grad_weight[column] += static_cast<float>(sums.second);
}

template <int WIDTH>
DEVICE void backward_row(const float* x, float mean, float inverse, const float* weight, const float* grad_output, float* grad_x, int64 columns, bool accumulate)
{
    double sum = 0, sum_normalised = 0;
    for (int64 column = lane_index() * WIDTH; column < columns; column += WARP * WIDTH)
    {
        Columns<WIDTH> input = load_columns<WIDTH>(x + column), grad = load_columns<WIDTH>(grad_output + column), scale = load_columns<WIDTH>(weight + column);
#pragma unroll
        for (int i = 0; i < WIDTH; i++)
        {
            double g = static_cast<double>(grad.value[i]) * scale.value[i];
            sum += g;
            sum_normalised += g * ((static_cast<double>(input.value[i]) - mean) * inverse);
        }
    }
    float mean_grad = static_cast<float>(warp_sum(sum) / columns), mean_normalised = static_cast<float>(warp_sum(sum_normalised) / columns);
    for (int64 column = lane_index() * WIDTH; column < columns; column += WARP * WIDTH)
    {
        Columns<WIDTH> input = load_columns<WIDTH>(x + column), grad = load_columns<WIDTH>(grad_output + column), scale = load_columns<WIDTH>(weight + column);
        Columns<WIDTH> result = {};
        if (accumulate) result = load_columns<WIDTH>(grad_x + column);
#pragma unroll
        for (int i = 0; i < WIDTH; i++)
        {
            float normalised = (input.value[i] - mean) * inverse;
            result.value[i] += (grad.value[i] * scale.value[i] - mean_grad - normalised * mean_normalised) * inverse;
        }
        store_columns(grad_x + column, result);
    }
}

template <int WIDTH>
DEVICE void backward(const float* x, int64 x_stride, const float* statistics, int64 statistics_stride, const float* weight, const float* grad_output,
    int64 grad_output_stride, float* grad_x, int64 grad_x_stride, bool accumulate, int64 rows, int64 columns)
{
    for (int64 row = first_warp_row(); row < rows; row += warp_row_step())
    {
        float mean = statistics[row * statistics_stride], inverse = statistics[row * statistics_stride + 1];
        backward_row<WIDTH>(x + row * x_stride, mean, inverse, weight, grad_output + row * grad_output_stride, grad_x + row * grad_x_stride, columns, accumulate);
    }
}

// hot
KERNEL(256) layer_norm_backward(const float* x, int64 x_stride, const float* statistics, int64 statistics_stride, const float* weight, const float* grad_output,
    int64 grad_output_stride, float* grad_x, int64 grad_x_stride, int64 accumulate, int64 rows, int64 columns, int64 width)
{
    if (width == 4)
        backward<4>(x, x_stride, statistics, statistics_stride, weight, grad_output, grad_output_stride, grad_x, grad_x_stride, accumulate != 0, rows, columns);
    else
        backward<1>(x, x_stride, statistics, statistics_stride, weight, grad_output, grad_output_stride, grad_x, grad_x_stride, accumulate != 0, rows, columns);
}
