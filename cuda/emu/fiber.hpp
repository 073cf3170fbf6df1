// Stacks of fibers and the switch between them. Hand-written, because ucontext makes two system calls a switch.
#pragma once
#include <pthread.h>
#include <sys/mman.h>

#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define HICORR_EMU_ASAN 1
#else
#define HICORR_EMU_ASAN 0
#endif

// Saves the callee-saved registers on this stack, and this stack's pointer in *from; goes on where `to` was left.
extern "C" void hicorr_emu_switch(void** from, void* to) __attribute__((visibility("hidden")));

namespace hicorr_emu {

struct Fiber {
    void* top = nullptr;  // stack pointer where it was left
    char* stack = nullptr;
    unsigned long bytes = 0;
    void* fake_stack = nullptr;  // of AddressSanitizer
};

inline void switch_fiber(Fiber& from, Fiber& to) {
#if HICORR_EMU_ASAN
    __sanitizer_start_switch_fiber(&from.fake_stack, to.stack, to.bytes);
#endif
    hicorr_emu_switch(&from.top, to.top);
#if HICORR_EMU_ASAN
    __sanitizer_finish_switch_fiber(from.fake_stack, nullptr, nullptr);
#endif
}

// For AddressSanitizer: the first act of a fresh fiber, and the bounds of the stack that an operating-system thread came with.
inline void finish_first_switch() {
#if HICORR_EMU_ASAN
    __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr);
#endif
}

inline void find_own_stack([[maybe_unused]] Fiber& fiber) {
#if HICORR_EMU_ASAN
    pthread_attr_t attributes;
    void* stack;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &stack, &fiber.bytes);
    pthread_attr_destroy(&attributes);
    fiber.stack = static_cast<char*>(stack);
#endif
}

// Fibers of one operating-system thread. Their memory is reused from block to block and launch to launch.
class FiberPool {
public:
    explicit FiberPool(void (*entry)()) : entry_(entry) {}

    ~FiberPool() {
        if (memory_ != nullptr) munmap(memory_, most_ * STRIDE);
    }

    // Makes room for this many, all of them fresh: whatever they were doing is forgotten.
    bool reset(unsigned count) {
        if (count > most_) {
            if (memory_ != nullptr) munmap(memory_, most_ * STRIDE);
            void* memory = mmap(nullptr, count * STRIDE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
            memory_ = memory == MAP_FAILED ? nullptr : static_cast<char*>(memory);
            most_ = memory_ == nullptr ? 0 : count;
            if (memory_ == nullptr) return false;
            fibers_.resize(most_);
        }
        idle_.clear();
        for (unsigned i = most_; i-- > 0;) idle_.push_back(&fibers_[i]);
        for (unsigned i = 0; i < most_; i++) {
            Fiber& fiber = fibers_[i];
            fiber.stack = memory_ + i * STRIDE;
            fiber.bytes = STACK;
            fiber.fake_stack = nullptr;
#if HICORR_EMU_ASAN
            __asan_unpoison_memory_region(fiber.stack, fiber.bytes);
#endif
            fiber.top = nullptr;
        }
        return true;
    }

    Fiber* take() {
        Fiber* fiber = idle_.back();
        idle_.pop_back();
        if (fiber->top == nullptr) prepare(*fiber);
        return fiber;
    }

    void give_back(Fiber* fiber) { idle_.push_back(fiber); }

    // Whether the fiber has kept off the end of its stack.
    static bool within_stack(const Fiber& fiber) { return *reinterpret_cast<const unsigned long*>(fiber.stack) == CANARY; }

private:
    static constexpr unsigned long STACK = HICORR_EMU_ASAN ? 256 * 1024 : 64 * 1024;
    // Tops of stacks a power of two apart would all fall into the same few cache sets.
    static constexpr unsigned long STRIDE = STACK + 5 * 64;
    static constexpr unsigned long CANARY = 0x5afe57acc0ffee11;
    static constexpr int SAVED_REGISTERS = 6;

    void prepare(Fiber& fiber) {
        *reinterpret_cast<unsigned long*>(fiber.stack) = CANARY;
        auto** top = reinterpret_cast<void**>((reinterpret_cast<unsigned long>(fiber.stack) + STACK) & ~63ul);
        *--top = nullptr;  // where a return address would lie: the entry never returns
        *--top = reinterpret_cast<void*>(entry_);
        for (int i = 0; i < SAVED_REGISTERS; i++) *--top = nullptr;
        fiber.top = top;
    }

    void (*entry_)();
    char* memory_ = nullptr;
    unsigned most_ = 0;
    std::vector<Fiber> fibers_;
    std::vector<Fiber*> idle_;
};

}  // namespace hicorr_emu
