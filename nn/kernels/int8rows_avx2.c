// SPDX-License-Identifier: MIT
// Rows of quantised images with AVX2.
#include "nn/kernels/int8requant_avx2.h"
#include "nn/kernels/int8rows.h"
#include "nn/kernels/unroll.h"

#include <immintrin.h>
#include <stdbool.h>
#include <string.h>

enum { BLOCK = NN_INT8_BLOCK, NEAREST = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC };

// Of numbers that have their zero point already.
static inline __m256i no_zero(void)
{
    return _mm256_setzero_si256();
}

// x / scale as an integer. What is too large stays so; NaN, which a minimum gives where it is the
// second operand, becomes the least integer.
static inline __m256i whole(__m256 x, __m256 scale)
{
    return _mm256_cvtps_epi32(_mm256_min_ps(_mm256_set1_ps(32767), _mm256_div_ps(x, scale)));
}

// As nn_int8_quantise: words and bytes saturate, which holds the result within 0..255.
static inline __m128i quantise(__m256 low, __m256 high, __m256 scale, __m256i zero)
{
    __m256i words = _mm256_packs_epi32(whole(low, scale), whole(high, scale));
    words = _mm256_adds_epi16(words, zero);
    const __m128i bytes =
        _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    return _mm_shuffle_epi32(bytes, 0xd8); // numbers 0-3, 8-11, 4-7, 12-15 before
}

static void quantise_avx2(uint8_t *y, const float *low, const float *high, float scale, float zero,
                          int64_t pixels)
{
    const __m256 s = _mm256_set1_ps(scale);
    const __m256i z = _mm256_set1_epi16((int16_t)zero);
    for (int64_t i = 0; i < pixels; i++)
        _mm_storeu_si128((void *)(y + i * BLOCK),
                         quantise(_mm256_loadu_ps(low + 8 * i),
                                  high ? _mm256_loadu_ps(high + 8 * i) : _mm256_setzero_ps(), s,
                                  z));
}

// Sixteen numbers of a plane as bytes.
static inline __m128i plane_bytes(const float *x, __m256 scale, __m256i zero)
{
    return quantise(_mm256_loadu_ps(x), _mm256_loadu_ps(x + 8), scale, zero);
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
    const __m256 s = _mm256_set1_ps(scale);
    const __m256i z = _mm256_set1_epi16((int16_t)zero);
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

// Sixteen pixels of three channels, without gaps.
static inline void mix(uint8_t *y, const __m128i plane[3])
{
    static const int8_t from[3][3][BLOCK] = {
        // of 16 bytes, of each plane: its byte, -1: none
        {{0, -1, -1, 1, -1, -1, 2, -1, -1, 3, -1, -1, 4, -1, -1, 5},
         {-1, 0, -1, -1, 1, -1, -1, 2, -1, -1, 3, -1, -1, 4, -1, -1},
         {-1, -1, 0, -1, -1, 1, -1, -1, 2, -1, -1, 3, -1, -1, 4, -1}},
        {{-1, -1, 6, -1, -1, 7, -1, -1, 8, -1, -1, 9, -1, -1, 10, -1},
         {5, -1, -1, 6, -1, -1, 7, -1, -1, 8, -1, -1, 9, -1, -1, 10},
         {-1, 5, -1, -1, 6, -1, -1, 7, -1, -1, 8, -1, -1, 9, -1, -1}},
        {{-1, 11, -1, -1, 12, -1, -1, 13, -1, -1, 14, -1, -1, 15, -1, -1},
         {-1, -1, 11, -1, -1, 12, -1, -1, 13, -1, -1, 14, -1, -1, 15, -1},
         {10, -1, -1, 11, -1, -1, 12, -1, -1, 13, -1, -1, 14, -1, -1, 15}},
    };
    for (int j = 0; j < 3; j++) {
        __m128i sum = _mm_setzero_si128();
        for (int c = 0; c < 3; c++)
            sum = _mm_or_si128(
                sum, _mm_shuffle_epi8(plane[c], _mm_loadu_si128((const void *)from[j][c])));
        _mm_storeu_si128((void *)(y + j * BLOCK), sum);
    }
}

static void quantise_close_avx2(uint8_t *y, const float *x, int64_t plane, int channels,
                                float scale, float zero, int64_t pixels)
{
    const __m256 s = _mm256_set1_ps(scale);
    const __m256i z = _mm256_set1_epi16((int16_t)zero);
    int64_t i = 0;
    for (; channels == 3 && i + 16 <= pixels; i += 16) {
        __m128i bytes[3];
        for (int c = 0; c < 3; c++)
            bytes[c] = plane_bytes(x + c * plane + i, s, z);
        mix(y + i * 3, bytes);
    }
    for (; channels == 1 && i + 16 <= pixels; i += 16)
        _mm_storeu_si128((void *)(y + i), plane_bytes(x + i, s, z));
    for (; i < pixels; i++)
        for (int c = 0; c < channels; c++)
            y[i * channels + c] = nn_int8_quantise(x[c * plane + i], scale, zero);
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
        store_bytes(y + i, add_eight(s, a + i, b + i), add_eight(s, a + i + 8, b + i + 8),
                    no_zero());
    if (i == bytes)
        return;
    memcpy(part[0], a + i, (size_t)(bytes - i));
    memcpy(part[1], b + i, (size_t)(bytes - i));
    store_bytes(part[2], add_eight(s, part[0], part[1]), add_eight(s, part[0] + 8, part[1] + 8),
                no_zero());
    memcpy(y + i, part[2], (size_t)(bytes - i));
}

static inline __m256i whole_bytes(const uint8_t *x)
{
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)x));
}

