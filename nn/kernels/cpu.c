// SPDX-License-Identifier: MIT
// Finds out once which instructions this CPU and its operating system can run.
#include "nn/kernels/cpu.h"

#include <pthread.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <stdbool.h>
#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif

// Register state that the operating system saves on a context switch (XCR0).
static unsigned read_xcr0(void)
{
    unsigned low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

// Tiles are eight kilobytes that Linux saves only for processes that have asked once
// (Documentation/arch/x86/xstate.rst); all threads have them then.
static bool may_use_tiles(unsigned xcr0)
{
    const unsigned tile_state = 1u << 17 | 1u << 18; // configuration and data
    if ((xcr0 & tile_state) != tile_state)
        return false;
#ifdef __linux__
    const long request_permission = 0x1023, tile_data = 18;
    return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
    return true;
#endif
}

// Bits are those of the Intel SDM volume 2A, CPUID.
static unsigned detect(void)
{
    const unsigned fma = 1u << 12, osxsave = 1u << 27, avx = 1u << 28, f16c = 1u << 29;
    const unsigned avx2 = 1u << 5, avx512 = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31; // F DQ BW VL
    const unsigned avx512_vnni = 1u << 11, avx_vnni = 1u << 4;
    const unsigned avx512_bf16 = 1u << 5, amx = 1u << 22 | 1u << 24 | 1u << 25; // bf16 tile int8
    const unsigned ymm_state = 0x06, zmm_state = 0xe6;
    unsigned eax, ebx, ecx, edx, flags = 0;

    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx))
        return 0;
    const unsigned want = fma | osxsave | avx | f16c;
    if ((ecx & want) != want)
        return 0;
    const unsigned xcr0 = read_xcr0();
    if ((xcr0 & ymm_state) != ymm_state || !__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx))
        return 0;
    if (!(ebx & avx2))
        return 0;
    flags |= NN_CPU_AVX2;
    if ((ebx & avx512) == avx512 && (xcr0 & zmm_state) == zmm_state)
        flags |= NN_CPU_AVX512 | (ecx & avx512_vnni ? NN_CPU_AVX512_VNNI : 0);
    if (flags & NN_CPU_AVX512 && !__builtin_cpu_is("amd"))
        flags |= NN_CPU_WIDE;
    const bool tiles = flags & NN_CPU_AVX512_VNNI && (edx & amx) == amx;
    const unsigned subleaves = eax;
    if (subleaves < 1 || !__get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx))
        return flags;
    if (eax & avx_vnni)
        flags |= NN_CPU_AVX_VNNI;
    if (!(eax & avx512_bf16) || !(flags & NN_CPU_AVX512))
        return flags;
    if (tiles && may_use_tiles(xcr0))
        flags |= NN_CPU_AMX;
    if (__builtin_cpu_is("amd"))
        flags |= NN_CPU_AVX512_BF16;
    return flags;
}
#elif defined(__aarch64__)
#ifdef __linux__
#include <sys/auxv.h>
#endif

static unsigned detect(void)
{
    unsigned flags = NN_CPU_NEON; // part of the base architecture
#ifdef __linux__
    const unsigned long asimddp = 1ul << 20; // Documentation/arm64/elf_hwcaps.rst
    if (getauxval(AT_HWCAP) & asimddp)
        flags |= NN_CPU_DOTPROD;
#endif
    return flags;
}
#else
static unsigned detect(void)
{
    return 0;
}
#endif

static pthread_once_t once = PTHREAD_ONCE_INIT;
static unsigned found;

static void fill(void)
{
    found = detect();
}

unsigned nn_cpu_flags(void)
{
    pthread_once(&once, fill);
    return found;
}

const char *nn_cpu_name(unsigned flags)
{
    if (flags & NN_CPU_AMX)
        return "amx";
    if (flags & NN_CPU_AVX512)
        return "avx512";
    if (flags & NN_CPU_AVX2)
        return "avx2";
    if (flags & NN_CPU_DOTPROD)
        return "dotprod";
    if (flags & NN_CPU_NEON)
        return "neon";
    return "c";
}
