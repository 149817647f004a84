// SPDX-License-Identifier: MIT
// Rows for a screen with AVX2: sixteen outputs at a time, their two samples brought together by a
// byte shuffle.
#include "nn/kernels/scale.h"

#include <immintrin.h>
#include <string.h>

enum { LANES = 16 }; // 16-bit numbers of a vector

static inline __m256i load(const void *p)
{
    return _mm256_loadu_si256(p);
}

static inline uint8_t blend_one(uint8_t a, uint8_t b, int weight)
{
    return (uint8_t)((a * (NN_SCALE_ONE - weight) + b * weight + NN_SCALE_ONE / 2) / NN_SCALE_ONE);
}

// Samples minus 128 are signed bytes, weights unsigned ones: 128 is one of them.
static void blend_avx2(uint8_t *out, const uint8_t *a, const uint8_t *b, int weight, int n)
{
    const __m256i w = _mm256_set1_epi16((int16_t)(weight << 8 | (NN_SCALE_ONE - weight))),
                  centre = _mm256_set1_epi8((char)128),
                  half = _mm256_set1_epi16(128 * NN_SCALE_ONE + NN_SCALE_ONE / 2);
    int i = 0;
    for (; i + 2 * LANES <= n; i += 2 * LANES) {
        const __m256i x = _mm256_xor_si256(load(a + i), centre),
                      y = _mm256_xor_si256(load(b + i), centre);
        const __m256i low = _mm256_maddubs_epi16(w, _mm256_unpacklo_epi8(x, y)),
                      high = _mm256_maddubs_epi16(w, _mm256_unpackhi_epi8(x, y));
        _mm256_storeu_si256(
            (void *)(out + i),
            _mm256_packus_epi16(_mm256_srli_epi16(_mm256_add_epi16(low, half), 7),
                                _mm256_srli_epi16(_mm256_add_epi16(high, half), 7)));
    }
    for (; i < n; i++)
        out[i] = blend_one(a[i], b[i], weight);
}

static void halve_avx2(uint8_t *out, const uint8_t *a, const uint8_t *b, int n)
{
    const __m256i ones = _mm256_set1_epi8(1), two = _mm256_set1_epi16(2);
    int i = 0;
    for (; i + LANES <= n; i += LANES) {
        __m256i sum = _mm256_add_epi16(_mm256_maddubs_epi16(load(a + 2 * i), ones),
                                       _mm256_maddubs_epi16(load(b + 2 * i), ones));
        sum = _mm256_srli_epi16(_mm256_add_epi16(sum, two), 2);
        _mm_storeu_si128((void *)(out + i), _mm_packus_epi16(_mm256_castsi256_si128(sum),
                                                             _mm256_extracti128_si256(sum, 1)));
    }
    for (; i < n; i++)
        out[i] = (uint8_t)((a[2 * i] + a[2 * i + 1] + b[2 * i] + b[2 * i + 1] + 2) / 4);
}

// As many samples as sixteen bytes hold, by one shuffle.
static void pick_avx2(uint8_t *out, const uint8_t *row, int step, int n)
{
    uint8_t places[16];
    const int each = 15 / step + 1;
    for (int i = 0; i < 16; i++)
        places[i] = (uint8_t)(i < each ? i * step : 128);
    const __m128i shuffle = _mm_loadu_si128((const void *)places);
    int i = 0;
    for (; (int64_t)i * step + 16 <= (int64_t)(n - 1) * step + 1; i += each)
        _mm_storeu_si128(
            (void *)(out + i),
            _mm_shuffle_epi8(_mm_loadu_si128((const void *)(row + (int64_t)i * step)), shuffle));
    for (; i < n; i++)
        out[i] = row[(int64_t)i * step];
}

static inline __m256i two_groups(const uint8_t *first, const uint8_t *second)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const void *)first)),
                                   _mm_loadu_si128((const void *)second), 1);
}

static void across_avx2(int16_t *out, const uint8_t *row, const nn_scale_group *group, int count)
{
    const __m256i centre = _mm256_set1_epi8((char)128);
    for (int g = 0; g < count; g += 2, out += LANES) {
        const nn_scale_group *a = group + g, *b = g + 1 < count ? a + 1 : a;
        __m256i x = two_groups(row + a->at, row + b->at);
        x = _mm256_shuffle_epi8(x, two_groups(a->pair, b->pair));
        x = _mm256_maddubs_epi16(two_groups(a->weight, b->weight), _mm256_xor_si256(x, centre));
        _mm256_storeu_si256((void *)out, x);
    }
}

