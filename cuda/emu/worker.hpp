// What runs the blocks of a launch.
#pragma once
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <vector>

#include "block.hpp"
#include "fiber.hpp"
#include "launch.hpp"
#include "shared_memory.hpp"

namespace hicorr_emu {


constexpr int ERROR_BYTES = 1024;

// What all operating-system threads of one launch share.
struct Launch {
    const Kernel* kernel;
    void** arguments;
    dim3 blocks, threads;
    long dynamic_bytes;
    unsigned long seed;
    unsigned long count;  // of blocks
    unsigned long next = 0;
    int failed = 0;
    char error[ERROR_BYTES] = "";
};

struct Warp {
    unsigned existing;
    unsigned waiting;
    void* operands[32];
};

// One operating-system thread of a launch. It takes blocks until there are no more; their CUDA threads are fibers that switch straight to each other,
// without locks. A thread that never waits runs from start to end on the fiber of the thread before it. Whenever threads are let go together (at
// the start, after a barrier, after a warp operation), they go on in random order: code that relies on an order fails for some seed.
class Worker {
public:
    Worker* next_free = nullptr;

    // The entry is what a fresh fiber begins with: it calls run_threads.
    explicit Worker(void (*entry)()) : fibers_(entry) {}

    void run(Launch* launch) {
        find_own_stack(main_);
        current_grid = &grid_;
        launch_ = launch;
        count_ = launch->threads.x * launch->threads.y * launch->threads.z;
        grid_.threads = launch->threads;
        grid_.blocks = launch->blocks;
        if (!fibers_.reset(count_)) {
            fail_launch("no memory for the stacks of %u threads", count_);
            return;
        }
        shared_.begin_launch(launch->dynamic_bytes);
        make_threads();
        for (;;) {
            unsigned long block = __atomic_fetch_add(&launch->next, 1, __ATOMIC_RELAXED);
            if (block >= launch->count || __atomic_load_n(&launch->failed, __ATOMIC_RELAXED) != 0) break;
            run_block(block);
        }
        for (Thread& thread : threads_) thread.copies.clear();
    }

    int barrier(Vote vote, int predicate, Location at) {
        Thread* self = current_thread;
        if (arrived_ == 0) barrier_at_ = at;
        else if (at.line != barrier_at_.line || (at.file != barrier_at_.file && strcmp(at.file, barrier_at_.file) != 0)) fail_barriers(at);
        votes_ += predicate != 0;
        if (++arrived_ == count_) {
            result_ = votes_;
            arrived_ = votes_ = 0;
            // All wait but this one: it is the one at the head of the order, and goes on first.
            ready_ = count_ - 1;
            for (unsigned i = 0, to = 0; i < count_; i++)
                if (&threads_[i] != self) order_[to++] = &threads_[i];
            shuffle(ready_);
        } else {
            self->state = State::barrier;
            self->at = at;
            suspend(self);
        }
        switch (vote) {
            case Vote::any: return result_ != 0;
            case Vote::all: return result_ == static_cast<int>(count_);
            default: return result_;
        }
    }

    void meet_warp(unsigned mask, WarpOperation* operation, void* operand, Location at) {
        Thread* self = current_thread;
        Warp& warp = warps_[self->number / 32];
        unsigned bit = 1u << (self->number % 32);
        mask &= warp.existing;
        if ((mask & bit) == 0) hicorr_emu::fail(at, "thread %u is not in the mask %08x of its warp operation", self->number, mask);
        self->mask = mask;
        self->operation = reinterpret_cast<const void*>(operation);
        self->at = at;
        warp.operands[self->number % 32] = operand;
        warp.waiting |= bit;
        if ((warp.waiting & mask) != mask) {
            self->state = State::warp;
            suspend(self);
            return;
        }
        Thread* lanes = &threads_[self->number & ~31u];
        for (unsigned rest = mask; rest != 0; rest &= rest - 1) {
            Thread& lane = lanes[__builtin_ctz(rest)];
            if (lane.mask != mask || lane.operation != self->operation) fail_lanes(lane, at);
        }
        operation(warp.operands, mask);
        warp.waiting &= ~mask;
        // An odd step visits all 32 lanes; start and step are chance.
        unsigned chance = random(), lane = chance & 31, step = ((chance >> 5) & 31) | 1;
        for (unsigned rest = mask & ~bit; rest != 0; lane = (lane + step) & 31) {
            if ((rest >> lane & 1) == 0) continue;
            rest &= ~(1u << lane);
            order_[ready_++] = &lanes[lane];
        }
    }

