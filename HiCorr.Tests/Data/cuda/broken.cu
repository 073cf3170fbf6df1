#include "common/base.cuh"

KERNEL(32) broken_kernel(float* values) { values[0] = missing_function(1); }
