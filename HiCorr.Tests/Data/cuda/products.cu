#include "common/mma.cuh"

// One warp: d (16, 8) = a (16, K) b (K, 8), all row by row, operands rounded on the way in.
struct Lane {
    int row = threadIdx.x / 4;
    int pair = threadIdx.x % 4;
};

DEVICE void store(float* d, const float (&part)[4], Lane lane) {
    for (int i = 0; i < 4; i++) d[(lane.row + 8 * (i / 2)) * 8 + 2 * lane.pair + i % 2] = part[i];
}

KERNEL(32) tf32_product_kernel(const float* a, const float* b, float* d) {
    Lane lane;
    float part[4] = {};
    uint32 left[4], right[2];
    for (int i = 0; i < 4; i++) left[i] = to_tf32(a[(lane.row + 8 * (i % 2)) * 8 + lane.pair + 4 * (i / 2)]);
    for (int i = 0; i < 2; i++) right[i] = to_tf32(b[(lane.pair + 4 * i) * 8 + lane.row]);
    mma_tf32(part, left, right);
    store(d, part, lane);
}

template <class Pack>
DEVICE void load16(const float* a, const float* b, uint32 (&left)[4], uint32 (&right)[2], Lane lane, Pack pack) {
    for (int i = 0; i < 4; i++) {
        const float* values = a + (lane.row + 8 * (i % 2)) * 16 + 2 * lane.pair + 8 * (i / 2);
        left[i] = pack(values[0], values[1]);
    }
    for (int i = 0; i < 2; i++) {
        const float* values = b + (2 * lane.pair + 8 * i) * 8 + lane.row;
        right[i] = pack(values[0], values[8]);
    }
}

#define PRODUCT_KERNEL(type) \
    KERNEL(32) type##_product_kernel(const float* a, const float* b, float* d) { \
        Lane lane; \
        float part[4] = {}; \
        uint32 left[4], right[2]; \
        load16(a, b, left, right, lane, [](float low, float high) { return pack_##type(low, high); }); \
        mma_##type(part, left, right); \
        store(d, part, lane); \
    }

PRODUCT_KERNEL(bf16)
PRODUCT_KERNEL(fp16)

// bits[3 i ..] = values[i] rounded to tf32, bf16 and fp16.
KERNEL(32) round_kernel(const float* values, uint32* bits) {
    float value = values[threadIdx.x];
    bits[3 * threadIdx.x] = to_tf32(value);
    bits[3 * threadIdx.x + 1] = to_bf16(value);
    bits[3 * threadIdx.x + 2] = to_fp16(value);
}

// The bf16 product with both operands by way of shared memory: ldmatrix of the left one, transposed ldmatrix of the right one.
KERNEL(32) ldmatrix_product_kernel(const float* a, const float* b, float* d) {
    SHARED(uint16[32 * 8], left_tile);   // four 8x8 tiles of a, in the order of the fragment's registers
    SHARED(uint16[32 * 8], right_tile);  // rows of b, twice
    int thread = threadIdx.x, tile = thread / 8, row = thread % 8;
    for (int i = 0; i < 8; i++) {
        left_tile[thread * 8 + i] = to_bf16(a[(row + 8 * (tile % 2)) * 16 + 8 * (tile / 2) + i]);
        right_tile[thread * 8 + i] = to_bf16(b[(thread % 16) * 8 + i]);
    }
    __syncwarp();
    uint32 left[4], right[4];
    ldmatrix_x4(left, left_tile + thread * 8);
    ldmatrix_x4_transposed(right, right_tile + thread * 8);
    uint32 first[2] = {right[0], right[1]};
    float part[4] = {};
    mma_bf16(part, left, first);
    store(d, part, Lane());
}
