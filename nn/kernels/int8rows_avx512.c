// SPDX-License-Identifier: MIT
// Sums of quantised images with AVX-512: the pieces of a curve are looked up in registers.
#include "nn/kernels/int8requant_avx512.h"
#include "nn/kernels/int8rows.h"

#include <immintrin.h>

typedef struct sum {
    __m512 scale_a, scale_b, shift, low, high;
    curve_tables curve;
    bool curved;
} sum;

static inline __m128i add_sixteen(const sum *s, __m128i a, __m128i b)
{
    const __m512 x = _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(a));
    __m512 y = _mm512_fmadd_ps(x, s->scale_a, s->shift);
    y = _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(b)), s->scale_b, y);
    if (s->curved)
        y = follow(&s->curve, y);
    y = _mm512_min_ps(_mm512_max_ps(y, s->low), s->high);
    return _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(y));
}

// Masks only at the end: a masked store of bytes made of words of 32 bits takes long on Zen 4.
static void add_avx512(const nn_int8_sum *t, uint8_t *y, const uint8_t *a, const uint8_t *b,
                       int64_t bytes)
{
    const sum s = {_mm512_set1_ps(t->scale[0]),
                   _mm512_set1_ps(t->scale[1]),
                   _mm512_set1_ps(t->shift),
                   _mm512_set1_ps(t->low),
                   _mm512_set1_ps(t->high),
                   load_curve(t->curve),
                   t->curve};
    int64_t i = 0;
    for (; i + 16 <= bytes; i += 16)
        _mm_storeu_si128((void *)(y + i), add_sixteen(&s, _mm_loadu_si128((const void *)(a + i)),
                                                      _mm_loadu_si128((const void *)(b + i))));
    if (i < bytes) {
        const __mmask16 part = (__mmask16)((1u << (bytes - i)) - 1);
        _mm_mask_storeu_epi8(
            y + i, part,
            add_sixteen(&s, _mm_maskz_loadu_epi8(part, a + i), _mm_maskz_loadu_epi8(part, b + i)));
    }
}

void nn_int8_rows_init_avx512(nn_int8_row_kernels *k)
{
    k->add = add_avx512;
}
