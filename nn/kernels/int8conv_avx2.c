// SPDX-License-Identifier: MIT
// Quantised convolution with AVX2: six pixels times sixteen channels in registers. Products of 16
// bits, so that no weight needs limits: vpmaddubsw would saturate. What the tiles read is widened
// to 16 bits once for all panels, and lies side by side in a buffer that stays in the cache.
#include "nn/kernels/int8conv.h"
#include "nn/kernels/unroll.h"

#include <immintrin.h>
#include <string.h>

// Of a block: tiles of pixels, panels, quads that are widened at once.
enum { PIXELS = 6, TILES = 8, PANELS = 4, DEPTH = 96, QUAD = 4 * NN_INT8_BLOCK };

// Compilers add sums of several steps first, which takes more registers than there are.
#define KEEP(x) __asm__("" : "+x"(x))

#define NN_INT8_PIXELS PIXELS
#include "nn/kernels/int8conv_ymm.h"

typedef struct block {
    const nn_int8_conv *t;
    const uint8_t *x;        // the block's first pixel
    int tiles, first[TILES]; // the first pixel of each tile
    int pixels[TILES];
    int unroll; // quads that lie side by side in x
    // [tile][quads / unroll][pixel][unroll][4]
    uint16_t wide[TILES * DEPTH * PIXELS * 4];
    int32_t sum[PANELS][TILES][PIXELS * NN_INT8_BLOCK];
} block;

// Two channels of one quad at a time: [groups][pixels][unroll][4] times [groups][unroll][2][16][2].
// `pixels` and `unroll`, the quads at once, are constants where this is expanded.
NN_INLINE void add_up(const uint16_t *x, const int16_t *weight, int groups, int pixels, int unroll,
                      __m256i *sum)
{
    for (; groups > 0; groups--, x += pixels * unroll * 4, weight += unroll * QUAD) {
        NN_UNROLL(8)
        for (int u = 0; u < 2 * unroll; u++) {
            const __m256i low = _mm256_loadu_si256((const void *)(weight + u * QUAD / 2));
            const __m256i high = _mm256_loadu_si256((const void *)(weight + u * QUAD / 2 + 16));
            NN_UNROLL(8)
            for (int i = 0; i < pixels; i++) {
                int32_t channels;
                memcpy(&channels, x + i * unroll * 4 + u * 2, 4);
                const __m256i two = _mm256_set1_epi32(channels);
                sum[2 * i] = _mm256_add_epi32(sum[2 * i], _mm256_madd_epi16(two, low));
                sum[2 * i + 1] = _mm256_add_epi32(sum[2 * i + 1], _mm256_madd_epi16(two, high));
                KEEP(sum[2 * i]);
                KEEP(sum[2 * i + 1]);
            }
        }
    }
}

// `start`: what the sums of a pixel start with; NULL: they are in `kept`, as afterwards.
NN_INLINE void add_tile(const uint16_t *x, const int16_t *weight, int groups, int unroll,
                        const int32_t *start, int32_t *kept, int pixels)
{
    __m256i sum[2 * PIXELS] NN_UNFILLED;
    NN_UNROLL(16)
    for (int i = 0; i < 2 * pixels; i++)
        sum[i] = _mm256_loadu_si256((const void *)(start ? start + i % 2 * 8 : kept + 8 * i));
    if (unroll == 4)
        add_up(x, weight, groups, pixels, 4, sum);
    else
        add_up(x, weight, groups, pixels, 1, sum);
    NN_UNROLL(16)
    for (int i = 0; i < 2 * pixels; i++)
        _mm256_storeu_si256((void *)(kept + 8 * i), sum[i]);
}

#define TILE(pixels)                                                                               \
    static __attribute__((noinline)) void tile_##pixels(const uint16_t *x, const int16_t *weight,  \
                                                        int groups, int unroll,                    \
                                                        const int32_t *start, int32_t *kept)       \
    {                                                                                              \
        add_tile(x, weight, groups, unroll, start, kept, pixels);                                  \
    }
TILE(1)
TILE(2)
TILE(3)
TILE(4)
TILE(5)
TILE(6)

typedef void tile_run(const uint16_t *x, const int16_t *weight, int groups, int unroll,
                      const int32_t *start, int32_t *kept);
static tile_run *const tiles[] = {NULL, tile_1, tile_2, tile_3, tile_4, tile_5, tile_6};

