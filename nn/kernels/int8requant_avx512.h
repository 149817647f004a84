// SPDX-License-Identifier: MIT
// Sixteen sums of products of bytes back to sixteen bytes, for AVX-512 kernels.
#ifndef NN_KERNELS_INT8REQUANT_AVX512_H
#define NN_KERNELS_INT8REQUANT_AVX512_H

#ifdef __AVX512F__ // for the files compiled with it; empty elsewhere
#include "nn/kernels/int8conv.h"

#include <immintrin.h>
#include <stdbool.h>

typedef struct requant {
    __m512 scale, shift, skip_scale, low, high;
    __m512i zero;
} requant;

static inline requant load_requant(const nn_int8_requant *r, int channel)
{
    return (requant){_mm512_loadu_ps(r->scale + channel),
                     _mm512_loadu_ps(r->shift + channel),
                     _mm512_set1_ps(r->skip_scale),
                     _mm512_set1_ps(r->low),
                     _mm512_set1_ps(r->high),
                     _mm512_set1_epi32(r->zero)};
}

static inline __m512 add_skip(__m512 y, const requant *r, const uint8_t *skip)
{
    const __m128i bytes = _mm_loadu_si128((const void *)skip);
    return _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes)), r->skip_scale, y);
}

static inline __m512 clamp(__m512 y, const requant *r)
{
    return _mm512_min_ps(_mm512_max_ps(y, r->low), r->high);
}

static inline __m128i bytes_of(__m512 y, const requant *r)
{
    return _mm512_cvtepi32_epi8(_mm512_add_epi32(_mm512_cvtps_epi32(y), r->zero));
}

static inline void store_bytes(uint8_t *out, __m512 y, const requant *r)
{
    _mm_storeu_si128((void *)out, bytes_of(y, r));
}

// Whether what becomes of sums takes more than finish() of the kernels.
static inline bool ends_specially(const nn_int8_conv *t, const float *real)
{
    return t->requant.curve || t->requant.slope > 0 || real;
}

// A curve in registers: bytes that are stored might be its numbers, for all that compilers know.
typedef struct curve_tables {
    __m512 a[2], b[2], c[2], d[2], e[2];
} curve_tables;

// NULL: zeros.
static inline curve_tables load_curve(const nn_int8_curve *curve)
{
    if (!curve)
        return (curve_tables){.a = {_mm512_setzero_ps()}};
    return (curve_tables){{_mm512_loadu_ps(curve->a), _mm512_loadu_ps(curve->a + 16)},
                          {_mm512_loadu_ps(curve->b), _mm512_loadu_ps(curve->b + 16)},
                          {_mm512_loadu_ps(curve->c), _mm512_loadu_ps(curve->c + 16)},
                          {_mm512_loadu_ps(curve->d), _mm512_loadu_ps(curve->d + 16)},
                          {_mm512_loadu_ps(curve->e), _mm512_loadu_ps(curve->e + 16)}};
}

static inline __m512 look_up(const __m512 table[2], __m512i i)
{
    return _mm512_permutex2var_ps(table[0], i, table[1]);
}

static inline __m512 follow(const curve_tables *curve, __m512 y)
{
    const __m512 most = _mm512_set1_ps(NN_INT8_PIECES - 1);
    const __m512 down = _mm512_roundscale_ps(y, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
    const __m512 piece = _mm512_min_ps(_mm512_max_ps(down, _mm512_setzero_ps()), most);
    const __m512i i = _mm512_cvtps_epi32(piece);
    const __m512 t = _mm512_sub_ps(y, piece);
    __m512 f = _mm512_fmadd_ps(t, look_up(curve->e, i), look_up(curve->d, i));
    f = _mm512_fmadd_ps(t, f, look_up(curve->c, i));
    f = _mm512_fmadd_ps(t, f, look_up(curve->b, i));
    return _mm512_fmadd_ps(t, f, look_up(curve->a, i));
}

// Every ending: a curve, a slope, results that stay float32. `sum` is in memory, [pixels][panels].
static inline void finish_any(const nn_int8_conv *t, int panel, int panels, int pixels,
                              const __m512i *sum, uint8_t *out, const uint8_t *skip, float *real)
{
    const curve_tables curve = load_curve(t->requant.curve);
    const bool curved = t->requant.curve;
    const float slope = t->requant.slope;
    for (int n = 0; n < panels; n++, panel++) {
        const int channel = panel * NN_INT8_BLOCK;
        const requant r = load_requant(&t->requant, channel);
        for (int i = 0; i < pixels; i++) {
            __m512 y = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum[i * panels + n]), r.scale, r.shift);
            if (skip)
                y = add_skip(y, &r, skip + panel * t->skip_plane + i * NN_INT8_BLOCK);
            if (curved)
                y = follow(&curve, y);
            else if (slope > 0)
                y = _mm512_max_ps(y, _mm512_mul_ps(y, _mm512_set1_ps(slope)));
            y = clamp(y, &r);
            if (!real) {
                store_bytes(out + panel * t->out_plane + i * NN_INT8_BLOCK, y, &r);
                continue;
            }
            float *block = real + 2 * panel * t->real_plane + 8 * i;
            if (channel < t->channels)
                _mm256_storeu_ps(block, _mm512_castps512_ps256(y));
            if (channel + 8 < t->channels)
                _mm256_storeu_ps(block + t->real_plane, _mm512_extractf32x8_ps(y, 1));
        }
    }
}

#endif

#endif
