// SPDX-License-Identifier: MIT
// Blocked convolution with AVX-512: up to fourteen pixels times two panels of sixteen output
// channels.
#include "nn/kernels/microkernel_avx512.h"
#include "nn/kernels/microkernel_prefetch.h"

// A core that multiplies whole registers twice a cycle reads no more than two in that time. One
// panel at a time needs a read for each product, so other reads cost products. Two panels share the
// read of a pixel: 16 reads for 28 products.
enum { PIXELS = 14, STEP = 4, LANES = NN_MICROKERNEL_LANES };

typedef struct fetches {
    nn_microkernel_prefetch panel[2];
} fetches;

NN_INLINE void start(const nn_microkernel_args *t, __m512 (*sum)[PIXELS], int pixels)
{
    nn_microkernel_start(&t[0], sum[0], pixels);
    nn_microkernel_start(&t[1], sum[1], pixels);
}

// Asks for the memory that finish() reads and writes, which the last level of the cache may have.
NN_INLINE void prefetch_results(const nn_microkernel_args *t, const int32_t *place, int pixels)
{
    NN_UNROLL(14)
    for (int i = 0; i < pixels; i += NN_LINE / (int)sizeof(float) / LANES) {
        __builtin_prefetch(t->out + place[i], 1);
        __builtin_prefetch(t->out + place[i] + t->plane, 1);
        if (t->skip) {
            __builtin_prefetch(t->skip + t->skip_place[i]);
            __builtin_prefetch(t->skip + t->skip_place[i] + t->skip_plane);
        }
    }
}

NN_INLINE void finish(const nn_microkernel_args *t, __m512 (*sum)[PIXELS], const int32_t *place,
                      int pixels)
{
    nn_microkernel_finish(&t[0], sum[0], place, pixels);
    nn_microkernel_finish(&t[1], sum[1], place, pixels);
}

// Adds the products of a position of the depth, of pixels `spacing` floats apart. Compilers would
// read a pixel for each product, or so far ahead that registers run out.
NN_INLINE void add_step(__m512 (*sum)[PIXELS], const float *x, const char *weight0,
                        const char *weight1, int pixels, int spacing, bool half)
{
    const __m512 w0 = nn_microkernel_load(weight0, half), w1 = nn_microkernel_load(weight1, half);
    NN_UNROLL(14)
    for (int i = 0; i < pixels; i++) {
        __m512 v;
        __asm__ volatile("vbroadcastss %3, %2\n\t"
                         "vfmadd231ps %4, %2, %0\n\t"
                         "vfmadd231ps %5, %2, %1"
                         : "+v"(sum[0][i]), "+v"(sum[1][i]), "=&v"(v)
                         : "m"(x[i * spacing]), "v"(w0), "v"(w1));
    }
}

// Computes pixels `spacing` floats apart. All numbers and `half` are constants where this is
// expanded. `pointwise`: stretches are blocks of channels, eight floats. Otherwise one loop goes
// over all stretches, which are multiples of STEP.
NN_INLINE void sum_row(const nn_microkernel_args *t, const fetches *ask, const float *x,
                       const int32_t *place, int pixels, int spacing, bool half, bool pointwise)
{
    fetches f = *ask;
    const int bytes = NN_PANEL_CHANNELS * (half ? 2 : 4), step = pointwise ? LANES : STEP;
    const char *weight[2] = {t[0].weight, t[1].weight};
    const int32_t *offset = t->offset, *const last = offset + t->blocks - 1;
    const int64_t run = t->run;
    __m512 sum[2][PIXELS];
    start(t, sum, pixels);
    prefetch_results(&t[0], place, pixels);
    prefetch_results(&t[1], place, pixels);
    if (offset <= last)
        for (int64_t k = *offset, end = k + run;;) {
            nn_microkernel_prefetch_step(&f.panel[0]);
            nn_microkernel_prefetch_step(&f.panel[1]);
            NN_UNROLL(8)
            for (int u = 0; u < step; u++)
                add_step(sum, x + k + u, weight[0] + u * bytes, weight[1] + u * bytes, pixels,
                         spacing, half);
            weight[0] += step * bytes;
            weight[1] += step * bytes;
            k += step;
            if (pointwise || k == end) {
                if (offset == last)
                    break;
                k = *++offset;
                end = k + run;
            }
        }
    const int32_t *single = t->single, *const end = single + t->singles;
    for (; single < end; single++, weight[0] += bytes, weight[1] += bytes)
        add_step(sum, x + *single, weight[0], weight[1], pixels, spacing, half);
    finish(t, sum, place, pixels);
}

