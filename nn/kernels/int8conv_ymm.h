// SPDX-License-Identifier: MIT
// Quantised convolution in vectors of eight sums. The file that includes this has defined
// NN_INT8_PIXELS; when it has defined as NN_INT8_ADD_UP the function that adds up a tile, too, all
// but that is here, otherwise only what becomes of sums.
#ifndef NN_KERNELS_INT8CONV_YMM_H
#define NN_KERNELS_INT8CONV_YMM_H

#include "nn/kernels/int8requant_avx2.h"
#include "nn/kernels/unroll.h"

#ifdef NN_INT8_PIXELS

static void finish(const nn_int8_conv *t, int panel, int pixels, const __m256i_u *sum, uint8_t *out,
                   const uint8_t *skip, float *real)
{
    const int channel = panel * NN_INT8_BLOCK;
    const requant r = load_requant(&t->requant, channel);
    const bool plain = !skip && !real && !t->requant.curve;
    int i = 0;
    for (; plain && i + 2 <= pixels; i += 2) {
        __m256 y[4];
        NN_UNROLL(4)
        for (int k = 0; k < 4; k++)
            y[k] = requantise(NULL, &r, k % 2, sum[2 * i + k], NULL);
        store_two_pixels(out + panel * t->out_plane + i * NN_INT8_BLOCK, y, r.zero);
    }
    for (; i < pixels; i++) {
        const uint8_t *s = skip ? skip + panel * t->skip_plane + i * NN_INT8_BLOCK : NULL;
        const __m256 low = requantise(t->requant.curve, &r, 0, sum[2 * i], s);
        const __m256 high = requantise(t->requant.curve, &r, 1, sum[2 * i + 1], s);
        if (!real) {
            store_bytes(out + panel * t->out_plane + i * NN_INT8_BLOCK, low, high, r.zero);
            continue;
        }
        float *block = real + 2 * panel * t->real_plane + 8 * i;
        if (channel < t->channels)
            _mm256_storeu_ps(block, low);
        if (channel + 8 < t->channels)
            _mm256_storeu_ps(block + t->real_plane, high);
    }
}

#endif

#ifdef NN_INT8_ADD_UP

// `pixels` is a constant where this is expanded.
NN_INLINE void run_tile(const nn_int8_conv *t, int panel, const uint8_t *x, uint8_t *out,
                        const uint8_t *skip, float *real, int pixels)
{
    __m256i sum[2 * NN_INT8_PIXELS], kept[2 * NN_INT8_PIXELS];
    const int32_t *start = t->start + panel * NN_INT8_BLOCK;
    NN_UNROLL(8)
    for (int i = 0; i < pixels; i++) {
        sum[2 * i] = _mm256_loadu_si256((const void *)start);
        sum[2 * i + 1] = _mm256_loadu_si256((const void *)(start + 8));
    }
    if (t->quads % 4 == 0)
        NN_INT8_ADD_UP(t, panel, x, pixels, 4, sum);
    else
        NN_INT8_ADD_UP(t, panel, x, pixels, 1, sum);
    NN_UNROLL(16)
    for (int i = 0; i < 2 * pixels; i++)
        kept[i] = sum[i];
    finish(t, panel, pixels, kept, out, skip, real);
}

#include "nn/kernels/int8conv_tiles.h"

#endif

#endif