// Sixteen pixels of three colours in 16-bit numbers, which are clamped to 0..255.
static inline void interleave(__m256i pixels[2], __m256i r, __m256i g, __m256i b)
{
    const __m256i bg = _mm256_packus_epi16(b, g),
                  rx = _mm256_packus_epi16(r, _mm256_set1_epi16(255));
    const __m256i blue_green = _mm256_unpacklo_epi8(bg, _mm256_srli_si256(bg, 8)),
                  red_x = _mm256_unpacklo_epi8(rx, _mm256_srli_si256(rx, 8));
    const __m256i low = _mm256_unpacklo_epi16(blue_green, red_x),
                  high = _mm256_unpackhi_epi16(blue_green, red_x);
    pixels[0] = _mm256_permute2x128_si256(low, high, 0x20);
    pixels[1] = _mm256_permute2x128_si256(low, high, 0x31);
}

// The first n of sixteen pixels.
static inline void store(uint8_t *out, const __m256i pixels[2], int n)
{
    if (n >= LANES) {
        _mm256_storeu_si256((void *)out, pixels[0]);
        _mm256_storeu_si256((void *)(out + 32), pixels[1]);
    } else {
        uint8_t all[4 * LANES];
        _mm256_storeu_si256((void *)all, pixels[0]);
        _mm256_storeu_si256((void *)(all + 32), pixels[1]);
        memcpy(out, all, 4 * (size_t)n);
    }
}

static void yuv_to_bgrx_avx2(uint8_t *out, const int16_t *y, const int16_t *u, const int16_t *v,
                             int n, const nn_scale_colour *c)
{
    const __m256i luma = _mm256_set1_epi16(c->luma), offset = _mm256_set1_epi16(c->offset),
                  red_v = _mm256_set1_epi16(c->red_v), green_u = _mm256_set1_epi16(c->green_u),
                  green_v = _mm256_set1_epi16(c->green_v), blue_u = _mm256_set1_epi16(c->blue_u);
    for (int i = 0; i < n; i += LANES) {
        const __m256i cb = load(u + i), cr = load(v + i);
        const __m256i light = _mm256_add_epi16(_mm256_mulhrs_epi16(load(y + i), luma), offset);
        const __m256i r = _mm256_add_epi16(light, _mm256_mulhrs_epi16(cr, red_v)),
                      b = _mm256_add_epi16(light, _mm256_mulhrs_epi16(cb, blue_u)),
                      g = _mm256_add_epi16(light,
                                           _mm256_add_epi16(_mm256_mulhrs_epi16(cb, green_u),
                                                            _mm256_mulhrs_epi16(cr, green_v)));
        __m256i pixels[2];
        interleave(pixels, _mm256_srai_epi16(r, 5), _mm256_srai_epi16(g, 5),
                   _mm256_srai_epi16(b, 5));
        store(out + 4 * (int64_t)i, pixels, n - i);
    }
}

static inline __m256i level_of(const int16_t *x)
{
    const __m256i half = _mm256_set1_epi16(128 * NN_SCALE_ONE + NN_SCALE_ONE / 2);
    return _mm256_srli_epi16(_mm256_add_epi16(load(x), half), 7);
}

static void rgb_to_bgrx_avx2(uint8_t *out, const int16_t *r, const int16_t *g, const int16_t *b,
                             int n)
{
    for (int i = 0; i < n; i += LANES) {
        __m256i pixels[2];
        interleave(pixels, level_of(r + i), level_of(g + i), level_of(b + i));
        store(out + 4 * (int64_t)i, pixels, n - i);
    }
}

void nn_scale_init_avx2(nn_scale_kernels *k)
{
    *k = (nn_scale_kernels){.blend = blend_avx2,
                            .halve = halve_avx2,
                            .pick = pick_avx2,
                            .across = across_avx2,
                            .yuv_to_bgrx = yuv_to_bgrx_avx2,
                            .rgb_to_bgrx = rgb_to_bgrx_avx2};
}