    unsigned existing_lanes() { return warps_[current_thread->number / 32].existing; }

    SharedMemory& shared() { return shared_; }

    // What every fiber does for ever: run a thread, then go on with the next one.
    [[noreturn]] void run_threads() {
        for (;;) {
            Thread* self = current_thread;
            launch_->kernel->run(launch_->arguments);
            self->state = State::returned;
            Fiber* fiber = self->fiber;
            self->fiber = nullptr;
            returned_++;
            if (!FiberPool::within_stack(*fiber)) hicorr_emu::fail(Location::here(), "a thread used more stack than the emulator has");
            if (ready_ > 0 && order_[ready_ - 1]->fiber == nullptr) {
                current_thread = order_[--ready_];
                current_thread->fiber = fiber;
                continue;
            }
            fibers_.give_back(fiber);
            if (ready_ > 0) {
                current_thread = order_[--ready_];
                switch_fiber(*fiber, *current_thread->fiber);
            } else {
                if (returned_ != count_) fail_stuck();
                switch_fiber(*fiber, main_);
            }
        }
    }

    [[noreturn]] void fail(Location at, const char* format, va_list arguments) {
        char text[ERROR_BYTES];
        vsnprintf(text, sizeof text, format, arguments);
        fail_launch("%s, at %s:%d", text, file_name(at), at.line);
        leave();
    }

private:
    void make_threads() {
        if (threads_.size() < count_) threads_.resize(count_);
        order_.resize(count_);
        warps_.resize((count_ + 31) / 32);
        const dim3& size = launch_->threads;
        for (unsigned i = 0; i < count_; i++) {
            threads_[i].number = i;
            threads_[i].index = {i % size.x, i / size.x % size.y, i / size.x / size.y};
        }
        for (unsigned i = 0; i < warps_.size(); i++) {
            unsigned lanes = count_ - 32 * i;
            warps_[i].existing = lanes >= 32 ? 0xffffffffu : (1u << lanes) - 1;
        }
    }

    void run_block(unsigned long block) {
        const dim3& size = launch_->blocks;
        grid_.block = {static_cast<unsigned>(block % size.x), static_cast<unsigned>(block / size.x % size.y), static_cast<unsigned>(block / size.x / size.y)};
        chance_ = (launch_->seed + 1) * 0x9e3779b97f4a7c15ul ^ (block + 1) * 0xd1342543de82ef95ul;
        shared_.begin_block();
        arrived_ = votes_ = 0;
        returned_ = 0;
        for (unsigned i = 0; i < count_; i++) {
            Thread& thread = threads_[i];
            thread.fiber = nullptr;
            thread.group = 0;
            if (!thread.copies.empty()) thread.copies.clear();
            order_[i] = &thread;
        }
        for (Warp& warp : warps_) warp.waiting = 0;
        ready_ = count_;
        shuffle(count_);
        current_thread = order_[--ready_];
        current_thread->fiber = fibers_.take();
        switch_fiber(main_, *current_thread->fiber);
        if (const char* object = shared_.damaged()) fail_launch("wrote outside of the objects in shared memory, right behind '%s'", object);
    }

    // Lets the next thread run until somebody comes back to this one.
    void suspend(Thread* self) {
        if (ready_ == 0) fail_stuck();
        Thread* next = order_[--ready_];
        if (next->fiber == nullptr) next->fiber = fibers_.take();
        current_thread = next;
        switch_fiber(*self->fiber, *next->fiber);
        self->state = State::running;
    }

