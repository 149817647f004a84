// SPDX-License-Identifier: MIT
// Finds out once which instructions this CPU and its operating system can run.
#include "nn/kernels/cpu.h"

#include <pthread.h>

#if defined(__x86_64__)
#include <cpuid.h>

// Register state that the operating system saves on a context switch (XCR0).
static unsigned read_xcr0(void)
{
    unsigned low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

// Bits are those of the Intel SDM volume 2A, CPUID.
static unsigned detect(void)
{
    const unsigned fma = 1u << 12, osxsave = 1u << 27, avx = 1u << 28, f16c = 1u << 29;
    const unsigned avx2 = 1u << 5, avx512 = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31; // F DQ BW VL
    const unsigned avx512_vnni = 1u << 11, avx_vnni = 1u << 4;
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
    const unsigned subleaves = eax;
    if (subleaves >= 1 && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) && eax & avx_vnni)
        flags |= NN_CPU_AVX_VNNI;
    return flags;
}
#elif defined(__aarch64__)
static unsigned detect(void)
{
    return NN_CPU_NEON; // part of the base architecture
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
    if (flags & NN_CPU_AVX512)
        return "avx512";
    if (flags & NN_CPU_AVX2)
        return "avx2";
    if (flags & NN_CPU_NEON)
        return "neon";
    return "c";
}