// `f` is an address: a copy on the stack would be read at once in another size than it was written,
// which waits for the writes.
typedef void tile_function(const nn_microkernel_args *t, const fetches *f, const float *x,
                           const int32_t *place);

#define TILE(pixels, spacing, half, pointwise)                                                     \
    static void tile_##pixels##_##spacing##_##half##_##pointwise(                                  \
        const nn_microkernel_args *t, const fetches *f, const float *x, const int32_t *place)      \
    {                                                                                              \
        sum_row(t, f, x, place, pixels, spacing, half, pointwise);                                 \
    }
#define NAME(pixels, spacing, half, pointwise) tile_##pixels##_##spacing##_##half##_##pointwise,
#define ALL(EACH, s, h, p)                                                                         \
    EACH(1, s, h, p)                                                                               \
    EACH(2, s, h, p)                                                                               \
    EACH(3, s, h, p)                                                                               \
    EACH(4, s, h, p)                                                                               \
    EACH(5, s, h, p)                                                                               \
    EACH(6, s, h, p)                                                                               \
    EACH(7, s, h, p)                                                                               \
    EACH(8, s, h, p)                                                                               \
    EACH(9, s, h, p)                                                                               \
    EACH(10, s, h, p) EACH(11, s, h, p) EACH(12, s, h, p) EACH(13, s, h, p) EACH(14, s, h, p)
ALL(TILE, 8, 0, 0)
ALL(TILE, 8, 1, 0)
ALL(TILE, 8, 0, 1)
ALL(TILE, 8, 1, 1)
ALL(TILE, 16, 0, 0)
ALL(TILE, 16, 1, 0)

static void run_one_by_one(const nn_microkernel_args *t, int count, const float *const *pixel,
                           const int32_t *place)
{
    nn_microkernel_run_avx512(&t[0], count, pixel, place);
    nn_microkernel_run_avx512(&t[1], count, pixel, place);
}

enum { FAR, NEAR, POINT, KINDS };

// What a tile prefetches.
static fetches find_fetches(const nn_microkernel_args *t, int tile, int tiles, int kind)
{
    const int step = kind == POINT ? LANES : STEP;
    return (fetches){{nn_microkernel_find_prefetch(&t[0], tile, tiles, t->half, step),
                      nn_microkernel_find_prefetch(&t[1], tile, tiles, t->half, step)}};
}

static void run_pair(const nn_microkernel_args t[2], int count, const float *const *pixel,
                     const int32_t *place)
{
    static tile_function *const functions[KINDS][2][PIXELS] = {
        {{ALL(NAME, 16, 0, 0)}, {ALL(NAME, 16, 1, 0)}},
        {{ALL(NAME, 8, 0, 0)}, {ALL(NAME, 8, 1, 0)}},
        {{ALL(NAME, 8, 0, 1)}, {ALL(NAME, 8, 1, 1)}}};
    if (t->run % STEP) {
        run_one_by_one(t, count, pixel, place);
        return;
    }
    nn_microkernel_args rest[2] = {t[0], t[1]};
    const int all = (count + PIXELS - 1) / PIXELS;
    for (int tile = 0; count > 0;) {
        const int64_t spacing = count > 1 ? pixel[1] - pixel[0] : LANES;
        const int kind = spacing != LANES ? FAR : t->run == LANES ? POINT : NEAR;
        int left = kind != FAR || spacing == 2 * LANES
                       ? nn_microkernel_count_row(pixel, count, (int)spacing)
                       : 0;
        if (left < NN_MICROKERNEL_SHORT && left < count) {
            run_one_by_one(rest, count, pixel, place);
            return;
        }
        count -= left;
        for (int tiles = (left + PIXELS - 1) / PIXELS; tiles > 0; tiles--, tile++) {
            const int n = (left + tiles - 1) / tiles;
            const fetches f = find_fetches(t, tile, all, kind);
            functions[kind][t->half][n - 1](rest, &f, *pixel, place);
            left -= n;
            pixel += n;
            place += n;
            for (int j = 0; j < 2; j++)
                rest[j].skip_place += t->skip ? n : 0;
        }
    }
}

void nn_microkernel_pair_init_avx512(nn_microkernels *k)
{
    k->run_pair = run_pair;
}
