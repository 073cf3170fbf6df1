// Divides gradients by the loss scale and notes whether one of them is not finite; HiCorr.Native/Optim/LossScale.cs has the rule.
#include "common/base.cuh"

KERNEL(256) loss_scale_unscale(float* gradient, int64 count, float factor, int* overflow)
{
    bool finite = true;
    for (int64 i = global_thread(); i < count; i += global_stride())
    {
        float value = gradient[i] * factor;
        gradient[i] = value;
        finite = finite && fabsf(value) <= FLOAT_MAX;
    }
    if (!finite) atomicOr(overflow, 1);
}
