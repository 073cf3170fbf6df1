// Sums the losses of blocks in their order, always with one block of threads: the bits depend on nothing but the losses.
#include "common/base.cuh"

KERNEL(256) loss_sum(const double* losses, int64 count, double* sum)
{
    SHARED(BlockScratch<double>, scratch);
    double own = 0;
    for (int64 i = threadIdx.x; i < count; i += blockDim.x) own += losses[i];
    own = block_sum(own, scratch);
    if (threadIdx.x == 0) *sum = own;
}
