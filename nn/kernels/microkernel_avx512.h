// SPDX-License-Identifier: MIT
// Parts of the AVX-512 versions of the microkernel.
#ifndef NN_KERNELS_MICROKERNEL_AVX512_H
#define NN_KERNELS_MICROKERNEL_AVX512_H

#include "nn/kernels/act_avx512.h"
#include "nn/kernels/microkernel.h"

#include <immintrin.h>

// LANES: of the panel's two halves. SHORT: pixels side by side from which a tile of their own pays.
enum { NN_MICROKERNEL_LANES = 8, NN_MICROKERNEL_SHORT = 6 };

// nn_microkernels.run for t->channels = 8, float32 weights and stretches that are multiples of
// eight. The same bits as with AVX2.
void nn_microkernel_run_narrow_avx512(const nn_microkernel_args *t, int count,
                                      const float *const *pixel, const int32_t *place);

// nn_microkernels.run.
void nn_microkernel_run_avx512(const nn_microkernel_args *t, int count, const float *const *pixel,
                               const int32_t *place);

#ifdef __AVX512F__ // for the files compiled with it; empty elsewhere
NN_INLINE __m512 nn_microkernel_load(const char *weight, bool half)
{
    return half ? _mm512_cvtph_ps(_mm256_loadu_si256((const void *)weight))
                : _mm512_loadu_ps(weight);
}

// Adds skip to the sums, applies the activation and stores them.
NN_INLINE void nn_microkernel_finish(const nn_microkernel_args *t, __m512 *sum,
                                     const int32_t *place, int pixels)
{
    float *out = t->out;
    const int64_t plane = t->plane;
    if (t->skip) {
        const float *skip = t->skip;
        const int32_t *at = t->skip_place;
        const int64_t skip_plane = t->skip_plane;
        NN_UNROLL(16)
        for (int i = 0; i < pixels; i++) {
            const __m512 low = _mm512_castps256_ps512(_mm256_loadu_ps(skip + at[i]));
            const __m256 high = _mm256_loadu_ps(skip + at[i] + skip_plane);
            sum[i] = _mm512_add_ps(sum[i], _mm512_insertf32x8(low, high, 1));
        }
    }
    act_sums(t->act, sum, pixels);
    NN_UNROLL(16)
    for (int i = 0; i < pixels; i++) {
        _mm256_storeu_ps(out + place[i], _mm512_castps512_ps256(sum[i]));
        _mm256_storeu_ps(out + place[i] + plane, _mm512_extractf32x8_ps(sum[i], 1));
    }
}

NN_INLINE void nn_microkernel_start(const nn_microkernel_args *t, __m512 *sum, int pixels)
{
    NN_UNROLL(16)
    for (int i = 0; i < pixels; i++)
        sum[i] = t->bias ? _mm512_loadu_ps(t->bias) : _mm512_setzero_ps();
}

// Counts the leading pixels, of `count` >= 1, that lie `spacing` floats apart.
NN_INLINE int nn_microkernel_count_row(const float *const *pixel, int count, int spacing)
{
    const __m512i lane = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
    const __m512i bytes = _mm512_set1_epi64(8LL * spacing * (int)sizeof(float));
    __m512i want = _mm512_add_epi64(_mm512_set1_epi64((long long)(uintptr_t)pixel[0]),
                                    _mm512_mullo_epi64(lane, _mm512_srli_epi64(bytes, 3)));
    for (int i = 0; i < count; i += 8, want = _mm512_add_epi64(want, bytes)) {
        const unsigned all = count - i < 8 ? (1u << (count - i)) - 1 : 0xff;
        const unsigned same = _mm512_mask_cmpeq_epi64_mask(
            (__mmask8)all, _mm512_maskz_loadu_epi64((__mmask8)all, pixel + i), want);
        if (same != all)
            return i + __builtin_ctz(~same);
    }
    return count;
}
#endif

#endif