// Widens `groups` times `unroll` quads of all tiles, from group `from` on.
static void widen(block *b, int from, int groups)
{
    const nn_int8_conv *t = b->t;
    const int of_stretch = t->quads / b->unroll;
    for (int tile = 0; tile < b->tiles; tile++) {
        uint16_t *to = b->wide + tile * DEPTH * PIXELS * 4;
        const uint8_t *first = b->x + b->first[tile] * t->step;
        int stretch = from / of_stretch, group = from % of_stretch;
        for (int g = 0; g < groups; g++) {
            const uint8_t *x = first + t->offset[stretch] + group * b->unroll * 4;
            for (int i = 0; i < b->pixels[tile]; i++, x += t->step, to += b->unroll * 4) {
                if (b->unroll == 4) {
                    const __m128i bytes = _mm_loadu_si128((const void *)x);
                    _mm256_storeu_si256((void *)to, _mm256_cvtepu8_epi16(bytes));
                } else {
                    int32_t four;
                    memcpy(&four, x, 4);
                    _mm_storel_epi64((void *)to, _mm_cvtepu8_epi16(_mm_cvtsi32_si128(four)));
                }
            }
            if (++group == of_stretch) {
                group = 0;
                stretch++;
            }
        }
    }
}

static void finish_block(const block *b, int panel, int panels, int64_t at, uint8_t *out,
                         const uint8_t *skip)
{
    for (int p = 0; p < panels; p++)
        for (int tile = 0; tile < b->tiles; tile++) {
            const int64_t pixel = at + b->first[tile];
            finish(b->t, panel + p, b->pixels[tile], (const __m256i_u *)b->sum[p][tile],
                   out ? out + pixel * NN_INT8_BLOCK : NULL,
                   skip ? skip + pixel * NN_INT8_BLOCK : NULL,
                   b->t->real ? b->t->real + 8 * pixel : NULL);
        }
}

// Panels `panel` .. of a block, of which `at` is the first pixel.
static void run_block(block *b, int panel, int64_t at, uint8_t *out, const uint8_t *skip)
{
    const nn_int8_conv *t = b->t;
    const int panels = t->panels - panel < PANELS ? t->panels - panel : PANELS;
    const int quads = t->stretches * t->quads, all = quads / b->unroll, most = DEPTH / b->unroll;
    for (int from = 0; from == 0 || from < all; from += most) {
        const int groups = all - from < most ? all - from : most;
        if (panel == 0 || all > most) // else it is there
            widen(b, from, groups);
        for (int p = 0; p < panels; p++) {
            const int16_t *weight = (const int16_t *)t->weight +
                                    ((int64_t)(panel + p) * quads + from * b->unroll) * QUAD;
            const int32_t *start = from == 0 ? t->start + (panel + p) * NN_INT8_BLOCK : NULL;
            for (int tile = 0; tile < b->tiles; tile++)
                tiles[b->pixels[tile]](b->wide + tile * DEPTH * PIXELS * 4, weight, groups,
                                       b->unroll, start, b->sum[p][tile]);
        }
    }
    finish_block(b, panel, panels, at, out, skip);
}

// Cuts a row evenly into blocks and tiles: seven pixels are four and three, not six and one.
static void run_avx2(const nn_int8_conv *t, const uint8_t *x, uint8_t *out, const uint8_t *skip,
                     int64_t pixels)
{
    block b;
    int64_t cuts = (pixels + PIXELS - 1) / PIXELS, at = 0;
    b.t = t;
    b.unroll = t->quads % 4 ? 1 : 4;
    while (cuts > 0) {
        const int64_t blocks = (cuts + TILES - 1) / TILES;
        int n = 0;
        b.x = x + at * t->step;
        b.tiles = (int)((cuts + blocks - 1) / blocks);
        for (int tile = 0; tile < b.tiles; tile++, cuts--) {
            b.first[tile] = n;
            b.pixels[tile] = (int)((pixels - at - n + cuts - 1) / cuts);
            n += b.pixels[tile];
        }
        for (int panel = 0; panel < t->panels; panel += PANELS)
            run_block(&b, panel, at, out, skip);
        at += n;
    }
}

// [quad][two pairs of inputs][16 outputs][2 inputs]
static void pack_words(void *packed, const int8_t *weight, int64_t quads)
{
    int16_t *to = packed;
    for (int64_t q = 0; q < quads; q++)
        for (int pair = 0; pair < 2; pair++)
            for (int c = 0; c < NN_INT8_BLOCK; c++)
                for (int i = 0; i < 2; i++)
                    *to++ = weight[q * QUAD + 4 * c + 2 * pair + i];
}

void nn_int8_conv_init_avx2(nn_int8_conv_kernels *k)
{
    *k = (nn_int8_conv_kernels){.run = run_avx2,
                                .pack = pack_words,
                                .weight_bytes = 2,
                                .pixels = PIXELS,
                                .panels = 4,
                                .speed = 80,
                                .finish = 0.13,
                                .follow = 0.5,
                                .small = &nn_int8_conv_small_avx2};
}
