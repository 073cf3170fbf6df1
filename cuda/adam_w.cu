// One step of AdamW; HiCorr.Native/Optim/AdamW.cs has the formulas. Products and sums are rounded one by one, as on the CPU.
#include "common/base.cuh"

KERNEL(256) adam_w_step(float* value, const float* gradient, float* first, float* second, int64 count, float step_size, float correction, float decay, float keep1,
    float take1, float keep2, float take2, float epsilon)
{
    for (int64 i = global_thread(); i < count; i += global_stride())
    {
        float g = gradient[i];
        float m = __fadd_rn(__fmul_rn(keep1, first[i]), __fmul_rn(take1, g));
        float v = __fadd_rn(__fmul_rn(keep2, second[i]), __fmul_rn(__fmul_rn(take2, g), g));
        first[i] = m;
        second[i] = v;
        float step = __fdiv_rn(__fmul_rn(step_size, m), __fadd_rn(__fmul_rn(__fsqrt_rn(v), correction), epsilon));
        value[i] = __fsub_rn(__fmul_rn(value[i], decay), step);
    }
}