// Two pixels, 32 bytes, without a curve.
static inline void affine_two(const requant *r, __m256i zero, uint8_t *y, const uint8_t *x)
{
    __m256 v[4];
    NN_UNROLL(4)
    for (int i = 0; i < 4; i++) {
        const __m256i whole = _mm256_sub_epi32(whole_bytes(x + 8 * i), zero);
        v[i] = requantise(NULL, r, i % 2, whole, NULL);
    }
    store_two_pixels(y, v, r->zero);
}

static void affine_avx2(const nn_int8_requant *t, int zero, uint8_t *y, const uint8_t *x,
                        int64_t pixels)
{
    const requant r = load_requant(t, 0);
    const __m256i z = _mm256_set1_epi32(zero);
    int64_t i = 0;
    for (; !t->curve && i + 2 <= pixels; i += 2)
        affine_two(&r, z, y + i * BLOCK, x + i * BLOCK);
    for (; i < pixels; i++) {
        const __m256i low = _mm256_sub_epi32(whole_bytes(x + i * BLOCK), z);
        const __m256i high = _mm256_sub_epi32(whole_bytes(x + i * BLOCK + 8), z);
        store_bytes(y + i * BLOCK, requantise(t->curve, &r, 0, low, NULL),
                    requantise(t->curve, &r, 1, high, NULL), r.zero);
    }
}

static inline __m256 multiply_eight(const nn_int8_product *p, const uint8_t *a, const uint8_t *b)
{
    const __m256i x = _mm256_sub_epi32(whole_bytes(a), _mm256_set1_epi32(p->zero[0]));
    const __m256i y = _mm256_sub_epi32(whole_bytes(b), _mm256_set1_epi32(p->zero[1]));
    const __m256 v = _mm256_cvtepi32_ps(_mm256_mullo_epi32(x, y));
    return _mm256_min_ps(
        _mm256_max_ps(_mm256_mul_ps(v, _mm256_set1_ps(p->scale)), _mm256_set1_ps(p->low)),
        _mm256_set1_ps(p->high));
}

static void multiply_avx2(const nn_int8_product *p, uint8_t *y, const uint8_t *a, const uint8_t *b,
                          int64_t bytes)
{
    const __m256i zero = _mm256_set1_epi16((int16_t)p->out_zero);
    uint8_t part[3][BLOCK] = {{0}};
    int64_t i = 0;
    for (; i + BLOCK <= bytes; i += BLOCK)
        store_bytes(y + i, multiply_eight(p, a + i, b + i), multiply_eight(p, a + i + 8, b + i + 8),
                    zero);
    if (i == bytes)
        return;
    memcpy(part[0], a + i, (size_t)(bytes - i));
    memcpy(part[1], b + i, (size_t)(bytes - i));
    store_bytes(part[2], multiply_eight(p, part[0], part[1]),
                multiply_eight(p, part[0] + 8, part[1] + 8), zero);
    memcpy(y + i, part[2], (size_t)(bytes - i));
}

static inline __m256 between(__m256 a, __m256 b, __m256 weight)
{
    return _mm256_fmadd_ps(weight, _mm256_sub_ps(b, a), a);
}

