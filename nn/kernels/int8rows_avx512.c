// SPDX-License-Identifier: MIT
// Sums of quantised images with AVX-512: the pieces of a curve are looked up in registers.
#include "nn/kernels/int8requant_avx512.h"
#include "nn/kernels/int8rows.h"

#include <immintrin.h>

static __m512 load(const uint8_t *x, __mmask16 part)
{
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(part, x)));
}

static void add_avx512(const nn_int8_sum *s, uint8_t *y, const uint8_t *a, const uint8_t *b,
                       int64_t bytes)
{
    const __m512 scale_a = _mm512_set1_ps(s->scale[0]), scale_b = _mm512_set1_ps(s->scale[1]);
    const __m512 shift = _mm512_set1_ps(s->shift);
    const __m512 low = _mm512_set1_ps(s->low), high = _mm512_set1_ps(s->high);
    const curve_tables curve = load_curve(s->curve);
    const bool curved = s->curve;
    for (int64_t i = 0; i < bytes; i += 16) {
        const __mmask16 part = bytes - i < 16 ? (__mmask16)((1u << (bytes - i)) - 1) : 0xffff;
        __m512 sum = _mm512_fmadd_ps(load(a + i, part), scale_a, shift);
        sum = _mm512_fmadd_ps(load(b + i, part), scale_b, sum);
        if (curved)
            sum = follow(&curve, sum);
        sum = _mm512_min_ps(_mm512_max_ps(sum, low), high);
        _mm_mask_storeu_epi8(y + i, part, _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(sum)));
    }
}

void nn_int8_rows_init_avx512(nn_int8_row_kernels *k)
{
    k->add = add_avx512;
}
