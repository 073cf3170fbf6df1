// What a running block is made of, and the ways its threads meet: block barriers and warp operations.
#pragma once
#include <vector>

#include "types.hpp"

namespace hicorr_emu {

// Where a kernel waits. As a default argument it is the place of the call.
struct Location {
    const char* file;
    int line;
    static constexpr Location here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) { return {file, line}; }
};

// One cp.async that was issued and has not landed.
struct AsyncCopy {
    void* to;
    const void* from;
    int bytes;
    bool valid;
    int group;
};

enum class State { running, barrier, warp, returned };

struct Fiber;

// One CUDA thread.
struct Thread {
    uint3 index;
    unsigned number;          // in its block
    Fiber* fiber = nullptr;   // null before its first and after its last instruction
    State state = State::running;
    Location at{};            // where it waits
    unsigned mask = 0;        // lanes that it waits for
    const void* operation = nullptr;
    int group = 0;            // number of cp.async groups it has committed
    std::vector<AsyncCopy> copies;
};

struct Grid {
    uint3 block;
    dim3 threads;
    dim3 blocks;
};

// Every block runs on one operating-system thread from start to end, so these never change under a fiber.
// initial-exec: a plain memory access instead of a function call. The loader has little room for such variables of late libraries: only the
// emulator's own has any.
extern thread_local Thread* current_thread __attribute__((tls_model("initial-exec")));
extern thread_local Grid* current_grid __attribute__((tls_model("initial-exec")));

enum class Vote { none, any, all, count };

// Waits for all threads of the block; the result of the vote over their predicates.
int barrier(Vote vote, int predicate, Location at);

// Computes a warp operation for all lanes of the mask at once: operands[lane] is what each handed in, with room for its result.
typedef void WarpOperation(void* const* operands, unsigned mask);

// Waits for all lanes of the mask. The last one runs the operation for all; then every lane finds its result in its operand.
void meet_warp(unsigned mask, WarpOperation* operation, void* operand, Location at);

// Lanes of this thread's warp that exist; fewer than 32 only in the last warp of a block.
unsigned existing_lanes();

// One object of SHARED: its address differs per operating-system thread, its content is poisoned before every block.
struct SharedObject {
    const char* name;
    unsigned long bytes;
    unsigned long alignment;
};
void* shared_object(const SharedObject* object);
void* dynamic_shared();

// Ends the launch with this message; kernel and block are put in front.
[[noreturn]] void fail(Location at, const char* format, ...) __attribute__((format(printf, 2, 3)));

}  // namespace hicorr_emu

inline void __syncthreads(hicorr_emu::Location at = hicorr_emu::Location::here()) { hicorr_emu::barrier(hicorr_emu::Vote::none, 0, at); }
inline int __syncthreads_or(int predicate, hicorr_emu::Location at = hicorr_emu::Location::here()) {
    return hicorr_emu::barrier(hicorr_emu::Vote::any, predicate, at);
}
inline int __syncthreads_and(int predicate, hicorr_emu::Location at = hicorr_emu::Location::here()) {
    return hicorr_emu::barrier(hicorr_emu::Vote::all, predicate, at);
}
inline int __syncthreads_count(int predicate, hicorr_emu::Location at = hicorr_emu::Location::here()) {
    return hicorr_emu::barrier(hicorr_emu::Vote::count, predicate, at);
}
