// SPDX-License-Identifier: MIT
// Rows of quantised images with AVX2.
#include "nn/kernels/int8requant_avx2.h"
#include "nn/kernels/int8rows.h"

#include <immintrin.h>
#include <string.h>

enum { BLOCK = NN_INT8_BLOCK, NEAREST = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC };

// As nn_int8_quantise, not yet integers. A maximum gives its second operand for NaN.
static inline __m256 quantise(__m256 x, __m256 scale, __m256 zero)
{
    x = _mm256_add_ps(_mm256_round_ps(_mm256_div_ps(x, scale), NEAREST), zero);
    return _mm256_min_ps(_mm256_max_ps(x, _mm256_setzero_ps()), _mm256_set1_ps(255));
}

static void quantise_avx2(uint8_t *y, const float *low, const float *high, float scale, float zero,
                          int64_t pixels)
{
    const __m256 s = _mm256_set1_ps(scale), z = _mm256_set1_ps(zero);
    const __m256 nothing = quantise(_mm256_setzero_ps(), s, z);
    for (int64_t i = 0; i < pixels; i++)
        store_bytes(y + i * BLOCK, quantise(_mm256_loadu_ps(low + 8 * i), s, z),
                    high ? quantise(_mm256_loadu_ps(high + 8 * i), s, z) : nothing);
}

// Sixteen numbers of a plane as bytes.
static inline __m128i plane_bytes(const float *x, __m256 scale, __m256 zero)
{
    uint8_t bytes[BLOCK];
    store_bytes(bytes, quantise(_mm256_loadu_ps(x), scale, zero),
                quantise(_mm256_loadu_ps(x + 8), scale, zero));
    return _mm_loadu_si128((const void *)bytes);
}

// Sixteen pixels of up to four channels; the others are `rest`.
static inline void interleave(uint8_t *y, const __m128i plane[4], __m128i rest)
{
    const __m128i a[2] = {_mm_unpacklo_epi8(plane[0], plane[1]),
                          _mm_unpackhi_epi8(plane[0], plane[1])};
    const __m128i b[2] = {_mm_unpacklo_epi8(plane[2], plane[3]),
                          _mm_unpackhi_epi8(plane[2], plane[3])};
    for (int half = 0; half < 2; half++) {
        int32_t pixel[8];
        _mm_storeu_si128((void *)pixel, _mm_unpacklo_epi16(a[half], b[half]));
        _mm_storeu_si128((void *)(pixel + 4), _mm_unpackhi_epi16(a[half], b[half]));
        for (int i = 0; i < 8; i++)
            _mm_storeu_si128((void *)(y + (8 * half + i) * BLOCK),
                             _mm_insert_epi32(rest, pixel[i], 0));
    }
}

// Sixteen pixels at once of up to four channels, single ones of more.
static void quantise_planes_avx2(uint8_t *y, const float *x, int64_t plane, int channels,
                                 float scale, float zero, int64_t pixels)
{
    const __m256 s = _mm256_set1_ps(scale), z = _mm256_set1_ps(zero);
    const __m128i rest = _mm_set1_epi8((char)nn_int8_quantise(0, scale, zero));
    int64_t i = 0;
    for (; channels <= 4 && i + 16 <= pixels; i += 16) {
        __m128i bytes[4];
        for (int c = 0; c < 4; c++)
            bytes[c] = c < channels ? plane_bytes(x + c * plane + i, s, z) : rest;
        interleave(y + i * BLOCK, bytes, rest);
    }
    for (; i < pixels; i++) {
        _mm_storeu_si128((void *)(y + i * BLOCK), rest);
        for (int c = 0; c < channels; c++)
            y[i * BLOCK + c] = nn_int8_quantise(x[c * plane + i], scale, zero);
    }
}

static void dequantise_avx2(float *low, float *high, const uint8_t *x, float scale, float zero,
                            int64_t pixels)
{
    const __m256 s = _mm256_set1_ps(scale), z = _mm256_set1_ps(zero);
    for (int64_t i = 0; i < pixels; i++) {
        const uint8_t *from = x + i * BLOCK;
        _mm256_storeu_ps(low + 8 * i, _mm256_mul_ps(_mm256_sub_ps(float_bytes(from), z), s));
        if (high)
            _mm256_storeu_ps(high + 8 * i,
                             _mm256_mul_ps(_mm256_sub_ps(float_bytes(from + 8), z), s));
    }
}

static inline __m256 add_eight(const nn_int8_sum *s, const uint8_t *a, const uint8_t *b)
{
    __m256 y =
        _mm256_fmadd_ps(float_bytes(a), _mm256_set1_ps(s->scale[0]), _mm256_set1_ps(s->shift));
    y = _mm256_fmadd_ps(float_bytes(b), _mm256_set1_ps(s->scale[1]), y);
    if (s->curve)
        y = follow(s->curve, y);
    return _mm256_min_ps(_mm256_max_ps(y, _mm256_set1_ps(s->low)), _mm256_set1_ps(s->high));
}

