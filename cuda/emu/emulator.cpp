// The scheduler. A block runs on one operating-system thread; its CUDA threads are fibers that switch straight to each other, without locks.
// A thread that never waits runs from start to end on the fiber of the thread before it. Whenever threads are let go together (at the
// start, after a barrier, after a warp operation), the order in which they go on is random: code that relies on an order fails for some seed.
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "block.hpp"
#include "fiber.hpp"
#include "launch.hpp"
#include "shared_memory.hpp"

namespace hicorr_emu {

thread_local Thread* current_thread = nullptr;
thread_local Grid* current_grid = nullptr;
const Kernel* kernels = nullptr;

namespace {

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

[[noreturn]] void fiber_entry();

class Worker;
thread_local Worker* worker __attribute__((tls_model("initial-exec"))) = nullptr;

class Worker {
public:
    Worker* next_free = nullptr;

    void run(Launch* launch) {
        worker = this;
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
        if (const char* object = shared_.damaged()) fail_launch("wrote past the end of shared memory '%s'", object);
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
    FiberPool fibers_{fiber_entry};
    SharedMemory shared_;
};

[[noreturn]] void fiber_entry() {
    finish_first_switch();
    worker->run_threads();
}

// Workers outlive launches, for the sake of their stacks.
pthread_mutex_t free_gate = PTHREAD_MUTEX_INITIALIZER;
Worker* free_workers = nullptr;

void* work(void* launch) {
    pthread_mutex_lock(&free_gate);
    Worker* own = free_workers;
    if (own != nullptr) free_workers = own->next_free;
    pthread_mutex_unlock(&free_gate);
    if (own == nullptr) own = new Worker();
    own->run(static_cast<Launch*>(launch));
    pthread_mutex_lock(&free_gate);
    own->next_free = free_workers;
    free_workers = own;
    pthread_mutex_unlock(&free_gate);
    return nullptr;
}

// When the library is unloaded.
__attribute__((destructor)) void delete_workers() {
    while (free_workers != nullptr) {
        Worker* own = free_workers;
        free_workers = own->next_free;
        delete own;
    }
}

}  // namespace

int barrier(Vote vote, int predicate, Location at) { return worker->barrier(vote, predicate, at); }

void meet_warp(unsigned mask, WarpOperation* operation, void* operand, Location at) { worker->meet_warp(mask, operation, operand, at); }

unsigned existing_lanes() { return worker->existing_lanes(); }

void* shared_object(const SharedObject* object) { return worker->shared().find(object); }

void* dynamic_shared() { return worker->shared().dynamic(); }

void fail(Location at, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    worker->fail(at, format, arguments);
}

}  // namespace hicorr_emu

#define EXPORTED extern "C" __attribute__((visibility("default")))

// Null if this library has no such kernel.
EXPORTED const void* hicorr_emu_kernel(const char* name) {
    const hicorr_emu::Kernel* kernel = hicorr_emu::kernels;
    while (kernel != nullptr && strcmp(kernel->name, name) != 0) kernel = kernel->next;
    return kernel;
}

// Number of a kernel's arguments; writes the bytes of each, as far as there is room.
EXPORTED int hicorr_emu_arguments(const void* descriptor, int* bytes, int room) {
    auto* kernel = static_cast<const hicorr_emu::Kernel*>(descriptor);
    for (int i = 0; i < kernel->arguments && i < room; i++) bytes[i] = kernel->argument_bytes[i];
    return kernel->arguments;
}

// Runs a grid to its end. 0, or 1 with the error's text.
EXPORTED int hicorr_emu_launch(const void* descriptor, int grid_x, int grid_y, int grid_z, int block_x, int block_y, int block_z,
                               long long dynamic_shared_bytes, void** arguments, int workers, unsigned long long seed, char* error, int error_bytes) {
    hicorr_emu::Launch launch{};
    launch.kernel = static_cast<const hicorr_emu::Kernel*>(descriptor);
    launch.arguments = arguments;
    launch.blocks = {static_cast<unsigned>(grid_x), static_cast<unsigned>(grid_y), static_cast<unsigned>(grid_z)};
    launch.threads = {static_cast<unsigned>(block_x), static_cast<unsigned>(block_y), static_cast<unsigned>(block_z)};
    launch.dynamic_bytes = dynamic_shared_bytes;
    launch.seed = seed;
    launch.count = static_cast<unsigned long>(grid_x) * static_cast<unsigned long>(grid_y) * static_cast<unsigned long>(grid_z);
    long threads = static_cast<long>(block_x) * block_y * block_z;
    if (threads > launch.kernel->most_threads || threads > 1024 || block_z > 64) {
        snprintf(error, static_cast<unsigned long>(error_bytes), "kernel '%s': %ld threads a block; it is made for at most %d", launch.kernel->name,
                 threads, launch.kernel->most_threads);
        return 1;
    }
    int helpers = static_cast<unsigned long>(workers) > launch.count ? static_cast<int>(launch.count) - 1 : workers - 1;
    std::vector<pthread_t> started;
    for (int i = 0; i < helpers; i++) {
        pthread_t thread;
        // Without a helper the others do its blocks.
        if (pthread_create(&thread, nullptr, hicorr_emu::work, &launch) == 0) started.push_back(thread);
    }
    hicorr_emu::work(&launch);
    for (pthread_t thread : started) pthread_join(thread, nullptr);
    if (launch.failed == 0) return 0;
    snprintf(error, static_cast<unsigned long>(error_bytes), "%s", launch.error);
    return 1;
}
