// SPDX-License-Identifier: MIT
// Four floats at a time: exp, the normal tail, activations of a few instructions, transposes.
#ifndef NN_KERNELS_VMATH_NEON_H
#define NN_KERNELS_VMATH_NEON_H

#ifdef __aarch64__ // for the files of that architecture; empty elsewhere
#include "nn/kernels/eltwise.h"
#include "nn/kernels/unroll.h"

#include <arm_neon.h>

// fmax and fmin of NEON give NaN for NaN.
NN_INLINE float32x4_t clamp_neon(float32x4_t x, float low, float high)
{
    return vmaxq_f32(vdupq_n_f32(low), vminq_f32(vdupq_n_f32(high), x));
}

// e^x for |x| <= 87, which the caller ensures: the polynomial of exp_avx2 (vmath_avx2.h).
NN_INLINE float32x4_t exp_neon(float32x4_t x)
{
    const float32x4_t n = vrndnq_f32(vmulq_n_f32(x, 1.44269504f));
    float32x4_t r = vfmsq_f32(x, n, vdupq_n_f32(0.693359375f));
    r = vfmsq_f32(r, n, vdupq_n_f32(-2.12194440e-4f));
    float32x4_t p = vdupq_n_f32(1.381459638e-3f);
    p = vfmaq_f32(vdupq_n_f32(8.368717091e-3f), p, r);
    p = vfmaq_f32(vdupq_n_f32(4.166838809e-2f), p, r);
    p = vfmaq_f32(vdupq_n_f32(1.666652063e-1f), p, r);
    p = vfmaq_f32(vdupq_n_f32(4.999999345e-1f), p, r);
    p = vfmaq_f32(r, vmulq_f32(r, r), p);
    p = vaddq_f32(p, vdupq_n_f32(1.0f));
    const int32x4_t power = vshlq_n_s32(vcvtq_s32_f32(n), 23); // adds n to the exponent
    return vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(p), power));
}

// e^(-a^2/2) for 0 <= a <= 12.5, corrected by the rounding error of a^2.
NN_INLINE float32x4_t gauss_neon(float32x4_t a)
{
    const float32x4_t sq = vmulq_f32(a, a), lost = vfmaq_f32(vnegq_f32(sq), a, a);
    const float32x4_t half = vdupq_n_f32(0.5f), e = exp_neon(vmulq_f32(vnegq_f32(half), sq));
    return vfmsq_f32(e, vmulq_f32(e, half), lost);
}

// As normal_tail_avx2 (vmath_avx2.h).
NN_INLINE float32x4_t normal_tail_neon(float32x4_t a, float32x4_t gauss)
{
    const float32x4_t one = vdupq_n_f32(1.0f);
    const float32x4_t k = vdivq_f32(one, vfmaq_f32(one, a, vdupq_n_f32(0.35f)));
    float32x4_t p = vdupq_n_f32(-2.915803023e-2f);
    p = vfmaq_f32(vdupq_n_f32(1.440316107e-1f), p, k);
    p = vfmaq_f32(vdupq_n_f32(-2.558404027e-1f), p, k);
    p = vfmaq_f32(vdupq_n_f32(1.593212537e-1f), p, k);
    p = vfmaq_f32(vdupq_n_f32(-2.321339426e-2f), p, k);
    p = vfmaq_f32(vdupq_n_f32(1.055529271e-1f), p, k);
    p = vfmaq_f32(vdupq_n_f32(1.198211846e-1f), p, k);
    p = vfmaq_f32(vdupq_n_f32(1.398635290e-1f), p, k);
    p = vfmaq_f32(vdupq_n_f32(1.396213061e-1f), p, k);
    return vmulq_f32(vmulq_f32(gauss, k), p);
}

NN_INLINE float32x4_t relu_neon(float32x4_t x)
{
    return vmaxq_f32(vdupq_n_f32(0.0f), x);
}

NN_INLINE float32x4_t leaky_relu_neon(float32x4_t x, float slope)
{
    return vmaxq_f32(vmulq_n_f32(x, slope), x);
}

NN_INLINE float32x4_t relu6_neon(float32x4_t x)
{
    return clamp_neon(x, 0.0f, 6.0f);
}

NN_INLINE float32x4_t hard_swish_neon(float32x4_t x)
{
    const float32x4_t gate = relu6_neon(vaddq_f32(x, vdupq_n_f32(3.0f)));
    return vmulq_f32(x, vmulq_n_f32(gate, 1.0f / 6));
}

// Applies one of nn_act_early to `count` <= 32 vectors, a constant where this is expanded.
NN_INLINE void act_vectors(nn_act act, float32x4_t *x, int count)
{
    if (act == NN_ACT_RELU) {
        NN_UNROLL(32)
        for (int i = 0; i < count; i++)
            x[i] = relu_neon(x[i]);
    } else if (nn_act_slope(act) > 0) {
        NN_UNROLL(32)
        for (int i = 0; i < count; i++)
            x[i] = leaky_relu_neon(x[i], nn_act_slope(act));
    } else if (act == NN_ACT_RELU6) {
        NN_UNROLL(32)
        for (int i = 0; i < count; i++)
            x[i] = relu6_neon(x[i]);
    } else if (act == NN_ACT_HARD_SWISH) {
        NN_UNROLL(32)
        for (int i = 0; i < count; i++)
            x[i] = hard_swish_neon(x[i]);
    }
}

// r[i] becomes lane i of all four, in place.
NN_INLINE void transpose_neon(float32x4_t *r)
{
    const float32x4_t a = vtrn1q_f32(r[0], r[1]), b = vtrn2q_f32(r[0], r[1]);
    const float32x4_t c = vtrn1q_f32(r[2], r[3]), d = vtrn2q_f32(r[2], r[3]);
    r[0] = vcombine_f32(vget_low_f32(a), vget_low_f32(c));
    r[1] = vcombine_f32(vget_low_f32(b), vget_low_f32(d));
    r[2] = vcombine_f32(vget_high_f32(a), vget_high_f32(c));
    r[3] = vcombine_f32(vget_high_f32(b), vget_high_f32(d));
}

#endif
#endif
