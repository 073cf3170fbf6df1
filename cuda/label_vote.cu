// Modes of the labels inside groups; HiCorr.Native/Ops/LabelVote/LabelVote.cs has the contract. First counters (groups, classes), one thread a label, of
// some groups that follow each other; then the best of every group, one warp a group.
#include "common/base.cuh"

constexpr int NO_LABEL = 255;

KERNEL(256) label_vote_counts(const int* groups, const uint8* labels, int64 label_count, int64 first_group, int64 group_count, int64 classes, int* counts)
{
    for (int64 i = global_thread(); i < label_count; i += global_stride())
    {
        int64 group = groups[i] - first_group;
        int label = labels[i];
        if (group >= 0 && group < group_count && label != NO_LABEL) atomicAdd(counts + group * classes + label, 1);
    }
}

KERNEL(256) label_vote_modes(const int* counts, int64 group_count, int64 classes, uint8* modes, int* votes, int* voters)
{
    for (int64 group = global_thread() / WARP; group < group_count; group += global_stride() / WARP)
    {
        // Votes above, and below them what is larger for smaller labels, which win a tie.
        uint64 best = 0;
        int sum = 0;
        for (int64 label = lane_index(); label < classes; label += WARP)
        {
            int count = counts[group * classes + label];
            best = larger(best, static_cast<uint64>(count) << 32 | static_cast<uint64>(NO_LABEL - label));
            sum += count;
        }
        best = warp_max(best);
        sum = warp_sum(sum);
        if (lane_index() != 0) continue;
        modes[group] = static_cast<uint8>(sum == 0 ? NO_LABEL : NO_LABEL - static_cast<int>(best & 0xff));
        votes[group] = static_cast<int>(best >> 32);
        voters[group] = sum;
    }
}
