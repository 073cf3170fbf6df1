// One step of SGD; HiCorr.Native/Optim/Sgd.cs has the formulas. Products and sums are rounded one by one, as on the CPU.
#include "common/base.cuh"

KERNEL(256) sgd_step(float* value, const float* gradient, float* buffer, int64 count, float learning_rate, float keep, float take, float decay)
{
    for (int64 i = global_thread(); i < count; i += global_stride())
    {
        float parameter = value[i], g = __fadd_rn(gradient[i], __fmul_rn(decay, parameter));
        float momentum = __fadd_rn(__fmul_rn(keep, buffer[i]), __fmul_rn(take, g));
        buffer[i] = momentum;
        value[i] = __fsub_rn(parameter, __fmul_rn(learning_rate, momentum));
    }
}
