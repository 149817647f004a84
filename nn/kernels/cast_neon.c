// SPDX-License-Identifier: MIT
// Half-precision conversions with NEON. bfloat16 to float32 is a shift, which compilers make of the
// reference.
#include "nn/kernels/cast.h"

#include <arm_neon.h>

enum { LANES = 4 };

static void f32_from_f16_neon(float *dst, const uint16_t *src, int64_t n)
{
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        vst1q_f32(dst + i, vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(src + i))));
    for (; i < n; i++)
        dst[i] = vgetq_lane_f32(vcvt_f32_f16(vreinterpret_f16_u16(vdup_n_u16(src[i]))), 0);
}

static void f16_from_f32_neon(uint16_t *dst, const float *src, int64_t n)
{
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        vst1_u16(dst + i, vreinterpret_u16_f16(vcvt_f16_f32(vld1q_f32(src + i))));
    for (; i < n; i++)
        dst[i] = vget_lane_u16(vreinterpret_u16_f16(vcvt_f16_f32(vdupq_n_f32(src[i]))), 0);
}

void nn_cast_init_neon(nn_cast_kernels *k)
{
    k->f32_from_f16 = f32_from_f16_neon;
    k->f16_from_f32 = f16_from_f32_neon;
}
