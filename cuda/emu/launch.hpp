// The list of a library's kernels. The wrapper that is generated around a .cu makes one Registration for each KERNEL; library.hpp has the list itself.
#pragma once
#include <utility>

namespace hicorr_emu {

struct Kernel {
    const char* name;
    int most_threads;  // of KERNEL(threads)
    void (*run)(void** arguments);  // one thread of the kernel
    const int* argument_bytes;
    int arguments;
    const Kernel* next;
};

extern const Kernel* kernels;

template <auto Function>
struct Signature;

template <class... Arguments, void (*Function)(Arguments...)>
struct Signature<Function> {
    static constexpr int count = sizeof...(Arguments);
    static constexpr int bytes[count + 1] = {static_cast<int>(sizeof(Arguments))..., 0};

    static void run(void** arguments) { call(arguments, std::make_index_sequence<count>()); }

    template <std::size_t... Index>
    static void call([[maybe_unused]] void** arguments, std::index_sequence<Index...>) {
        Function(*static_cast<std::remove_const_t<Arguments>*>(arguments[Index])...);
    }
};

template <auto Function>
struct Registration {
    Kernel kernel;

    Registration(const char* name, int most_threads)
        : kernel{name, most_threads, Signature<Function>::run, Signature<Function>::bytes, Signature<Function>::count, kernels} {
        kernels = &kernel;
    }
};

}  // namespace hicorr_emu
