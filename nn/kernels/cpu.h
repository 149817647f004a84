// SPDX-License-Identifier: MIT
// The instructions that this CPU and its operating system can run.
#ifndef NN_KERNELS_CPU_H
#define NN_KERNELS_CPU_H

#include "nn/base/api.h"

typedef enum nn_cpu {
    NN_CPU_AVX2 = 1,   // AVX2 + FMA + F16C, and the operating system saves the registers
    NN_CPU_AVX512 = 2, // F, BW, DQ, VL on top
    NN_CPU_NEON = 4,
    NN_CPU_AVX_VNNI = 8,     // products of bytes, on top of AVX2
    NN_CPU_AVX512_VNNI = 16, // the same on top of AVX512
    // Products of bfloat16 on top of AVX512, where they are faster than those of float32: AMD, not
    // Intel
    NN_CPU_AVX512_BF16 = 32,
    // Tiles with products of bytes and of bfloat16, on top of AVX512 with VNNI and conversion to
    // bfloat16, and the operating system lets this process have them
    NN_CPU_AMX = 64,
    NN_CPU_DOTPROD = 128, // dot products of bytes (ARMv8.2), on top of NEON
    // Vectors of sixteen floats on top of AVX512 in one pass, not two: Intel; not AMD's Zen 4, and
    // later ones have not been measured
    NN_CPU_WIDE = 256,
} nn_cpu;

// The levels that this machine can run (nn_cpu bits), found once.
NN_API unsigned nn_cpu_flags(void);
// Name of the best level in `flags`: "c", "avx2", ...
NN_API const char *nn_cpu_name(unsigned flags);

#endif
