// SPDX-License-Identifier: MIT
// Half-precision conversion kernels: the readable reference, and the choice of level.
#include "nn/kernels/cast.h"

#include "nn/base/float16.h"
#include "nn/kernels/cpu.h"

static void f32_from_f16_c(float *dst, const uint16_t *src, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        dst[i] = nn_f16_decode(src[i]);
}

static void f16_from_f32_c(uint16_t *dst, const float *src, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        dst[i] = nn_f16_encode(src[i]);
}

static void f32_from_bf16_c(float *dst, const uint16_t *src, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        dst[i] = nn_bf16_decode(src[i]);
}

static void bf16_from_f32_c(uint16_t *dst, const float *src, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        dst[i] = nn_bf16_encode(src[i]);
}

void nn_cast_init(nn_cast_kernels *k, unsigned cpu)
{
    *k = (nn_cast_kernels){f32_from_f16_c, f16_from_f32_c, f32_from_bf16_c, bf16_from_f32_c};
    (void)cpu;
#ifdef NN_HAVE_AVX2
    if (cpu & NN_CPU_AVX2)
        nn_cast_init_avx2(k);
#endif
#ifdef NN_HAVE_NEON
    if (cpu & NN_CPU_NEON)
        nn_cast_init_neon(k);
#endif
}
