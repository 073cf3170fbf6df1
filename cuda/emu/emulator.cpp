// The library that all libraries of kernels share: the words of block.hpp, handed to the worker of this operating-system thread, and the launch.
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "worker.hpp"

namespace hicorr_emu {

thread_local Thread* current_thread = nullptr;
thread_local Grid* current_grid = nullptr;

namespace {

thread_local Worker* worker __attribute__((tls_model("initial-exec"))) = nullptr;

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
    if (own == nullptr) own = new Worker(fiber_entry);
    worker = own;
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

// Runs a grid to its end. 0, or 1 with the error's text.
extern "C" int hicorr_emu_launch(const void* descriptor, int grid_x, int grid_y, int grid_z, int block_x, int block_y, int block_z,
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
