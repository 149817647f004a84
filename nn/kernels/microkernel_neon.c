// SPDX-License-Identifier: MIT
// Blocked convolution with NEON: five pixels times sixteen output channels, twenty sums in
// registers; or eight times eight.
#include "nn/kernels/microkernel.h"
#include "nn/kernels/vmath_neon.h"

#include <stddef.h>

// A vector of inputs holds four positions of the depth of one pixel, which are multiplied lane by
// lane. Five pixels need five such vectors and four of weights beside the sums: 29 of 32 registers.
enum { LANES = 4, PIXELS = 5, NARROW = 8, MOST = 4, BLOCK = 8 };

NN_INLINE float32x4_t load_weights(const void *weight, int64_t at, bool half)
{
    if (half)
        return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16((const uint16_t *)weight + at)));
    return vld1q_f32((const float *)weight + at);
}

// Adds the products of one position of the depth, lane `lane` of x[i] (a literal). The barrier
// keeps the compiler from loading the weights of several positions at once, for which there are no
// registers.
#define ADD_LANE(lane)                                                                             \
    do {                                                                                           \
        float32x4_t w[MOST] NN_UNFILLED;                                                           \
        NN_UNROLL(4)                                                                               \
        for (int v = 0; v < vectors; v++)                                                          \
            w[v] = load_weights(t->weight, at + LANES * v, half);                                  \
        NN_UNROLL(8)                                                                               \
        for (int i = 0; i < pixels; i++) {                                                         \
            NN_UNROLL(4)                                                                           \
            for (int v = 0; v < vectors; v++)                                                      \
                sum[i * vectors + v] = vfmaq_laneq_f32(sum[i * vectors + v], w[v], x[i], lane);    \
        }                                                                                          \
        at += NN_PANEL_CHANNELS;                                                                   \
        __asm__ volatile("" ::: "memory");                                                         \
    } while (0)

// These are constants where this is expanded: `pixels`; `vectors` of four output channels; `half`;
// `step`, 1 or 4 positions of the depth at once, which divides t->run.
NN_INLINE void sum_tile(const nn_microkernel_args *t, int first, const float *const *pixel,
                        const int32_t *place, int pixels, int vectors, bool half, int step)
{
    const float *p[NARROW];
    float32x4_t sum[PIXELS * MOST], x[NARROW] NN_UNFILLED;
    int64_t at = 0;
    NN_UNROLL(8)
    for (int i = 0; i < pixels; i++) {
        p[i] = pixel[first + i];
        NN_UNROLL(4)
        for (int v = 0; v < vectors; v++)
            sum[i * vectors + v] = t->bias ? vld1q_f32(t->bias + LANES * v) : vdupq_n_f32(0.0f);
    }
    for (int b = 0; b < t->blocks; b++) {
        const int64_t end = (int64_t)t->offset[b] + t->run;
        for (int64_t k = t->offset[b]; k < end; k += step) {
            NN_UNROLL(8)
            for (int i = 0; i < pixels; i++)
                x[i] = step == LANES ? vld1q_f32(p[i] + k) : vld1q_dup_f32(p[i] + k);
            ADD_LANE(0);
            if (step == LANES) {
                ADD_LANE(1);
                ADD_LANE(2);
                ADD_LANE(3);
            }
        }
    }
    for (int s = 0; s < t->singles; s++) {
        NN_UNROLL(8)
        for (int i = 0; i < pixels; i++)
            x[i] = vld1q_dup_f32(p[i] + t->single[s]);
        ADD_LANE(0);
    }
    if (t->skip) {
        NN_UNROLL(8)
        for (int i = 0; i < pixels; i++) {
            const float *skip = t->skip + t->skip_place[first + i];
            NN_UNROLL(4)
            for (int v = 0; v < vectors; v++)
                sum[i * vectors + v] = vaddq_f32(
                    sum[i * vectors + v],
                    vld1q_f32(skip + v * LANES / BLOCK * t->skip_plane + v * LANES % BLOCK));
        }
    }
    act_vectors(t->act, sum, pixels * vectors);
    NN_UNROLL(8)
    for (int i = 0; i < pixels; i++) {
        float *out = t->out + place[first + i];
        NN_UNROLL(4)
        for (int v = 0; v < vectors; v++)
            vst1q_f32(out + v * LANES / BLOCK * t->plane + v * LANES % BLOCK, sum[i * vectors + v]);
    }
}

typedef void tile_function(const nn_microkernel_args *t, int first, const float *const *pixel,
                           const int32_t *place);

#define TILE(pixels, vectors, half, step)                                                          \
    static void tile_##pixels##_##vectors##_##half##_##step(                                       \
        const nn_microkernel_args *t, int first, const float *const *pixel, const int32_t *place)  \
    {                                                                                              \
        sum_tile(t, first, pixel, place, pixels, vectors, half, step);                             \
    }