    unsigned random() {
        chance_ = chance_ * 6364136223846793005ul + 1442695040888963407ul;
        return static_cast<unsigned>(chance_ >> 32);
    }

    void shuffle(unsigned count) {
        for (unsigned i = count; i > 1; i--) {
            unsigned other = static_cast<unsigned>((static_cast<unsigned long>(random()) * i) >> 32);
            Thread* swapped = order_[i - 1];
            order_[i - 1] = order_[other];
            order_[other] = swapped;
        }
    }

    static const char* file_name(Location at) {
        const char* slash = strrchr(at.file, '/');
        return slash == nullptr ? at.file : slash + 1;
    }

    // The first failure of a launch is the one that is told.
    void fail_launch(const char* format, ...) __attribute__((format(printf, 2, 3))) {
        if (__atomic_exchange_n(&launch_->failed, 1, __ATOMIC_RELAXED) != 0) return;
        int length = snprintf(launch_->error, ERROR_BYTES, "kernel '%s', block (%u, %u, %u): ", launch_->kernel->name, grid_.block.x, grid_.block.y, grid_.block.z);
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(launch_->error + length, static_cast<unsigned long>(ERROR_BYTES - length), format, arguments);
        va_end(arguments);
    }

    // Abandons all fibers of the block.
    [[noreturn]] void leave() {
        Fiber abandoned;
        switch_fiber(abandoned, main_);
        __builtin_unreachable();
    }

    [[noreturn]] void fail_barriers(Location at) {
        fail_launch("threads wait at different barriers: %u of %u at %s:%d, and thread %u at %s:%d", arrived_, count_, file_name(barrier_at_),
                    barrier_at_.line, current_thread->number, file_name(at), at.line);
        leave();
    }

    [[noreturn]] void fail_lanes(const Thread& lane, Location at) {
        fail_launch("lanes of a warp do not agree: thread %u with mask %08x at %s:%d, and thread %u with mask %08x at %s:%d", lane.number, lane.mask,
                    file_name(lane.at), lane.at.line, current_thread->number, current_thread->mask, file_name(at), at.line);
        leave();
    }

    // Nobody can go on: tells for up to four places how many threads wait there.
    [[noreturn]] void fail_stuck() {
        char text[ERROR_BYTES / 2] = "";
        int length = 0;
        unsigned told = returned_;
        for (unsigned i = 0, places = 0; i < count_ && places < 4; i++) {
            const Thread& first = threads_[i];
            if (first.state == State::returned || told_before(i)) continue;
            unsigned same = 0;
            for (unsigned j = i; j < count_; j++) same += same_place(threads_[j], first);
            length += snprintf(text + length, sizeof text - static_cast<unsigned long>(length), "%s%u of %u threads (first: %u) wait %s at %s:%d",
                               places == 0 ? "" : ", ", same, count_, i, first.state == State::barrier ? "at the barrier" : "in a warp operation",
                               file_name(first.at), first.at.line);
            told += same;
            places++;
        }
        fail_launch("not all threads come together: %s; %u have returned%s", text, returned_, told < count_ ? "; others wait elsewhere" : "");
        leave();
    }

    bool told_before(unsigned i) const {
        for (unsigned j = 0; j < i; j++)
            if (same_place(threads_[j], threads_[i])) return true;
        return false;
    }

    static bool same_place(const Thread& x, const Thread& y) {
        return x.state == y.state && x.at.line == y.at.line && strcmp(x.at.file, y.at.file) == 0;
    }

    Launch* launch_ = nullptr;
    Grid grid_{};
    unsigned count_ = 0;  // threads of a block
    std::vector<Thread> threads_;
    std::vector<Warp> warps_;
    std::vector<Thread*> order_;  // the first ready_ can run; the last of them is next
    unsigned ready_ = 0;
    unsigned arrived_ = 0;
    unsigned returned_ = 0;
    Location barrier_at_{};
    int votes_ = 0;
    int result_ = 0;
    unsigned long chance_ = 0;
    Fiber main_;
    FiberPool fibers_;
    SharedMemory shared_;
};

}  // namespace hicorr_emu
