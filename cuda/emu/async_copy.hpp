// The twin of cp.async: a copy lands only when its thread waits for the group it was committed with. Until then its target reads as poison,
// so that a missing wait shows.
#pragma once
#include <string.h>

#include "block.hpp"

namespace hicorr_emu {

inline void issue_copy(void* to, const void* from, int bytes, bool valid, Location at) {
    if ((reinterpret_cast<unsigned long>(to) | reinterpret_cast<unsigned long>(from)) % static_cast<unsigned>(bytes) != 0)
        fail(at, "an address of a cp.async of %d bytes is not aligned to %d", bytes, bytes);
    memset(to, 0xff, static_cast<unsigned>(bytes));
    current_thread->copies.push_back({to, from, bytes, valid, current_thread->group});
}

}  // namespace hicorr_emu

inline void cp_async16(void* shared, const void* global, bool valid = true, hicorr_emu::Location at = hicorr_emu::Location::here()) {
    hicorr_emu::issue_copy(shared, global, 16, valid, at);
}

inline void cp_async4(void* shared, const void* global, bool valid = true, hicorr_emu::Location at = hicorr_emu::Location::here()) {
    hicorr_emu::issue_copy(shared, global, 4, valid, at);
}

inline void cp_async_commit() { hicorr_emu::current_thread->group++; }

// Copies that were not committed yet belong to a group that no wait covers.
template <int Pending>
inline void cp_async_wait() {
    hicorr_emu::Thread& thread = *hicorr_emu::current_thread;
    unsigned long kept = 0;
    for (const hicorr_emu::AsyncCopy& copy : thread.copies) {
        if (copy.group >= thread.group - Pending) thread.copies[kept++] = copy;
        else if (copy.valid) memcpy(copy.to, copy.from, static_cast<unsigned>(copy.bytes));
        else memset(copy.to, 0, static_cast<unsigned>(copy.bytes));
    }
    thread.copies.resize(kept);
}
