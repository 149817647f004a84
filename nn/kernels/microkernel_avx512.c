// SPDX-License-Identifier: MIT
// Blocked convolution with AVX-512: up to sixteen pixels times sixteen output channels, a register
// for each pixel.
#include "nn/kernels/microkernel_avx512.h"
#include "nn/kernels/microkernel_prefetch.h"

// Some CPUs multiply a vector of sixteen in two passes. There, products take as long as with AVX2,
// but there are half as many instructions and reads of weights. The multipliers stay busy only if
// reads run ahead of them, so all addresses must be in general registers. Compilers move addresses
// that do not fit into vectors, and reading one back waits for all FMAs before it. Hence pixels
// side by side, the common case, share one address. Sixteen pixels are all tiles of Winograd's
// smallest images, whose many weights are then read once.
enum { LANES = NN_MICROKERNEL_LANES, PIXELS = 16, SHORT = NN_MICROKERNEL_SHORT };

// Adds the products of `step` positions of the depth, from k on, of pixels `spacing` floats apart.
NN_INLINE void add_row(__m512 *sum, const float *x, const char *weight, int pixels, int spacing,
                       bool half, int step)
{
    const int bytes = NN_PANEL_CHANNELS * (half ? 2 : 4);
    NN_UNROLL(8)
    for (int u = 0; u < step; u++) {
        const __m512 w = nn_microkernel_load(weight + u * bytes, half);
        NN_UNROLL(16)
        for (int i = 0; i < pixels; i++)
            sum[i] = _mm512_fmadd_ps(_mm512_set1_ps(x[u + i * spacing]), w, sum[i]);
    }
}

// Computes pixels `spacing` floats apart. All numbers, `half`, `fetches` (whether weights are
// prefetched), and `step`, the depth that is unrolled and divides t->run, are constants where this
// is expanded. One loop goes over all stretches: a loop for each would cost a core with two
// multipliers more than a tenth of its time, because most stretches are one step long.
NN_INLINE void sum_row(const nn_microkernel_args *t, nn_microkernel_prefetch fetch,
                       const float *const *pixel, const int32_t *place, int pixels, int spacing,
                       bool half, int step, bool fetches)
{
    const int bytes = NN_PANEL_CHANNELS * (half ? 2 : 4);
    const char *weight = t->weight;
    const float *const p = *pixel;
    const int32_t *offset = t->offset;
    const int64_t run = t->run;
    __m512 sum[PIXELS];
    nn_microkernel_start(t, sum, pixels);
    int64_t left = t->blocks * run;
    if (left > 0)
        for (int64_t k = *offset, end = k + run;;) {
            if (fetches)
                nn_microkernel_prefetch_step(&fetch);
            add_row(sum, p + k, weight, pixels, spacing, half, step);
            weight += step * bytes;
            left -= step;
            if (left <= 0)
                break;
            k += step;
            if (k == end) {
                k = *++offset;
                end = k + run;
            }
        }
    const int32_t *single = t->single, *const end = single + t->singles;
    for (; single < end; single++, weight += bytes)
        add_row(sum, p + *single, weight, pixels, spacing, half, 1);
    nn_microkernel_finish(t, sum, place, pixels);
}

// Computes pixels at any address. They take turns with few address registers, while the weights of
// `step` depths stay in vectors.
NN_INLINE void sum_any(const nn_microkernel_args *t, nn_microkernel_prefetch fetch,
                       const float *const *pixel, const int32_t *place, int pixels, bool half,
                       int step)
{
    enum { TURN = 4 };
    const int bytes = NN_PANEL_CHANNELS * (half ? 2 : 4);
    const char *weight = t->weight;
    const int32_t *offset = t->offset, *const last = offset + t->blocks;
    const int64_t run = t->run;
    __m512 sum[PIXELS], w[LANES];
    nn_microkernel_start(t, sum, pixels);
    for (; offset < last; offset++) {
        const int64_t end = *offset + run;
        for (int64_t k = *offset; k < end; k += step, weight += step * bytes) {
            const float *const *from = pixel;
            __asm__("" : "+r"(from)); // read the addresses here, rather than keep them in vectors
            nn_microkernel_prefetch_step(&fetch);
            NN_UNROLL(8)
            for (int u = 0; u < step; u++)
                w[u] = nn_microkernel_load(weight + u * bytes, half);
            NN_UNROLL(4)
            for (int i = 0; i < pixels; i += TURN) {
                NN_UNROLL(8)
                for (int u = 0; u < step; u++) {
                    NN_UNROLL(4)
                    for (int j = 0; j < TURN; j++)
                        if (i + j < pixels)
                            sum[i + j] = _mm512_fmadd_ps(_mm512_set1_ps(from[i + j][k + u]), w[u],
                                                         sum[i + j]);
                }
            }
        }
    }
    const int32_t *single = t->single, *const end = single + t->singles;
    for (; single < end; single++, weight += bytes) {
        const float *const *from = pixel;
        __asm__("" : "+r"(from));
        const __m512 v = nn_microkernel_load(weight, half);
        NN_UNROLL(16)
        for (int i = 0; i < pixels; i++)
            sum[i] = _mm512_fmadd_ps(_mm512_set1_ps(from[i][*single]), v, sum[i]);
    }
    nn_microkernel_finish(t, sum, place, pixels);
}

// Computes one tile. A loop over several tiles would run out of registers.
typedef void tile_function(const nn_microkernel_args *t, nn_microkernel_prefetch fetch,
                           const float *const *pixel, const int32_t *place);