#define TILES(v, h, s)                                                                             \
    TILE(1, v, h, s) TILE(2, v, h, s) TILE(3, v, h, s) TILE(4, v, h, s) TILE(5, v, h, s)
#define NARROW_TILES(h, s) TILES(2, h, s) TILE(6, 2, h, s) TILE(7, 2, h, s) TILE(8, 2, h, s)
#define NAMES(v, h, s)                                                                             \
    NULL, tile_1_##v##_##h##_##s, tile_2_##v##_##h##_##s, tile_3_##v##_##h##_##s,                  \
        tile_4_##v##_##h##_##s, tile_5_##v##_##h##_##s
#define NARROW_NAMES(h, s)                                                                         \
    NAMES(2, h, s), tile_6_2_##h##_##s, tile_7_2_##h##_##s, tile_8_2_##h##_##s
NARROW_TILES(0, 1)
NARROW_TILES(0, 4)
NARROW_TILES(1, 1)
NARROW_TILES(1, 4)
TILES(4, 0, 1)
TILES(4, 0, 4)
TILES(4, 1, 1)
TILES(4, 1, 4)

// Divides the pixels evenly: six are three and three.
static void run_neon(const nn_microkernel_args *t, int count, const float *const *pixel,
                     const int32_t *place)
{
    // by output channels, weights, step, pixels
    static tile_function *const tiles[2][2][2][NARROW + 1] = {
        {{{NARROW_NAMES(0, 1)}, {NARROW_NAMES(0, 4)}},
         {{NARROW_NAMES(1, 1)}, {NARROW_NAMES(1, 4)}}},
        {{{NAMES(4, 0, 1)}, {NAMES(4, 0, 4)}}, {{NAMES(4, 1, 1)}, {NAMES(4, 1, 4)}}},
    };
    const bool wide = t->channels > BLOCK;
    tile_function *const *tile = tiles[wide][t->half][t->run % LANES == 0];
    const int most = wide ? PIXELS : NARROW;
    int cuts = (count + most - 1) / most;
    for (int at = 0; at < count; cuts--) {
        const int n = (count - at + cuts - 1) / cuts;
        tile[n](t, at, pixel, place);
        at += n;
    }
}

// `inputs` and `vectors` are constants where this is expanded.
NN_INLINE void grad_tile(const nn_microkernel_grad_args *t, int first, const float *const *in,
                         int inputs, int vectors)
{
    const float *x[PIXELS];
    float32x4_t sum[PIXELS * MOST], w[MOST] NN_UNFILLED;
    NN_UNROLL(5)
    for (int i = 0; i < inputs; i++) {
        x[i] = in[first + i];
        NN_UNROLL(4)
        for (int v = 0; v < vectors; v++)
            sum[i * vectors + v] = vdupq_n_f32(0.0f);
    }
    for (int r = 0; r < t->rows; r++) {
        const float *g = t->grad + t->row[r], *end = g + (int64_t)t->width * BLOCK;
        for (int64_t k = t->in_row[r]; g < end; g += BLOCK, k += t->step) {
            NN_UNROLL(4)
            for (int v = 0; v < vectors; v++)
                w[v] = vld1q_f32(g + v * LANES / BLOCK * t->plane + v * LANES % BLOCK);
            NN_UNROLL(5)
            for (int i = 0; i < inputs; i++) {
                const float32x4_t a = vld1q_dup_f32(x[i] + k);
                NN_UNROLL(4)
                for (int v = 0; v < vectors; v++)
                    sum[i * vectors + v] = vfmaq_f32(sum[i * vectors + v], a, w[v]);
            }
        }
    }
    NN_UNROLL(5)
    for (int i = 0; i < inputs; i++) {
        NN_UNROLL(4)
        for (int v = 0; v < vectors; v++) {
            float *to = t->out + (int64_t)(first + i) * BLOCK + v * LANES / BLOCK * t->out_plane +
                        v * LANES % BLOCK;
            if (t->add)
                sum[i * vectors + v] = vaddq_f32(sum[i * vectors + v], vld1q_f32(to));
            vst1q_f32(to, sum[i * vectors + v]);
        }
    }
}

NN_INLINE void grad_tiles(const nn_microkernel_grad_args *t, int count, const float *const *in,
                          int vectors)
{
    int i = 0;
    for (; i + PIXELS <= count; i += PIXELS)
        grad_tile(t, i, in, PIXELS, vectors);
    for (; i < count; i++)
        grad_tile(t, i, in, 1, vectors);
}

static void grad_neon(const nn_microkernel_grad_args *t, int count, const float *const *in)
{
    if (t->channels > BLOCK)
        grad_tiles(t, count, in, 4);
    else
        grad_tiles(t, count, in, 2);
}

void nn_microkernel_init_neon(nn_microkernels *k)
{
    *k = (nn_microkernels){.run = run_neon, .grad = grad_neon, .pixels = PIXELS};
}
