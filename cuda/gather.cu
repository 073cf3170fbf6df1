// Rows of a matrix by their numbers, and the gradient, which adds rows up; HiCorr.Native/Ops/Gather/Gather.cs has the formulas.
// One thread an element of the result, or four where rows are aligned.
#include "common/vector.cuh"

template <class T>
DEVICE void copy_rows(const T* input, int64 input_stride, const int* rows, T* output, int64 output_stride, int64 count, int64 columns)
{
    for (int64 i = global_thread(); i < count * columns; i += global_stride())
    {
        int64 row = i / columns, column = i - row * columns;
        output[row * output_stride + column] = input[rows[row] * input_stride + column];
    }
}

template <class T>
DEVICE void add_groups(const T* grad_output, int64 grad_output_stride, const int* order, const int* targets, const int* starts, T* grad_input, int64 grad_input_stride, int64 groups, int64 columns)
{
    for (int64 i = global_thread(); i < groups * columns; i += global_stride())
    {
        int64 group = i / columns, column = i - group * columns;
        T* target = grad_input + targets[group] * grad_input_stride + column;
        T sum = *target;
        for (int entry = starts[group]; entry < starts[group + 1]; entry++) sum = add(sum, grad_output[order[entry] * grad_output_stride + column]);
        *target = sum;
    }
}

KERNEL(256) gather_forward(const float* input, int64 input_stride, const int* rows, float* output, int64 output_stride, int64 count, int64 columns)
{
    if (columns % 4 == 0 && has_aligned_rows(input, input_stride) && has_aligned_rows(output, output_stride))
        copy_rows(reinterpret_cast<const float4*>(input), input_stride / 4, rows, reinterpret_cast<float4*>(output), output_stride / 4, count, columns / 4);
    else
        copy_rows(input, input_stride, rows, output, output_stride, count, columns);
}

// Group g adds the rows order[starts[g]] to order[starts[g + 1] - 1] of grad_output to row targets[g]; no two groups have the same target.
KERNEL(256) gather_backward(const float* grad_output, int64 grad_output_stride, const int* order, const int* targets, const int* starts, float* grad_input, int64 grad_input_stride, int64 groups, int64 columns)
{
    if (columns % 4 == 0 && has_aligned_rows(grad_output, grad_output_stride) && has_aligned_rows(grad_input, grad_input_stride))
        add_groups(reinterpret_cast<const float4*>(grad_output), grad_output_stride / 4, order, targets, starts, reinterpret_cast<float4*>(grad_input), grad_input_stride / 4, groups, columns / 4);
    else
        add_groups(grad_output, grad_output_stride, order, targets, starts, grad_input, grad_input_stride, groups, columns);
}