static void add_avx2(const nn_int8_sum *s, uint8_t *y, const uint8_t *a, const uint8_t *b,
                     int64_t bytes)
{
    uint8_t part[3][BLOCK] = {{0}};
    int64_t i = 0;
    for (; i + BLOCK <= bytes; i += BLOCK)
        store_bytes(y + i, add_eight(s, a + i, b + i), add_eight(s, a + i + 8, b + i + 8));
    if (i == bytes)
        return;
    memcpy(part[0], a + i, (size_t)(bytes - i));
    memcpy(part[1], b + i, (size_t)(bytes - i));
    store_bytes(part[2], add_eight(s, part[0], part[1]), add_eight(s, part[0] + 8, part[1] + 8));
    memcpy(y + i, part[2], (size_t)(bytes - i));
}

static void max_avx2(const nn_int8_window *w, uint8_t *y, const uint8_t *x, int64_t pixels)
{
    for (int64_t i = 0; i < pixels; i++, x += w->step) {
        __m128i most = _mm_setzero_si128();
        for (int r = 0; r < w->height; r++)
            for (int c = 0; c < w->width; c++)
                most = _mm_max_epu8(most,
                                    _mm_loadu_si128((const void *)(x + r * w->row + c * w->tap)));
        _mm_storeu_si128((void *)(y + i * BLOCK), most);
    }
}

static void sum_avx2(const nn_int8_window *w, int32_t *y, const uint8_t *x, int64_t pixels)
{
    for (int64_t i = 0; i < pixels; i++, x += w->step) {
        __m256i low = _mm256_setzero_si256(), high = low;
        for (int r = 0; r < w->height; r++)
            for (int c = 0; c < w->width; c++) {
                const __m128i v = _mm_loadu_si128((const void *)(x + r * w->row + c * w->tap));
                low = _mm256_add_epi32(low, _mm256_cvtepu8_epi32(v));
                high = _mm256_add_epi32(high, _mm256_cvtepu8_epi32(_mm_srli_si128(v, 8)));
            }
        _mm256_storeu_si256((void *)(y + i * BLOCK), low);
        _mm256_storeu_si256((void *)(y + i * BLOCK + 8), high);
    }
}

// Products of two taps of eight channels: channels lie apart, their two taps side by side.
static inline __m256i two_taps(__m128i x, __m128i weight)
{
    return _mm256_madd_epi16(_mm256_cvtepu8_epi16(x), _mm256_cvtepi8_epi16(weight));
}

static inline __m128i load_tap(const nn_int8_window *w, const uint8_t *x, int tap)
{
    return _mm_loadu_si128((const void *)(x + tap / w->width * w->row + tap % w->width * w->tap));
}

static void depthwise_avx2(const nn_int8_depthwise *d, uint8_t *y, const uint8_t *x,
                           const uint8_t *skip, int64_t pixels)
{
    const nn_int8_window *w = &d->window;
    const int taps = w->height * w->width;
    const requant r = load_requant(&d->requant, 0);
    for (int64_t i = 0; i < pixels; i++, x += w->step) {
        __m256i low = _mm256_loadu_si256((const void *)d->start);
        __m256i high = _mm256_loadu_si256((const void *)(d->start + 8));
        for (int t = 0; t < taps; t += 2) {
            const bool both = t + 1 < taps;
            const __m128i none = _mm_setzero_si128();
            const __m128i a = load_tap(w, x, t), b = both ? load_tap(w, x, t + 1) : none;
            const __m128i wa = _mm_loadu_si128((const void *)(d->weight + t * BLOCK));
            const __m128i wb =
                both ? _mm_loadu_si128((const void *)(d->weight + (t + 1) * BLOCK)) : none;
            low =
                _mm256_add_epi32(low, two_taps(_mm_unpacklo_epi8(a, b), _mm_unpacklo_epi8(wa, wb)));
            high = _mm256_add_epi32(high,
                                    two_taps(_mm_unpackhi_epi8(a, b), _mm_unpackhi_epi8(wa, wb)));
        }
        const uint8_t *s = skip ? skip + i * BLOCK : NULL;
        store_bytes(y + i * BLOCK, requantise(d->requant.curve, &r, 0, low, s),
                    requantise(d->requant.curve, &r, 1, high, s));
    }
}

void nn_int8_rows_init_avx2(nn_int8_row_kernels *k)
{
    k->quantise = quantise_avx2;
    k->quantise_planes = quantise_planes_avx2;
    k->dequantise = dequantise_avx2;
    k->add = add_avx2;
    k->max = max_avx2;
    k->sum = sum_avx2;
    k->depthwise = depthwise_avx2;
}
