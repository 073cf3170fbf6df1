// x86-64, System V: rbx, rbp and r12 to r15 belong to the caller; the floating-point control words never change in a kernel.
#include "fiber.hpp"

asm(R"(
.text
.p2align 4
.globl hicorr_emu_switch
.hidden hicorr_emu_switch
.type hicorr_emu_switch, @function
hicorr_emu_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size hicorr_emu_switch, .-hicorr_emu_switch
)");
