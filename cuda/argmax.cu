// The class of the highest score of every row and its softmax probability; HiCorr.Native/Ops/Argmax/Argmax.cs has the formulas. One warp a row.
#include "common/base.cuh"

// The larger, the earlier the class would be taken: higher scores first, of equals the lower column. No two columns rank alike.
DEVICE uint64 rank_of(float score, int64 column)
{
    if (score != score) return column == 0 ? ~0ull : 0;
    // Adding 0 makes -0 and 0 one value.
    uint32 bits = __float_as_uint(score + 0.0f), ordered = bits >> 31 ? ~bits : bits | 0x80000000u;
    return static_cast<uint64>(ordered) << 32 | (0xffffffffu - static_cast<uint32>(column));
}

KERNEL(256) argmax_forward(const float* scores, int64 stride, int64 rows, int64 columns, uint8* labels, float* confidence)
{
    for (int64 row = global_thread() / WARP; row < rows; row += global_stride() / WARP)
    {
        const float* s = scores + row * stride;
        uint64 rank = 0;
        for (int64 c = lane_index(); c < columns; c += WARP) rank = larger(rank, rank_of(s[c], c));
        rank = warp_max(rank);
        int label = static_cast<int>(0xffffffffu - static_cast<uint32>(rank));
        float best = s[label], sum = 0;
        for (int64 c = lane_index(); c < columns; c += WARP) sum += expf(s[c] - best);
        sum = warp_sum(sum);
        if (lane_index() != 0) continue;
        labels[row] = static_cast<uint8>(label);
        confidence[row] = 1 / sum;
    }
}
