// GELU in the exact form, forward and backward; HiCorr.Native/Ops/Gelu/Gelu.cs has the formulas. One thread an element; rows may be strided.
#include "common/base.cuh"

DEVICE float normal_distribution(float x) { return 0.5f * (1.0f + erff(x * 0.70710678f)); }

DEVICE float slope(float x)
{
    float density = 0.39894228f * expf(-0.5f * x * x);
    return fmaf(x, density, normal_distribution(x));
}

KERNEL(256) gelu_forward(const float* x, int64 x_stride, float* y, int64 y_stride, int64 rows, int64 columns)
{
    for (int64 i = global_thread(); i < rows * columns; i += global_stride())
    {
        int64 row = i / columns, column = i - row * columns;
        float value = x[row * x_stride + column];
        y[row * y_stride + column] = value * normal_distribution(value);
    }
}

KERNEL(256) gelu_backward(const float* x, int64 x_stride, const float* grad_output, int64 grad_output_stride, float* grad_x, int64 grad_x_stride, int64 rows, int64 columns)
{
    for (int64 i = global_thread(); i < rows * columns; i += global_stride())
    {
        int64 row = i / columns, column = i - row * columns;
        grad_x[row * grad_x_stride + column] = grad_output[row * grad_output_stride + column] * slope(x[row * x_stride + column]);
    }
}
