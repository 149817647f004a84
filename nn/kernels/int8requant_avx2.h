// SPDX-License-Identifier: MIT
// Eight sums of products of bytes back to eight bytes, for x86 kernels.
#ifndef NN_KERNELS_INT8REQUANT_AVX2_H
#define NN_KERNELS_INT8REQUANT_AVX2_H

#ifdef __AVX2__ // for the files compiled with it; empty elsewhere
#include "nn/kernels/int8conv.h"
#include "nn/kernels/unroll.h"

#include <immintrin.h>
#include <stdbool.h>

typedef struct requant {
    __m256 scale[2], shift[2], skip_scale, low, high, slope;
    __m256i zero; // words
    bool leaky;   // slope counts
} requant;

static inline requant load_requant(const nn_int8_requant *r, int channel)
{
    return (requant){{_mm256_loadu_ps(r->scale + channel), _mm256_loadu_ps(r->scale + channel + 8)},
                     {_mm256_loadu_ps(r->shift + channel), _mm256_loadu_ps(r->shift + channel + 8)},
                     _mm256_set1_ps(r->skip_scale),
                     _mm256_set1_ps(r->low),
                     _mm256_set1_ps(r->high),
                     _mm256_set1_ps(r->slope),
                     _mm256_set1_epi16((int16_t)r->zero),
                     r->slope > 0};
}

static inline __m256 float_bytes(const uint8_t *x)
{
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)x)));
}

// a, b, c, d of two pieces, one in each half.
static inline __m256 two_pieces(const float *low, const float *high)
{
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(low)), _mm_loadu_ps(high), 1);
}

// e of eight pieces, which begin at these places.
static inline __m256 fifths(const float *pieces, const uint32_t at[8])
{
    const float *e = pieces + 4;
    __m256 y[4];
    NN_UNROLL(4)
    for (int k = 0; k < 4; k++)
        y[k] = _mm256_blend_ps(_mm256_broadcast_ss(e + at[2 * k]),
                               _mm256_broadcast_ss(e + at[2 * k + 1]), 0xaa);
    return _mm256_blend_ps(_mm256_blend_ps(y[0], y[1], 0xcc), _mm256_blend_ps(y[2], y[3], 0xcc),
                           0xf0);
}

// Pieces are loaded whole and transposed: gathers are slow on many processors, and permutations of
// four registers for each of the five tables are slower.
static inline __m256 follow(const nn_int8_curve *curve, __m256 y)
{
    const __m256 most = _mm256_set1_ps(NN_INT8_PIECES - 1);
    const __m256 piece =
        _mm256_min_ps(_mm256_max_ps(_mm256_floor_ps(y), _mm256_setzero_ps()), most);
    const __m256 t = _mm256_sub_ps(y, piece);
    const float *p = curve->piece[0];
    uint32_t at[8];
    _mm256_storeu_si256((void *)at, _mm256_slli_epi32(_mm256_cvtps_epi32(piece), 3));
    const __m256 p04 = two_pieces(p + at[0], p + at[4]), p15 = two_pieces(p + at[1], p + at[5]);
    const __m256 p26 = two_pieces(p + at[2], p + at[6]), p37 = two_pieces(p + at[3], p + at[7]);
    const __m256 ab0 = _mm256_unpacklo_ps(p04, p26), cd0 = _mm256_unpackhi_ps(p04, p26);
    const __m256 ab1 = _mm256_unpacklo_ps(p15, p37), cd1 = _mm256_unpackhi_ps(p15, p37);
    __m256 f = _mm256_fmadd_ps(t, fifths(p, at), _mm256_unpackhi_ps(cd0, cd1));
    f = _mm256_fmadd_ps(t, f, _mm256_unpacklo_ps(cd0, cd1));
    f = _mm256_fmadd_ps(t, f, _mm256_unpackhi_ps(ab0, ab1));
    return _mm256_fmadd_ps(t, f, _mm256_unpacklo_ps(ab0, ab1));
}

// Eight results; `half` is the half of the sixteen channels.
static inline __m256 requantise(const nn_int8_curve *curve, const requant *r, int half, __m256i sum,
                                const uint8_t *skip)
{
    __m256 y = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum), r->scale[half], r->shift[half]);
    if (skip)
        y = _mm256_fmadd_ps(float_bytes(skip + 8 * half), r->skip_scale, y);
    if (curve)
        y = follow(curve, y);
    else if (r->leaky)
        y = _mm256_max_ps(y, _mm256_mul_ps(y, r->slope));
    return _mm256_min_ps(_mm256_max_ps(y, r->low), r->high);
}

// Sixteen numbers that are within 0 and 255 with the words `zero`.
static inline void store_bytes(uint8_t *out, __m256 low, __m256 high, __m256i zero)
{
    __m256i words = _mm256_packs_epi32(_mm256_cvtps_epi32(low), _mm256_cvtps_epi32(high));
    words = _mm256_add_epi16(words, zero);
    words = _mm256_permute4x64_epi64(words, 0xd8);
    _mm_storeu_si128((void *)out, _mm_packus_epi16(_mm256_castsi256_si128(words),
                                                   _mm256_extracti128_si256(words, 1)));
}

// The same of two pixels that lie side by side: low and high of the first, of the second.
static inline void store_two_pixels(uint8_t *out, const __m256 y[4], __m256i zero)
{
    const __m256i in_order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    __m256i a = _mm256_packs_epi32(_mm256_cvtps_epi32(y[0]), _mm256_cvtps_epi32(y[1]));
    __m256i b = _mm256_packs_epi32(_mm256_cvtps_epi32(y[2]), _mm256_cvtps_epi32(y[3]));
    a = _mm256_add_epi16(a, zero);
    b = _mm256_add_epi16(b, zero);
    _mm256_storeu_si256((void *)out,
                        _mm256_permutevar8x32_epi32(_mm256_packus_epi16(a, b), in_order));
}

#endif

#endif
