// Warp shuffles and votes. Lanes wait until all of the mask are there; the last one computes the result of each.
#pragma once
#include <string.h>

#include "block.hpp"

namespace hicorr_emu {

template <class T>
struct ShuffleOperand {
    T value;
    int source;  // lane of the warp
};

template <class T>
void shuffle_operation(void* const* operands, unsigned mask) {
    T values[32];
    // What CUDA leaves undefined, the value of a lane outside the mask, reads as poison.
    memset(values, 0xff, sizeof values);
    for (unsigned rest = mask; rest != 0; rest &= rest - 1) {
        int lane = __builtin_ctz(rest);
        values[lane] = static_cast<ShuffleOperand<T>*>(operands[lane])->value;
    }
    for (unsigned rest = mask; rest != 0; rest &= rest - 1) {
        auto* operand = static_cast<ShuffleOperand<T>*>(operands[__builtin_ctz(rest)]);
        operand->value = values[operand->source];
    }
}

template <class T>
T shuffle(unsigned mask, T value, int source, Location at) {
    ShuffleOperand<T> operand{value, source};
    meet_warp(mask, shuffle_operation<T>, &operand, at);
    return operand.value;
}

inline int own_lane() { return static_cast<int>(current_thread->number % 32); }

inline void vote_operation(void* const* operands, unsigned mask) {
    unsigned votes = 0;
    for (unsigned rest = mask; rest != 0; rest &= rest - 1) {
        int lane = __builtin_ctz(rest);
        if (*static_cast<unsigned*>(operands[lane]) != 0) votes |= 1u << lane;
    }
    for (unsigned rest = mask; rest != 0; rest &= rest - 1) *static_cast<unsigned*>(operands[__builtin_ctz(rest)]) = votes;
}

// For operations that have no mask: all 32 lanes take part.
inline void meet_full_warp(WarpOperation* operation, void* operand, Location at) {
    if (existing_lanes() != 0xffffffffu) fail(at, "this warp operation needs 32 threads; the warp has lanes %08x", existing_lanes());
    meet_warp(0xffffffffu, operation, operand, at);
}

template <class T, class Combine>
struct ReduceOperand {
    T value;
    Combine& combine;
};

template <class T, class Combine>
void reduce_operation(void* const* operands, unsigned) {
    auto operand = [&](int lane) { return static_cast<ReduceOperand<T, Combine>*>(operands[lane]); };
    T values[32], combined[32];
    for (int lane = 0; lane < 32; lane++) values[lane] = operand(lane)->value;
    for (int distance = 16; distance > 0; distance /= 2) {
        for (int lane = 0; lane < 32; lane++) combined[lane] = operand(0)->combine(values[lane], values[lane ^ distance]);
        memcpy(values, combined, sizeof values);
    }
    for (int lane = 0; lane < 32; lane++) operand(lane)->value = values[lane];
}

inline void sync_operation(void* const*, unsigned) {}

}  // namespace hicorr_emu

template <class T>
inline T __shfl_sync(unsigned mask, T value, int source, int width = 32, hicorr_emu::Location at = hicorr_emu::Location::here()) {
    int lane = hicorr_emu::own_lane();
    return hicorr_emu::shuffle(mask, value, (lane & ~(width - 1)) | (source & (width - 1)), at);
}

// A source outside the segment of `width` lanes is the lane itself, as in CUDA.
template <class T>
inline T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, hicorr_emu::Location at = hicorr_emu::Location::here()) {
    int lane = hicorr_emu::own_lane(), source = lane - static_cast<int>(delta);
    return hicorr_emu::shuffle(mask, value, source < (lane & ~(width - 1)) ? lane : source, at);
}

template <class T>
inline T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, hicorr_emu::Location at = hicorr_emu::Location::here()) {
    int lane = hicorr_emu::own_lane(), source = lane + static_cast<int>(delta);
    return hicorr_emu::shuffle(mask, value, source > (lane | (width - 1)) ? lane : source, at);
}

template <class T>
inline T __shfl_xor_sync(unsigned mask, T value, int with, int width = 32, hicorr_emu::Location at = hicorr_emu::Location::here()) {
    int lane = hicorr_emu::own_lane(), source = lane ^ with;
    return hicorr_emu::shuffle(mask, value, source > (lane | (width - 1)) ? lane : source, at);
}

inline void __syncwarp(unsigned mask = 0xffffffffu, hicorr_emu::Location at = hicorr_emu::Location::here()) {
    hicorr_emu::meet_warp(mask, hicorr_emu::sync_operation, nullptr, at);
}

inline unsigned __ballot_sync(unsigned mask, int predicate, hicorr_emu::Location at = hicorr_emu::Location::here()) {
    unsigned votes = predicate != 0;
    hicorr_emu::meet_warp(mask, hicorr_emu::vote_operation, &votes, at);
    return votes;
}

inline int __any_sync(unsigned mask, int predicate, hicorr_emu::Location at = hicorr_emu::Location::here()) {
    return __ballot_sync(mask, predicate, at) != 0;
}

inline int __all_sync(unsigned mask, int predicate, hicorr_emu::Location at = hicorr_emu::Location::here()) {
    return __ballot_sync(mask, predicate, at) == (mask & hicorr_emu::existing_lanes());
}

// The xor tree of common/base.cuh, with one meeting of the lanes in place of five.
template <class T, class Combine>
inline T warp_reduce(T value, Combine combine, hicorr_emu::Location at = hicorr_emu::Location::here()) {
    hicorr_emu::ReduceOperand<T, Combine> operand{value, combine};
    hicorr_emu::meet_full_warp(hicorr_emu::reduce_operation<T, Combine>, &operand, at);
    return operand.value;
}
