// Kullback-Leibler divergence of two softmaxes and both gradients; HiCorr.Native/Ops/KlDivergence/KlDivergence.cs has the formulas. One warp a row.
// With e = exp(t - max t) the divergence is Σ e (t - s) / Σ e - log Σ exp(t) + log Σ exp(s): the weights sum to one in whatever way e was rounded.
#include "common/base.cuh"

// hot
KERNEL(256) kl_divergence_over_channels(const float* student, int64 student_stride, const float* teacher, int64 teacher_stride, float* grad_student,
    int64 grad_student_stride, float* grad_teacher, int64 grad_teacher_stride, int64 rows, int64 columns, double share, double* losses)
{
    SHARED(BlockScratch<double>, scratch);
    int lane = lane_index();
    double loss = 0;
    for (int64 row = global_thread() / WARP; row < rows; row += global_stride() / WARP)
    {
        const float *s = student + row * student_stride, *t = teacher + row * teacher_stride;
        float most_s = -FLOAT_INFINITY, most_t = -FLOAT_INFINITY;
        for (int64 c = lane; c < columns; c += WARP)
        {
            most_s = fmaxf(most_s, s[c]);
            most_t = fmaxf(most_t, t[c]);
        }
        most_s = warp_max(most_s);
        most_t = warp_max(most_t);
        double sum_s = 0, sum_t = 0, difference = 0;
        for (int64 c = lane; c < columns; c += WARP)
        {
            float e = expf(t[c] - most_t);
            sum_s += expf(s[c] - most_s);
            sum_t += e;
            difference += e * (static_cast<double>(t[c]) - s[c]);
        }
        sum_s = warp_sum(sum_s);
        sum_t = warp_sum(sum_t);
        double log_ratio = (most_t + log(sum_t)) - (most_s + log(sum_s));
        double inverse_t = 1 / sum_t, divergence = warp_sum(difference) * inverse_t - log_ratio;
        if (lane == 0) loss += divergence;
        if (grad_student == nullptr && grad_teacher == nullptr) continue;
        double share_s = share / sum_s, share_t = share * inverse_t;
        for (int64 c = lane; c < columns; c += WARP)
        {
            // Both are read before either is written: a gradient may take the place of its features.
            float of_s = s[c], of_t = t[c];
            double p = share_t * expf(of_t - most_t);
            if (grad_student != nullptr) grad_student[row * grad_student_stride + c] = static_cast<float>(share_s * expf(of_s - most_s) - p);
            if (grad_teacher != nullptr)
                grad_teacher[row * grad_teacher_stride + c] = static_cast<float>(p * (static_cast<double>(of_t) - of_s - log_ratio - divergence));
        }
    }
    loss = block_sum(loss, scratch);
    if (threadIdx.x == 0) losses[blockIdx.x] = loss;
}
