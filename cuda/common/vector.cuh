// Four floats at once, for matrices whose rows allow it.
#pragma once
#include "base.cuh"

// Whether every row begins at a multiple of 16 bytes.
DEVICE bool has_aligned_rows(const float* matrix, int64 stride) { return reinterpret_cast<uint64>(matrix) % 16 == 0 && stride % 4 == 0; }

DEVICE float add(float x, float y) { return x + y; }
DEVICE float4 add(float4 x, float4 y) { return make_float4(x.x + y.x, x.y + y.y, x.z + y.z, x.w + y.w); }
