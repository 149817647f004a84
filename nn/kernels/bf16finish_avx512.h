// SPDX-License-Identifier: MIT
// From sums of convolution in bfloat16 to pixels, for AVX-512 kernels.
#ifndef NN_KERNELS_BF16FINISH_AVX512_H
#define NN_KERNELS_BF16FINISH_AVX512_H

#ifdef __AVX512F__ // for the files compiled with it; empty elsewhere
#include "nn/kernels/bf16conv.h"

#include <immintrin.h>

// Writes a panel of places first .. first + places. `sum`: sixteen floats for each place, `apart`
// floats from one to the next.
static inline void finish(const nn_bf16_conv *t, int panel, int64_t first, int64_t places,
                          const float *sum, int64_t apart)
{
    const int halves = t->channels > panel * 16 + 8 ? 2 : t->channels > panel * 16 ? 1 : 0;
    const __m256 low = _mm256_set1_ps(t->relu ? 0.0f : -__builtin_inff());
    int64_t y = first / t->pitch, x = first % t->pitch;
    for (int64_t i = 0; i < places; i++, sum += apart) {
        for (int h = 0; h < halves && x < t->width; h++) {
            const int64_t block = 2 * panel + h;
            __m256 v = _mm256_loadu_ps(sum + 8 * h);
            if (t->skip)
                v = _mm256_add_ps(
                    v, _mm256_loadu_ps(t->skip + block * t->skip_plane + y * t->skip_row + 8 * x));
            // the second operand passes where one is not a number
            _mm256_storeu_ps(t->out + block * t->plane + y * t->row + 8 * x, _mm256_max_ps(low, v));
        }
        if (++x == t->pitch) {
            x = 0;
            y++;
        }
    }
}

#endif

#endif
