// SPDX-License-Identifier: MIT
// Quantised convolution with AVX-VNNI: six pixels times sixteen channels in registers.
#include "nn/kernels/int8conv.h"
#include "nn/kernels/unroll.h"

#include <immintrin.h>
#include <string.h>

// A test that has only the form of AVX-512VL defines it so.
#ifndef NN_DPBUSD
#define NN_DPBUSD _mm256_dpbusd_avx_epi32
#endif

#define NN_INT8_PIXELS 6
enum { PIXELS = NN_INT8_PIXELS, QUAD = 4 * NN_INT8_BLOCK };

NN_INLINE __m256i four_channels(const uint8_t *p)
{
    int32_t four;
    memcpy(&four, p, 4);
    return _mm256_set1_epi32(four);
}

// `pixels` and `unroll`, the quads at once, are constants where this is expanded.
NN_INLINE void add_up(const nn_int8_conv *t, int panel, const uint8_t *x, int pixels, int unroll,
                      __m256i *sum)
{
    const int8_t *weight =
        (const int8_t *)t->weight + (int64_t)panel * t->stretches * t->quads * QUAD;
    const int64_t step = t->step, step3 = 3 * step, depth = 4 * (int64_t)t->quads;
    for (int s = 0; s < t->stretches; s++) {
        const uint8_t *p = x + t->offset[s], *const end = p + depth;
        for (; p < end; p += 4 * unroll, weight += unroll * QUAD) {
            NN_UNROLL(4)
            for (int u = 0; u < unroll; u++) {
                const __m256i low = _mm256_loadu_si256((const void *)(weight + u * QUAD));
                const __m256i high = _mm256_loadu_si256((const void *)(weight + u * QUAD + 32));
                NN_UNROLL(8)
                for (int i = 0; i < pixels; i++) {
                    const uint8_t *from = i < 3 ? p + i * step : p + step3 + (i - 3) * step;
                    const __m256i four = four_channels(from + 4 * u);
                    sum[2 * i] = NN_DPBUSD(sum[2 * i], four, low);
                    sum[2 * i + 1] = NN_DPBUSD(sum[2 * i + 1], four, high);
                }
            }
        }
    }
}

#define NN_INT8_ADD_UP add_up
#include "nn/kernels/int8conv_ymm.h"

static void pack_quads(void *packed, const int8_t *weight, int64_t quads)
{
    memcpy(packed, weight, (size_t)quads * QUAD);
}

void nn_int8_conv_init_avxvnni(nn_int8_conv_kernels *k)
{
    *k = (nn_int8_conv_kernels){.run = run_tiles,
                                .pack = pack_quads,
                                .weight_bytes = 1,
                                .pixels = PIXELS,
                                .panels = 4,
                                .speed = 160,
                                .finish = 0.13,
                                .follow = 0.2};
}
