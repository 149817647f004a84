// SPDX-License-Identifier: MIT
// Products of a matrix with one vector or a few, with NEON: each row is read once for four vectors.
#include "nn/kernels/gemv.h"
#include "nn/kernels/vmath_neon.h"

#include <stdbool.h>

enum { LANES = 4, UNROLL = 4, VECTORS = 4 };

NN_INLINE float32x4_t load_row(const void *matrix, int64_t at, bool half)
{
    if (half)
        return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16((const uint16_t *)matrix + at)));
    return vld1q_f32((const float *)matrix + at);
}

NN_INLINE float load_one(const void *matrix, int64_t at, bool half)
{
    if (half)
        return vgetq_lane_f32(
            vcvt_f32_f16(vreinterpret_f16_u16(vdup_n_u16(((const uint16_t *)matrix)[at]))), 0);
    return ((const float *)matrix)[at];
}

// `vectors` and `half` are constants where this is expanded.
NN_INLINE void multiply_row(const nn_gemv *g, int64_t r, int first, int vectors, bool half)
{
    float32x4_t sum[VECTORS * UNROLL];
    const float *x = g->x + first * g->ldx;
    int64_t k = 0;
    NN_UNROLL(16)
    for (int i = 0; i < vectors * UNROLL; i++)
        sum[i] = vdupq_n_f32(0.0f);
    for (; k + LANES * UNROLL <= g->n; k += LANES * UNROLL) {
        NN_UNROLL(4)
        for (int u = 0; u < UNROLL; u++) {
            const float32x4_t m = load_row(g->matrix, r * g->ld + k + LANES * u, half);
            NN_UNROLL(4)
            for (int v = 0; v < vectors; v++)
                sum[v * UNROLL + u] =
                    vfmaq_f32(sum[v * UNROLL + u], m, vld1q_f32(x + v * g->ldx + k + LANES * u));
        }
    }
    NN_UNROLL(4)
    for (int v = 0; v < vectors; v++) {
        const float32x4_t *s = sum + v * UNROLL;
        float total = vaddvq_f32(vaddq_f32(vaddq_f32(s[0], s[1]), vaddq_f32(s[2], s[3])));
        for (int64_t i = k; i < g->n; i++)
            total += load_one(g->matrix, r * g->ld + i, half) * x[v * g->ldx + i];
        g->y[(first + v) * g->ldy + r] = total;
    }
}

NN_INLINE void multiply(const nn_gemv *g, bool half)
{
    for (int64_t r = 0; r < g->rows; r++) {
        int v = 0;
        for (; v + VECTORS <= g->vectors; v += VECTORS)
            multiply_row(g, r, v, VECTORS, half);
        for (; v < g->vectors; v++)
            multiply_row(g, r, v, 1, half);
    }
}

static void f32_neon(const nn_gemv *g)
{
    multiply(g, false);
}

static void f16_neon(const nn_gemv *g)
{
    multiply(g, true);
}

void nn_gemv_init_neon(nn_gemv_kernels *k)
{
    *k = (nn_gemv_kernels){.f32 = f32_neon, .f16 = f16_neon};
}