#define TILE(pixels, spacing, half, step)                                                          \
    static void tile_##pixels##_##spacing##_##half##_##step(                                       \
        const nn_microkernel_args *t, nn_microkernel_prefetch fetch, const float *const *pixel,    \
        const int32_t *place)                                                                      \
    {                                                                                              \
        if (!(spacing))                                                                            \
            sum_any(t, fetch, pixel, place, pixels, half, step);                                   \
        else if (fetch.lines)                                                                      \
            sum_row(t, fetch, pixel, place, pixels, spacing, half, step, true);                    \
        else                                                                                       \
            sum_row(t, fetch, pixel, place, pixels, spacing, half, step, false);                   \
    }
#define TILES(a, h, s)                                                                             \
    TILE(1, a, h, s)                                                                               \
    TILE(2, a, h, s)                                                                               \
    TILE(3, a, h, s)                                                                               \
    TILE(4, a, h, s)                                                                               \
    TILE(5, a, h, s)                                                                               \
    TILE(6, a, h, s)                                                                               \
    TILE(7, a, h, s)                                                                               \
    TILE(8, a, h, s)                                                                               \
    TILE(9, a, h, s)                                                                               \
    TILE(10, a, h, s)                                                                              \
    TILE(11, a, h, s)                                                                              \
    TILE(12, a, h, s) TILE(13, a, h, s) TILE(14, a, h, s) TILE(15, a, h, s) TILE(16, a, h, s)
#define NAMES(a, h, s)                                                                             \
    {                                                                                              \
        tile_1_##a##_##h##_##s, tile_2_##a##_##h##_##s, tile_3_##a##_##h##_##s,                    \
            tile_4_##a##_##h##_##s, tile_5_##a##_##h##_##s, tile_6_##a##_##h##_##s,                \
            tile_7_##a##_##h##_##s, tile_8_##a##_##h##_##s, tile_9_##a##_##h##_##s,                \
            tile_10_##a##_##h##_##s, tile_11_##a##_##h##_##s, tile_12_##a##_##h##_##s,             \
            tile_13_##a##_##h##_##s, tile_14_##a##_##h##_##s, tile_15_##a##_##h##_##s,             \
            tile_16_##a##_##h##_##s                                                                \
    }
TILES(0, 0, 1)
TILES(0, 0, 8)
TILES(0, 1, 1)
TILES(0, 1, 8)
TILES(1, 0, 1)
TILES(2, 0, 1)
TILES(4, 0, 1)
TILES(8, 0, 8)
TILES(8, 1, 8)
TILES(16, 0, 8)
TILES(16, 1, 8)

// The next pixels, and the functions for them, by the number of pixels.
typedef struct stretch {
    int count;
    tile_function *const *run;
} stretch;

static stretch find_stretch(const nn_microkernel_args *t, int count, const float *const *pixel)
{
    static const struct {
        int spacing;
        bool half, by_eight;
        tile_function *run[PIXELS];
    } rows[] = {{8, false, true, NAMES(8, 0, 8)},   {8, true, true, NAMES(8, 1, 8)},
                {16, false, true, NAMES(16, 0, 8)}, {16, true, true, NAMES(16, 1, 8)},
                {1, false, false, NAMES(1, 0, 1)},  {2, false, false, NAMES(2, 0, 1)},
                {4, false, false, NAMES(4, 0, 1)}};
    static tile_function *const any[2][2][PIXELS] = {{NAMES(0, 0, 1), NAMES(0, 0, 8)},
                                                     {NAMES(0, 1, 1), NAMES(0, 1, 8)}};
    const bool by_eight = t->run % 8 == 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows && count > 1; i++)
        if (rows[i].half == t->half && rows[i].by_eight == by_eight &&
            pixel[1] - pixel[0] == rows[i].spacing) {
            const int row = nn_microkernel_count_row(pixel, count, rows[i].spacing);
            if (row >= SHORT || row == count)
                return (stretch){row, rows[i].run};
        }
    return (stretch){count < PIXELS ? count : PIXELS, any[t->half][by_eight]};
}

// Divides the pixels of a stretch evenly, because a tile of fewer than four is as slow as one of
// four.
void nn_microkernel_run_avx512(const nn_microkernel_args *t, int count, const float *const *pixel,
                               const int32_t *place)
{
    if (t->channels <= LANES) { // half of each register would be unused
        if (!t->half && t->run % 8 == 0)
            nn_microkernel_run_narrow_avx512(t, count, pixel, place);
        else
            nn_microkernel_run_avx2(t, count, pixel, place);
        return;
    }
    nn_microkernel_args rest = *t;
    const int all = (count + PIXELS - 1) / PIXELS, step = t->run % 8 ? 1 : 8;
    for (int tile = 0; count > 0;) {
        const stretch s = find_stretch(t, count, pixel);
        int left = s.count;
        for (int tiles = (left + PIXELS - 1) / PIXELS; tiles > 0; tiles--, tile++) {
            const int n = (left + tiles - 1) / tiles;
            s.run[n - 1](&rest, nn_microkernel_find_prefetch(t, tile, all, step), pixel, place);
            left -= n;
            pixel += n;
            place += n;
            rest.skip_place += t->skip ? n : 0;
        }
        count -= s.count;
    }
}

void nn_microkernel_init_avx512(nn_microkernels *k)
{
    k->run = nn_microkernel_run_avx512;
    k->pixels = PIXELS;
}
