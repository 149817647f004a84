// SPDX-License-Identifier: MIT
// Quantised convolution with AVX2: six pixels times sixteen channels in registers. Products of 16
// bits, so that no weight needs limits: vpmaddubsw would saturate.
#include "nn/kernels/int8conv.h"
#include "nn/kernels/unroll.h"

#include <immintrin.h>
#include <string.h>

enum { PIXELS = 6, QUAD = 4 * NN_INT8_BLOCK };

// Compilers add sums of several steps first, which takes more registers than there are.
#define KEEP(x) __asm__("" : "+x"(x))

// Of four channels the even ones, or the odd ones, as words.
NN_INLINE __m256i two_channels(const uint8_t *p, int odd)
{
    int32_t four;
    memcpy(&four, p, 4);
    const __m256i x = _mm256_set1_epi32(four);
    return odd ? _mm256_srli_epi16(x, 8) : _mm256_and_si256(x, _mm256_set1_epi32(0x00ff00ff));
}

// `pixels` and `unroll`, the quads at once, are constants where this is expanded.
NN_INLINE void add_up(const nn_int8_conv *t, int panel, const uint8_t *x, int pixels, int unroll,
                      __m256i *sum)
{
    const int16_t *weight =
        (const int16_t *)t->weight + (int64_t)panel * t->stretches * t->quads * QUAD;
    const int64_t step = t->step, step3 = 3 * step, depth = 4 * (int64_t)t->quads;
    for (int s = 0; s < t->stretches; s++) {
        const uint8_t *p = x + t->offset[s], *const end = p + depth;
        for (; p < end; p += 4 * unroll, weight += unroll * QUAD) {
            NN_UNROLL(8)
            for (int u = 0; u < 2 * unroll; u++) { // even channels, odd channels
                const int16_t *w = weight + u * QUAD / 2;
                const __m256i low = _mm256_loadu_si256((const void *)w);
                const __m256i high = _mm256_loadu_si256((const void *)(w + 16));
                NN_UNROLL(8)
                for (int i = 0; i < pixels; i++) {
                    const uint8_t *from = i < 3 ? p + i * step : p + step3 + (i - 3) * step;
                    const __m256i two = two_channels(from + u / 2 * 4, u % 2);
                    sum[2 * i] = _mm256_add_epi32(sum[2 * i], _mm256_madd_epi16(two, low));
                    sum[2 * i + 1] = _mm256_add_epi32(sum[2 * i + 1], _mm256_madd_epi16(two, high));
                    KEEP(sum[2 * i]);
                    KEEP(sum[2 * i + 1]);
                }
            }
        }
    }
}

#define NN_INT8_PIXELS PIXELS
#define NN_INT8_ADD_UP add_up
#include "nn/kernels/int8conv_ymm.h"

// [quad][even, odd][16 outputs][2 inputs]
static void pack_words(void *packed, const int8_t *weight, int64_t quads)
{
    int16_t *to = packed;
    for (int64_t q = 0; q < quads; q++)
        for (int odd = 0; odd < 2; odd++)
            for (int c = 0; c < NN_INT8_BLOCK; c++)
                for (int i = 0; i < 2; i++)
                    *to++ = weight[q * QUAD + 4 * c + 2 * i + odd];
}

void nn_int8_conv_init_avx2(nn_int8_conv_kernels *k)
{
    *k = (nn_int8_conv_kernels){
        .run = run_ymm, .pack = pack_words, .weight_bytes = 2, .pixels = PIXELS};
}
