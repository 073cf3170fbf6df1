// Features of points from the 8 voxels around them, and the gradient by voxel; HiCorr.Native/Ops/Devoxelise/Devoxelise.cs has the formulas. Neighbours and
// weights are (points, 8); a voxel's entries are places in them, in rising order.
#include "common/columns.cuh"

constexpr int CORNERS = 8;

template <int WIDTH>
DEVICE void forward(const float* input, int64 input_stride, const int* neighbours, const float* weights, float* output, int64 output_stride, int64 points,
    int64 columns)
{
    int64 column = first_column<WIDTH>();
    if (column >= columns) return;
    for (int64 point = first_row(); point < points; point += row_step())
    {
        Columns<WIDTH> sum = {};
#pragma unroll
        for (int corner = 0; corner < CORNERS; corner++)
        {
            int voxel = neighbours[point * CORNERS + corner];
            if (voxel < 0) continue;
            float weight = weights[point * CORNERS + corner];
            Columns<WIDTH> value = load_columns<WIDTH>(input + voxel * input_stride + column);
#pragma unroll
            for (int i = 0; i < WIDTH; i++) sum.value[i] = fmaf(weight, value.value[i], sum.value[i]);
        }
        store_columns(output + point * output_stride + column, sum);
    }
}

// hot
KERNEL(256) devoxelise_forward(const float* input, int64 input_stride, const int* neighbours, const float* weights, float* output, int64 output_stride,
    int64 points, int64 columns, int64 width)
{
    if (width == 4) forward<4>(input, input_stride, neighbours, weights, output, output_stride, points, columns);
    else forward<1>(input, input_stride, neighbours, weights, output, output_stride, points, columns);
}

template <int WIDTH>
DEVICE void backward(const float* grad_output, int64 grad_output_stride, const int* starts, const int* entries, const float* weights, float* grad_input,
    int64 grad_input_stride, int64 voxels, int64 columns)
{
    int64 column = first_column<WIDTH>();
    if (column >= columns) return;
    for (int64 voxel = first_row(); voxel < voxels; voxel += row_step())
    {
        Columns<WIDTH> sum = load_columns<WIDTH>(grad_input + voxel * grad_input_stride + column);
        for (int at = starts[voxel]; at < starts[voxel + 1]; at++)
        {
            int entry = entries[at];
            float weight = weights[entry];
            Columns<WIDTH> grad = load_columns<WIDTH>(grad_output + entry / CORNERS * grad_output_stride + column);
#pragma unroll
            for (int i = 0; i < WIDTH; i++) sum.value[i] = fmaf(weight, grad.value[i], sum.value[i]);
        }
        store_columns(grad_input + voxel * grad_input_stride + column, sum);
    }
}

// hot
KERNEL(256) devoxelise_backward(const float* grad_output, int64 grad_output_stride, const int* starts, const int* entries, const float* weights,
    float* grad_input, int64 grad_input_stride, int64 voxels, int64 columns, int64 width)
{
    if (width == 4) backward<4>(grad_output, grad_output_stride, starts, entries, weights, grad_input, grad_input_stride, voxels, columns);
    else backward<1>(grad_output, grad_output_stride, starts, entries, weights, grad_input, grad_input_stride, voxels, columns);
}
