// cp.async: a copy lands only when its thread waits for the group it was committed with. Until then its target reads as poison,
// so that a missing wait shows.
#pragma once
#include <string.h>

#include "block.hpp"

namespace hicorr_emu {

inline void issue_copy(void* to, const void* from, int bytes, bool valid) {
    if (reinterpret_cast<unsigned long>(to) % static_cast<unsigned>(bytes) != 0
        || (valid && reinterpret_cast<unsigned long>(from) % static_cast<unsigned>(bytes) != 0))
        fail(Location::here(), "an address of a cp.async of %d bytes is not aligned to %d", bytes, bytes);
    memset(to, 0xff, static_cast<unsigned>(bytes));
    current_thread->copies.push_back({to, from, bytes, valid, current_thread->group});
}

inline void commit_copies() { current_thread->group++; }

// Lands all copies but those of the newest `pending` groups, and those not committed yet.
inline void wait_copies(int pending) {
    Thread& thread = *current_thread;
    int landed = thread.group - pending;
    unsigned long kept = 0;
    for (const AsyncCopy& copy : thread.copies) {
        if (copy.group >= landed) thread.copies[kept++] = copy;
        else if (copy.valid) memcpy(copy.to, copy.from, static_cast<unsigned>(copy.bytes));
        else memset(copy.to, 0, static_cast<unsigned>(copy.bytes));
    }
    thread.copies.resize(kept);
}

}  // namespace hicorr_emu
