// SPDX-License-Identifier: MIT
// From sums of convolution in bfloat16 to pixels, for AVX-512 kernels.
#ifndef NN_KERNELS_BF16FINISH_AVX512_H
#define NN_KERNELS_BF16FINISH_AVX512_H

#ifdef __AVX512F__ // for the files compiled with it; empty elsewhere
#include "nn/kernels/act_avx512.h"
#include "nn/kernels/bf16conv.h"

#include <stdbool.h>

enum { FINISH_PANEL = 16 };

// Pixels of a panel: those of a row, or a column of rows that are one pixel wide.
typedef struct finish_pixels {
    int64_t count;
    float *sum;        // sixteen floats for each
    float *out;        // of the first pixel, its lower eight channels
    int64_t step;      // floats from a pixel to the next
    const float *skip; // the same, or NULL
    int64_t skip_step;
} finish_pixels;

NN_INLINE void add_skip(const finish_pixels *p, int64_t plane)
{
    const float *skip = p->skip;
    float *sum = p->sum;
    for (int64_t i = 0; i < p->count; i++, sum += FINISH_PANEL, skip += p->skip_step) {
        const __m512 both = _mm512_insertf32x8(_mm512_castps256_ps512(_mm256_loadu_ps(skip)),
                                               _mm256_loadu_ps(skip + plane), 1);
        _mm512_storeu_ps(sum, _mm512_add_ps(_mm512_loadu_ps(sum), both));
    }
}

NN_INLINE void store_pixels(const finish_pixels *p, nn_act act, int64_t plane, bool both)
{
    float *out = p->out;
    const float *sum = p->sum;
    for (int64_t i = 0; i < p->count; i++, out += p->step, sum += FINISH_PANEL) {
        __m512 v = _mm512_loadu_ps(sum);
        act_sums(act, &v, 1);
        _mm256_storeu_ps(out, _mm512_castps512_ps256(v));
        if (both)
            _mm256_storeu_ps(out + plane, _mm512_extractf32x8_ps(v, 1));
    }
}

// Writes a panel of places first .. first + places. `sum`: sixteen floats for each place, which are
// spent.
static inline void finish(const nn_bf16_conv *t, int panel, int64_t first, int64_t places,
                          float *sum)
{
    const int channels = t->channels - panel * FINISH_PANEL, block = 2 * panel;
    const bool column = t->pitch == 1, both = channels > 8;
    int64_t y = first / t->pitch, x = first % t->pitch;
    for (int64_t i = 0, n; i < places && channels > 0; i += n, y++, x = 0) {
        n = t->pitch - x < places - i && !column ? t->pitch - x : places - i;
        finish_pixels p = {.count = column || n < t->width - x ? n : t->width - x,
                           .sum = sum + i * FINISH_PANEL,
                           .out = t->out + block * t->plane + y * t->row + 8 * x,
                           .step = column ? t->row : 8};
        if (t->skip) {
            p.skip = t->skip + block * t->skip_plane + y * t->skip_row + 8 * x;
            p.skip_step = column ? t->skip_row : 8;
            add_skip(&p, both ? t->skip_plane : 0);
        }
        if (t->late && p.count > 0)
            t->late(p.sum, p.sum, p.count * FINISH_PANEL);
        if (both)
            store_pixels(&p, t->act, t->plane, true);
        else
            store_pixels(&p, t->act, t->plane, false);
    }
}

#endif

#endif
