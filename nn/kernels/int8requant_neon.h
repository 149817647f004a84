// SPDX-License-Identifier: MIT
// Sixteen sums of products of bytes back to sixteen bytes, for ARM kernels.
#ifndef NN_KERNELS_INT8REQUANT_NEON_H
#define NN_KERNELS_INT8REQUANT_NEON_H

#ifdef __aarch64__ // for the files of that architecture; empty elsewhere
#include "nn/kernels/int8conv.h"
#include "nn/kernels/unroll.h"

#include <arm_neon.h>

typedef struct requant {
    float32x4_t scale[4], shift[4];
    float skip_scale, slope, low, high;
} requant;

NN_INLINE requant load_requant(const nn_int8_requant *r, int channel)
{
    requant to = {.skip_scale = r->skip_scale, .slope = r->slope, .low = r->low, .high = r->high};
    for (int v = 0; v < 4; v++) {
        to.scale[v] = vld1q_f32(r->scale + channel + 4 * v);
        to.shift[v] = vld1q_f32(r->shift + channel + 4 * v);
    }
    return to;
}

// Of a table of 32 numbers those whose bytes are `at` (0 .. 127).
NN_INLINE float32x4_t look_up(const float *table, uint8x16_t at)
{
    const uint8x16x4_t low = vld1q_u8_x4((const uint8_t *)table);
    const uint8x16x4_t high = vld1q_u8_x4((const uint8_t *)(table + 16));
    const uint8x16_t first = vqtbl4q_u8(low, at); // 0 where `at` is behind the sixteen
    return vreinterpretq_f32_u8(vqtbx4q_u8(first, high, vsubq_u8(at, vdupq_n_u8(64))));
}

NN_INLINE float32x4_t follow(const nn_int8_curve *curve, float32x4_t y)
{
    const float32x4_t most = vdupq_n_f32(NN_INT8_PIECES - 1);
    const float32x4_t piece = vminq_f32(vmaxq_f32(vrndmq_f32(y), vdupq_n_f32(0.0f)), most);
    const uint32x4_t first = vmulq_n_u32(vcvtq_u32_f32(piece), 0x04040404);
    const uint8x16_t at = vreinterpretq_u8_u32(vaddq_u32(first, vdupq_n_u32(0x03020100)));
    const float32x4_t t = vsubq_f32(y, piece);
    float32x4_t f = vfmaq_f32(look_up(curve->d, at), t, look_up(curve->e, at));
    f = vfmaq_f32(look_up(curve->c, at), t, f);
    f = vfmaq_f32(look_up(curve->b, at), t, f);
    return vfmaq_f32(look_up(curve->a, at), t, f);
}

NN_INLINE float32x4_t clamp_results(const requant *r, float32x4_t y)
{
    return vminnmq_f32(vmaxnmq_f32(y, vdupq_n_f32(r->low)), vdupq_n_f32(r->high)); // NaN: low
}

// Sixteen bytes as numbers.
NN_INLINE void widen_bytes(uint8x16_t x, float32x4_t y[4])
{
    const uint16x8_t low = vmovl_u8(vget_low_u8(x)), high = vmovl_high_u8(x);
    y[0] = vcvtq_f32_u32(vmovl_u16(vget_low_u16(low)));
    y[1] = vcvtq_f32_u32(vmovl_high_u16(low));
    y[2] = vcvtq_f32_u32(vmovl_u16(vget_low_u16(high)));
    y[3] = vcvtq_f32_u32(vmovl_high_u16(high));
}

// Sixteen results; skip NULL: none.
NN_INLINE void requantise(const requant *r, const nn_int8_curve *curve, const int32x4_t *sum,
                          const uint8_t *skip, float32x4_t y[4])
{
    float32x4_t added[4];
    if (skip)
        widen_bytes(vld1q_u8(skip), added);
    for (int v = 0; v < 4; v++) {
        y[v] = vfmaq_f32(r->shift[v], vcvtq_f32_s32(sum[v]), r->scale[v]);
        if (skip)
            y[v] = vfmaq_n_f32(y[v], added[v], r->skip_scale);
        if (curve)
            y[v] = follow(curve, y[v]);
        else if (r->slope > 0)
            y[v] = vmaxnmq_f32(y[v], vmulq_n_f32(y[v], r->slope));
        y[v] = clamp_results(r, y[v]);
    }
}

// Sixteen numbers that are within 0 and 255 with `zero`.
NN_INLINE void store_bytes(uint8_t *out, const float32x4_t y[4], int zero)
{
    const int16x8_t by = vdupq_n_s16((int16_t)zero);
    const int16x8_t low =
        vcombine_s16(vmovn_s32(vcvtnq_s32_f32(y[0])), vmovn_s32(vcvtnq_s32_f32(y[1])));
    const int16x8_t high =
        vcombine_s16(vmovn_s32(vcvtnq_s32_f32(y[2])), vmovn_s32(vcvtnq_s32_f32(y[3])));
    vst1q_u8(out, vcombine_u8(vqmovun_s16(vaddq_s16(low, by)), vqmovun_s16(vaddq_s16(high, by))));
}

#endif
#endif
