// Sums of tensors; HiCorr.Native/Ops/Elementwise/Elementwise.cs has the contract. One thread an element, or four where rows are aligned.
#include "common/vector.cuh"

template <class T>
DEVICE void add_rows(const T* x, int64 x_stride, T* to, int64 to_stride, int64 rows, int64 columns)
{
    for (int64 i = global_thread(); i < rows * columns; i += global_stride())
    {
        int64 row = i / columns, column = i - row * columns;
        T* target = to + row * to_stride + column;
        *target = add(*target, x[row * x_stride + column]);
    }
}

KERNEL(256) elementwise_add(const float* x, int64 x_stride, float* to, int64 to_stride, int64 rows, int64 columns)
{
    if (columns % 4 == 0 && has_aligned_rows(x, x_stride) && has_aligned_rows(to, to_stride))
        add_rows(reinterpret_cast<const float4*>(x), x_stride / 4, reinterpret_cast<float4*>(to), to_stride / 4, rows, columns / 4);
    else
        add_rows(x, x_stride, to, to_stride, rows, columns);
}
