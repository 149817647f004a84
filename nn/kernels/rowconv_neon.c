// SPDX-License-Identifier: MIT
// Convolution of planes into blocked rows with NEON: eight pixels times eight output channels in
// registers.
#include "nn/kernels/rowconv.h"
#include "nn/kernels/vmath_neon.h"

#include <string.h>

enum { LANES = 8, HALVES = 2 };

#define ADD_CHANNEL(c)                                                                             \
    do {                                                                                           \
        sum[c][0] = vfmaq_laneq_f32(sum[c][0], a, (c) < 4 ? low : high, (c) % 4);                  \
        sum[c][1] = vfmaq_laneq_f32(sum[c][1], b, (c) < 4 ? low : high, (c) % 4);                  \
    } while (0)

// Eight pixels of eight channels to out, pixels behind each other.
static void run_eight(const nn_rowconv *t, float *out, const float *skip, const float *x)
{
    float32x4_t sum[LANES][HALVES], row[2 * LANES];
    NN_UNROLL(8)
    for (int c = 0; c < LANES; c++)
        sum[c][0] = sum[c][1] = vdupq_n_f32(t->bias[c]);
    for (int k = 0; k < t->depth; k++) {
        const float *w = t->weight + (int64_t)k * NN_ROWCONV_STRIDE, *p = x + t->offset[k];
        const float32x4_t low = vld1q_f32(w), high = vld1q_f32(w + 4);
        const float32x4_t a = vld1q_f32(p), b = vld1q_f32(p + 4);
        ADD_CHANNEL(0);
        ADD_CHANNEL(1);
        ADD_CHANNEL(2);
        ADD_CHANNEL(3);
        ADD_CHANNEL(4);
        ADD_CHANNEL(5);
        ADD_CHANNEL(6);
        ADD_CHANNEL(7);
    }
    NN_UNROLL(2)
    for (int half = 0; half < HALVES; half++) { // of the pixels
        NN_UNROLL(2)
        for (int part = 0; part < 2; part++) { // of the channels
            float32x4_t r[4] = {sum[4 * part][half], sum[4 * part + 1][half],
                                sum[4 * part + 2][half], sum[4 * part + 3][half]};
            transpose_neon(r);
            NN_UNROLL(4)
            for (int i = 0; i < 4; i++)
                row[2 * (4 * half + i) + part] = r[i];
        }
    }
    if (skip) {
        NN_UNROLL(16)
        for (int i = 0; i < 2 * LANES; i++)
            row[i] = vaddq_f32(row[i], vld1q_f32(skip + 4 * i));
    }
    act_vectors(t->act, row, 2 * LANES);
    NN_UNROLL(16)
    for (int i = 0; i < 2 * LANES; i++)
        vst1q_f32(out + 4 * i, row[i]);
}

static void run_neon(const nn_rowconv *t, float *out, const float *skip, const float *x, int64_t n)
{
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        run_eight(t, out + i * LANES, skip ? skip + i * LANES : NULL, x + i);
    if (i < n) { // what is read behind the last pixel does not count
        float part[LANES * LANES] = {0};
        const size_t bytes = (size_t)(n - i) * LANES * sizeof *part;
        if (skip)
            memcpy(part, skip + i * LANES, bytes);
        run_eight(t, part, skip ? part : NULL, x + i);
        memcpy(out + i * LANES, part, bytes);
    }
}

static void pick_neon(float *to, const float *from, int64_t n, int stride)
{
    int64_t i = 0;
    for (; stride == 2 && i + 4 < n; i += 4) // the last load would read one float too many
        vst1q_f32(to + i, vld2q_f32(from + 2 * i).val[0]);
    for (; i < n; i++)
        to[i] = from[i * stride];
}

void nn_rowconv_init_neon(nn_rowconv_kernels *k)
{
    *k = (nn_rowconv_kernels){.run = run_neon, .pick = pick_neon};
}
