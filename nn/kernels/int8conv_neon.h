// SPDX-License-Identifier: MIT
// Quantised convolution with NEON: five pixels times sixteen channels in registers. The file that
// includes this has defined NN_INT8_DOT(sum, w, x, lane), which adds to each of four sums the
// products of its four signed bytes of w with the four bytes `lane` (a literal) of x, and
// NN_INT8_INIT and NN_INT8_SPEED.
#ifndef NN_KERNELS_INT8CONV_NEON_H
#define NN_KERNELS_INT8CONV_NEON_H

#ifdef NN_INT8_DOT
#include "nn/kernels/int8conv.h"
#include "nn/kernels/int8requant_neon.h"

#include <stddef.h>
#include <string.h>

// Products are of signed bytes: inputs are taken less CENTRE.
#define NN_INT8_PIXELS 5
enum { PIXELS = NN_INT8_PIXELS, VECTORS = 4, QUAD = 4 * NN_INT8_BLOCK, CENTRE = 128 };

// Adds the products of one quad. The barrier is that of microkernel_neon.c.
#define ADD_QUAD(lane)                                                                             \
    do {                                                                                           \
        int8x16_t w[VECTORS] NN_UNFILLED;                                                          \
        NN_UNROLL(4)                                                                               \
        for (int v = 0; v < VECTORS; v++)                                                          \
            w[v] = vld1q_s8(weight + 16 * v);                                                      \
        NN_UNROLL(5)                                                                               \
        for (int i = 0; i < pixels; i++) {                                                         \
            NN_UNROLL(4)                                                                           \
            for (int v = 0; v < VECTORS; v++)                                                      \
                sum[i * VECTORS + v] = NN_INT8_DOT(sum[i * VECTORS + v], w[v], x[i], lane);        \
        }                                                                                          \
        weight += QUAD;                                                                            \
        __asm__ volatile("" ::: "memory");                                                         \
    } while (0)

NN_INLINE int8x16_t centred(uint8x16_t x)
{
    return vreinterpretq_s8_u8(veorq_u8(x, vdupq_n_u8(CENTRE)));
}

// `pixels` and `unroll`, the quads at once, are constants where this is expanded.
NN_INLINE void add_up(const nn_int8_conv *t, int panel, const uint8_t *from, int pixels, int unroll,
                      int32x4_t *sum)
{
    const int8_t *weight =
        (const int8_t *)t->weight + (int64_t)panel * t->stretches * t->quads * QUAD;
    int8x16_t x[PIXELS] NN_UNFILLED;
    for (int s = 0; s < t->stretches; s++) {
        const uint8_t *p = from + t->offset[s];
        for (int q = 0; q < t->quads; q += unroll, p += 4 * unroll) {
            NN_UNROLL(5)
            for (int i = 0; i < pixels; i++) {
                if (unroll == 4) {
                    x[i] = centred(vld1q_u8(p + i * t->step));
                    continue;
                }
                uint32_t four;
                memcpy(&four, p + i * t->step, sizeof four);
                x[i] = centred(vreinterpretq_u8_u32(vdupq_n_u32(four)));
            }
            ADD_QUAD(0);
            if (unroll == 4) {
                ADD_QUAD(1);
                ADD_QUAD(2);
                ADD_QUAD(3);
            }
        }
    }
}

static void finish(const nn_int8_conv *t, int panel, int pixels, const int32x4_t *sum, uint8_t *out,
                   const uint8_t *skip, float *real)
{
    const int channel = panel * NN_INT8_BLOCK;
    const requant r = load_requant(&t->requant, channel);
    for (int i = 0; i < pixels; i++) {
        float32x4_t y[VECTORS];
        requantise(&r, t->requant.curve, sum + i * VECTORS,
                   skip ? skip + panel * t->skip_plane + i * NN_INT8_BLOCK : NULL, y);
        if (!real) {
            store_bytes(out + panel * t->out_plane + i * NN_INT8_BLOCK, y, t->requant.zero);
            continue;
        }
        float *block = real + 2 * panel * t->real_plane + 8 * i;
        for (int v = 0; v < VECTORS; v++)
            if (channel + v / 2 * 8 < t->channels)
                vst1q_f32(block + v / 2 * t->real_plane + v % 2 * 4, y[v]);
    }
}

NN_INLINE void run_tile(const nn_int8_conv *t, int panel, const uint8_t *x, uint8_t *out,
                        const uint8_t *skip, float *real, int pixels)
{
    int32x4_t sum[PIXELS * VECTORS], kept[PIXELS * VECTORS];
    NN_UNROLL(20)
    for (int i = 0; i < pixels * VECTORS; i++)
        sum[i] = vld1q_s32(t->start + panel * NN_INT8_BLOCK + i % VECTORS * 4);
    if (t->quads % 4 == 0)
        add_up(t, panel, x, pixels, 4, sum);
    else
        add_up(t, panel, x, pixels, 1, sum);
    NN_UNROLL(20)
    for (int i = 0; i < pixels * VECTORS; i++)
        kept[i] = sum[i];
    finish(t, panel, pixels, kept, out, skip, real);
}

#include "nn/kernels/int8conv_tiles.h"

static void pack_quads(void *packed, const int8_t *weight, int64_t quads)
{
    memcpy(packed, weight, (size_t)quads * QUAD);
}

void NN_INT8_INIT(nn_int8_conv_kernels *k)
{
    *k = (nn_int8_conv_kernels){.run = run_tiles,
                                .pack = pack_quads,
                                .weight_bytes = 1,
                                .centre = CENTRE,
                                .pixels = PIXELS,
                                .panels = 4,
                                .speed = NN_INT8_SPEED,
                                .finish = 0.3,
                                .follow = 1};
}

#endif
#endif
