// SPDX-License-Identifier: MIT
// Quantised convolution with AVX2 for small weights (int8conv.h). vpmaddubsw makes sums of two
// products in 16 bits and saturates; those of small weights stay within, even two of them added
// up. So 64 products take three multiplications, instead of four of 16 bits, and nothing has to be
// widened before.
#include "nn/kernels/int8conv.h"
#include "nn/kernels/unroll.h"

#include <immintrin.h>
#include <string.h>

#define NN_INT8_PIXELS 6
enum { PIXELS = NN_INT8_PIXELS, QUAD = 4 * NN_INT8_BLOCK };

// Compilers add sums of several steps first, which takes more registers than there are.
#define KEEP(x) __asm__("" : "+x"(x))

NN_INLINE __m256i four_channels(const uint8_t *p)
{
    int32_t four;
    memcpy(&four, p, 4);
    return _mm256_set1_epi32(four);
}

NN_INLINE __m256i weights_at(const int8_t *p)
{
    return _mm256_loadu_si256((const void *)p);
}

// Adds `quads`, one or two, of each pixel. `pixels` and `quads` are constants where this is
// expanded.
NN_INLINE void add_quads(const uint8_t *x, int64_t step, const int8_t *weight, int pixels,
                         int quads, __m256i *sum)
{
    const __m256i ones = _mm256_set1_epi16(1), low = weights_at(weight);
    const __m256i high = weights_at(weight + 32);
    NN_UNROLL(8)
    for (int i = 0; i < pixels; i++) {
        const uint8_t *from = i < 3 ? x + i * step : x + 3 * step + (i - 3) * step;
        const __m256i four = four_channels(from);
        __m256i a = _mm256_maddubs_epi16(four, low), b = _mm256_maddubs_epi16(four, high);
        if (quads == 2) {
            const __m256i next = four_channels(from + 4);
            a = _mm256_add_epi16(a, _mm256_maddubs_epi16(next, weights_at(weight + QUAD)));
            b = _mm256_add_epi16(b, _mm256_maddubs_epi16(next, weights_at(weight + QUAD + 32)));
        }
        sum[2 * i] = _mm256_add_epi32(sum[2 * i], _mm256_madd_epi16(a, ones));
        sum[2 * i + 1] = _mm256_add_epi32(sum[2 * i + 1], _mm256_madd_epi16(b, ones));
        KEEP(sum[2 * i]);
        KEEP(sum[2 * i + 1]);
    }
}

// `unroll`: 4 where stretches are whole fours of quads.
NN_INLINE void add_up(const nn_int8_conv *t, int panel, const uint8_t *x, int pixels, int unroll,
                      __m256i *sum)
{
    const int8_t *weight =
        (const int8_t *)t->weight + (int64_t)panel * t->stretches * t->quads * QUAD;
    for (int s = 0; s < t->stretches; s++) {
        const uint8_t *p = x + t->offset[s];
        int q = t->quads;
        for (; q >= 2; q -= 2, p += 8, weight += 2 * QUAD)
            add_quads(p, t->step, weight, pixels, 2, sum);
        if (unroll != 4 && q > 0) {
            add_quads(p, t->step, weight, pixels, 1, sum);
            weight += QUAD;
        }
    }
}

#define NN_INT8_ADD_UP add_up
#include "nn/kernels/int8conv_ymm.h"

static void pack_quads(void *packed, const int8_t *weight, int64_t quads)
{
    memcpy(packed, weight, (size_t)quads * QUAD);
}

const nn_int8_conv_kernels nn_int8_conv_small_avx2 = {.run = run_tiles,
                                                      .pack = pack_quads,
                                                      .weight_bytes = 1,
                                                      .pixels = PIXELS,
                                                      .panels = 4,
                                                      .speed = 125,
                                                      .finish = 0.13,
                                                      .follow = 0.5};
