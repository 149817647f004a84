// SPDX-License-Identifier: MIT
// Sums of products of bytes in memory back to bytes, four pixels at a time, for AVX-512 kernels.
#ifndef NN_KERNELS_INT8FINISH_AVX512_H
#define NN_KERNELS_INT8FINISH_AVX512_H

#ifdef __AVX512F__ // for the files compiled with it; empty elsewhere
#include "nn/kernels/int8requant_avx512.h"
#include "nn/kernels/unroll.h"

// Four pixels, side by side, of results held within their limits or below them.
static inline __m512i four_pixels(const __m512 y[4], __m512i zero)
{
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const __m512i a = _mm512_packs_epi32(_mm512_cvtps_epi32(y[0]), _mm512_cvtps_epi32(y[1]));
    const __m512i b = _mm512_packs_epi32(_mm512_cvtps_epi32(y[2]), _mm512_cvtps_epi32(y[3]));
    return _mm512_permutexvar_epi32(
        order, _mm512_packus_epi16(_mm512_adds_epi16(a, zero), _mm512_adds_epi16(b, zero)));
}

// Stores the first `pixels` > 0 of up to four.
NN_INLINE void store_pixels(uint8_t *out, __m512i four, int pixels)
{
    if (pixels >= 4)
        _mm512_storeu_si512(out, four);
    else if (pixels >= 2)
        _mm256_storeu_si256((void *)out, _mm512_castsi512_si256(four));
    else
        _mm_storeu_si128((void *)out, _mm512_castsi512_si128(four));
    if (pixels == 3)
        _mm_storeu_si128((void *)(out + 2 * NN_INT8_BLOCK), _mm512_extracti32x4_epi32(four, 2));
}

// `skipping` and `low`, whether results have a limit above what bytes have, are constants where
// this is expanded.
NN_INLINE void finish_fours(const nn_int8_conv *t, int panel, int pixels, const __m512i *sum,
                            uint8_t *out, const uint8_t *skip, bool skipping, bool low)
{
    const requant r = load_requant(&t->requant, panel * NN_INT8_BLOCK);
    const __m512i zero = _mm512_set1_epi16((short)t->requant.zero);
    for (int i = 0; i < pixels; i += 4) {
        const int n = pixels - i < 4 ? pixels - i : 4;
        const __mmask64 part = ~(__mmask64)0 >> (64 - NN_INT8_BLOCK * n);
        const __m512i bytes =
            skipping ? _mm512_maskz_loadu_epi8(part, skip + i * NN_INT8_BLOCK) : zero;
        const __m128i each[4] = {_mm512_castsi512_si128(bytes), _mm512_extracti32x4_epi32(bytes, 1),
                                 _mm512_extracti32x4_epi32(bytes, 2),
                                 _mm512_extracti32x4_epi32(bytes, 3)};
        __m512 y[4];
        NN_UNROLL(4)
        for (int k = 0; k < 4; k++) {
            const __m512i s = sum[k < n ? i + k : i];
            y[k] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(s), r.scale, r.shift);
            if (skipping)
                y[k] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(each[k])),
                                       r.skip_scale, y[k]);
            if (low)
                y[k] = _mm512_max_ps(y[k], r.low);
            y[k] = _mm512_min_ps(y[k], r.high);
        }
        store_pixels(out + i * NN_INT8_BLOCK, four_pixels(y, zero), n);
    }
}

// Pixels of one panel, side by side. `sum` is in memory.
static inline void finish_pixels(const nn_int8_conv *t, int panel, int pixels, const __m512i *sum,
                                 uint8_t *out, const uint8_t *skip, float *real)
{
    if (ends_specially(t, real)) {
        finish_any(t, panel, 1, pixels, sum, out, skip, real);
        return;
    }
    const bool low = t->requant.low > (float)-t->requant.zero;
    out += panel * t->out_plane;
    if (skip && low)
        finish_fours(t, panel, pixels, sum, out, skip + panel * t->skip_plane, true, true);
    else if (skip)
        finish_fours(t, panel, pixels, sum, out, skip + panel * t->skip_plane, true, false);
    else if (low)
        finish_fours(t, panel, pixels, sum, out, NULL, false, true);
    else
        finish_fours(t, panel, pixels, sum, out, NULL, false, false);
}

#endif

#endif
