// Cosine loss and both gradients; HiCorr.Native/Ops/CosineLoss/CosineLoss.cs has the formulas. One warp a row, sums in double precision as on the CPU.
#include "common/base.cuh"

constexpr double EPSILON = 1e-8; // CosineLoss.Epsilon

// hot
KERNEL(256) cosine_loss(const float* a, int64 a_stride, const float* b, int64 b_stride, float* grad_a, int64 grad_a_stride, float* grad_b, int64 grad_b_stride,
    const float* weights, int64 rows, int64 columns, double share, double* losses)
{
    SHARED(BlockScratch<double>, scratch);
    int lane = lane_index();
    double loss = 0;
    for (int64 row = global_thread() / WARP; row < rows; row += global_stride() / WARP)
    {
        const float *x = a + row * a_stride, *y = b + row * b_stride;
        double xx = 0, yy = 0, xy = 0;
        for (int64 c = lane; c < columns; c += WARP)
        {
            double s = x[c], t = y[c];
            xx += s * s;
            yy += t * t;
            xy += s * t;
        }
        xx = warp_sum(xx);
        yy = warp_sum(yy);
        xy = warp_sum(xy);
        double norms = sqrt(xx) * sqrt(yy), weight = weights == nullptr ? 1.0 : weights[row];
        bool directed = norms > EPSILON;
        double cosine = directed ? xy / norms : 0, scale = directed ? share * weight / norms : 0;
        double of_x = directed ? scale * cosine * norms / xx : 0, of_y = directed ? scale * cosine * norms / yy : 0;
        if (lane == 0) loss += weight * (1 - cosine);
        if (grad_a == nullptr && grad_b == nullptr) continue;
        for (int64 c = lane; c < columns; c += WARP)
        {
            // Both are read before either is written: a gradient may take the place of its features.
            double s = x[c], t = y[c];
            if (grad_a != nullptr) grad_a[row * grad_a_stride + c] = static_cast<float>(of_x * s - scale * t);
            if (grad_b != nullptr) grad_b[row * grad_b_stride + c] = static_cast<float>(of_y * t - scale * s);
        }
    }
    loss = block_sum(loss, scratch);
    if (threadIdx.x == 0) losses[blockIdx.x] = loss;
}
