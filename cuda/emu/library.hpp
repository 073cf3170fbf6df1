// What a library of kernels has besides them: its list, and the C interface to it. Included once, by the wrapper that is generated around a .cu.
#pragma once
#include <string.h>

#include "launch.hpp"

const hicorr_emu::Kernel* hicorr_emu::kernels = nullptr;

#define HICORR_EMU_EXPORTED extern "C" __attribute__((visibility("default")))

// Null if this library has no such kernel.
HICORR_EMU_EXPORTED const void* hicorr_emu_kernel(const char* name) {
    const hicorr_emu::Kernel* kernel = hicorr_emu::kernels;
    while (kernel != nullptr && strcmp(kernel->name, name) != 0) kernel = kernel->next;
    return kernel;
}

// Number of a kernel's arguments; writes the bytes of each, as far as there is room.
HICORR_EMU_EXPORTED int hicorr_emu_arguments(const void* descriptor, int* bytes, int room) {
    auto* kernel = static_cast<const hicorr_emu::Kernel*>(descriptor);
    for (int i = 0; i < kernel->arguments && i < room; i++) bytes[i] = kernel->argument_bytes[i];
    return kernel->arguments;
}