// Eight channels from `a` and `b` of both rows on.
static inline __m256 blend_eight(const nn_int8_blend *t, const uint8_t *top, const uint8_t *bottom,
                                 int64_t a, int64_t b, __m256 weight)
{
    const __m256 high = between(float_bytes(top + a), float_bytes(top + b), weight);
    const __m256 low = between(float_bytes(bottom + a), float_bytes(bottom + b), weight);
    const __m256 v =
        _mm256_sub_ps(between(high, low, _mm256_set1_ps(t->weight)), _mm256_set1_ps(t->zero));
    const __m256 whole = _mm256_round_ps(_mm256_mul_ps(v, _mm256_set1_ps(t->scale)), NEAREST);
    return _mm256_min_ps(
        _mm256_max_ps(_mm256_add_ps(whole, _mm256_set1_ps(t->out_zero)), _mm256_setzero_ps()),
        _mm256_set1_ps(255));
}

static void blend_avx2(const nn_int8_blend *t, uint8_t *y, const uint8_t *top,
                       const uint8_t *bottom, const nn_nchw8c_tap *columns, int64_t pixels)
{
    for (int64_t i = 0; i < pixels; i++) {
        const int64_t a = (int64_t)columns[i].a * BLOCK, b = (int64_t)columns[i].b * BLOCK;
        const __m256 weight = _mm256_set1_ps(columns[i].weight);
        store_bytes(y + i * BLOCK, blend_eight(t, top, bottom, a, b, weight),
                    blend_eight(t, top, bottom, a + 8, b + 8, weight), no_zero());
    }
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

// The sums of one window, channels 0-7 and 8-15.
static inline void sum_window(const nn_int8_window *w, const uint8_t *x, __m256i sum[2])
{
    sum[0] = sum[1] = _mm256_setzero_si256();
    for (int r = 0; r < w->height; r++)
        for (int c = 0; c < w->width; c++) {
            const uint8_t *from = x + r * w->row + c * w->tap;
            sum[0] = _mm256_add_epi32(sum[0], whole_bytes(from));
            sum[1] = _mm256_add_epi32(sum[1], whole_bytes(from + 8));
        }
}

// The same where they stay within 16 bits.
static inline void sum_small_window(const nn_int8_window *w, const uint8_t *x, __m256i sum[2])
{
    __m256i words = _mm256_setzero_si256();
    for (int r = 0; r < w->height; r++)
        for (int c = 0; c < w->width; c++) {
            const __m128i from = _mm_loadu_si128((const void *)(x + r * w->row + c * w->tap));
            words = _mm256_add_epi16(words, _mm256_cvtepu8_epi16(from));
        }
    sum[0] = _mm256_cvtepu16_epi32(_mm256_castsi256_si128(words));
    sum[1] = _mm256_cvtepu16_epi32(_mm256_extracti128_si256(words, 1));
}

static void mean_avx2(const nn_int8_window *w, uint8_t *y, const uint8_t *x, float scale,
                      float shift, int64_t pixels)
{
    const __m256 product = _mm256_set1_ps(scale), more = _mm256_set1_ps(shift);
    const __m256 most = _mm256_set1_ps(255);
    const bool small = w->height * w->width <= UINT16_MAX / 255;
    for (int64_t i = 0; i < pixels; i++, x += w->step) {
        __m256i sum[2];
        __m256 v[2];
        if (small)
            sum_small_window(w, x, sum);
        else
            sum_window(w, x, sum);
        for (int half = 0; half < 2; half++) {
            v[half] = _mm256_add_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(sum[half]), product), more);
            v[half] = _mm256_min_ps(_mm256_max_ps(v[half], _mm256_setzero_ps()), most);
        }
        store_bytes(y + i * BLOCK, v[0], v[1], no_zero());
    }
}

// Taps in pairs, whose products are added up at once: bytes from the window to both, and their
// weights as words, of channels 0-7 and 8-15, the two of a channel side by side.
enum { MOST_PAIRS = 32, AT_ONCE = 4 }; // pixels at once
typedef struct tap_pairs {
    int count;
    int64_t offset[MOST_PAIRS][2];
    __m256i weight[MOST_PAIRS][2];
} tap_pairs;

static void find_pairs(tap_pairs *p, const nn_int8_depthwise *d, int first, int last)
{
    const nn_int8_window *w = &d->window;
    p->count = (last - first + 1) / 2;
    for (int i = 0; i < p->count; i++) {
        __m128i weight[2] = {_mm_setzero_si128(), _mm_setzero_si128()};
        for (int k = 0; k < 2; k++) {
            const bool there = first + 2 * i + k < last;
            const int tap = there ? first + 2 * i + k : first;
            p->offset[i][k] = tap / w->width * w->row + tap % w->width * w->tap;
            if (there)
                weight[k] = _mm_loadu_si128((const void *)(d->weight + tap * BLOCK));
        }
        p->weight[i][0] = _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(weight[0], weight[1]));
        p->weight[i][1] = _mm256_cvtepi8_epi16(_mm_unpackhi_epi8(weight[0], weight[1]));
    }
}

// `pixels` is a constant where this is expanded; sum: channels 0-7, 8-15 of each.
NN_INLINE void add_pairs(const tap_pairs *p, const uint8_t *x, int64_t step, int pixels,
                         __m256i *sum)
{
    for (int i = 0; i < p->count; i++) {
        const uint8_t *first = x + p->offset[i][0], *second = x + p->offset[i][1];
        const __m256i low = p->weight[i][0], high = p->weight[i][1];
        NN_UNROLL(4)
        for (int k = 0; k < pixels; k++) {
            const __m128i a = _mm_loadu_si128((const void *)(first + k * step));
            const __m128i b = _mm_loadu_si128((const void *)(second + k * step));
            const __m256i l = _mm256_cvtepu8_epi16(_mm_unpacklo_epi8(a, b));
            const __m256i h = _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(a, b));
            sum[2 * k] = _mm256_add_epi32(sum[2 * k], _mm256_madd_epi16(l, low));
            sum[2 * k + 1] = _mm256_add_epi32(sum[2 * k + 1], _mm256_madd_epi16(h, high));
        }
    }
}

// `pairs` has the first taps; those of larger windows are found again each time.
NN_INLINE void depthwise_pixels(const nn_int8_depthwise *d, const tap_pairs *pairs,
                                const requant *r, uint8_t *y, const uint8_t *x, const uint8_t *skip,
                                int pixels)
{
    const int taps = d->window.height * d->window.width;
    __m256i sum[2 * AT_ONCE] NN_UNFILLED;
    NN_UNROLL(4)
    for (int k = 0; k < pixels; k++) {
        sum[2 * k] = _mm256_loadu_si256((const void *)d->start);
        sum[2 * k + 1] = _mm256_loadu_si256((const void *)(d->start + 8));
    }
    add_pairs(pairs, x, d->window.step, pixels, sum);
    for (int tap = 2 * MOST_PAIRS; tap < taps; tap += 2 * MOST_PAIRS) {
        tap_pairs more;
        find_pairs(&more, d, tap, taps < tap + 2 * MOST_PAIRS ? taps : tap + 2 * MOST_PAIRS);
        add_pairs(&more, x, d->window.step, pixels, sum);
    }
    NN_UNROLL(4)
    for (int k = 0; k < pixels; k++) {
        const uint8_t *s = skip ? skip + k * BLOCK : NULL;
        store_bytes(y + k * BLOCK, requantise(d->requant.curve, r, 0, sum[2 * k], s),
                    requantise(d->requant.curve, r, 1, sum[2 * k + 1], s), r->zero);
    }
}

static void depthwise_avx2(const nn_int8_depthwise *d, uint8_t *y, const uint8_t *x,
                           const uint8_t *skip, int64_t pixels)
{
    const int64_t step = d->window.step;
    const int taps = d->window.height * d->window.width;
    const requant r = load_requant(&d->requant, 0);
    tap_pairs pairs;
    int64_t i = 0;
    find_pairs(&pairs, d, 0, taps < 2 * MOST_PAIRS ? taps : 2 * MOST_PAIRS);
    for (; i + AT_ONCE <= pixels; i += AT_ONCE)
        depthwise_pixels(d, &pairs, &r, y + i * BLOCK, x + i * step, skip ? skip + i * BLOCK : NULL,
                         AT_ONCE);
    for (; i < pixels; i++)
        depthwise_pixels(d, &pairs, &r, y + i * BLOCK, x + i * step, skip ? skip + i * BLOCK : NULL,
                         1);
}

void nn_int8_rows_init_avx2(nn_int8_row_kernels *k)
{
    k->quantise = quantise_avx2;
    k->quantise_planes = quantise_planes_avx2;
    k->quantise_close = quantise_close_avx2;
    k->dequantise = dequantise_avx2;
    k->add = add_avx2;
    k->affine = affine_avx2;
    k->multiply = multiply_avx2;
    k->blend = blend_avx2;
    k->max = max_avx2;
    k->mean = mean_avx2;
    k->depthwise = depthwise_avx2;
}
