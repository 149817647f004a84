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

// Loads the weights of a position of the depth. When `expands`, multiplies them by the factor, if
// there is one, and stores them.
NN_INLINE __m512 find_weight(const char *weight, bool half, bool expands, const float *factor,
                             float *to)
{
    __m512 w = nn_microkernel_load(weight, half);
    if (expands && factor)
        w = _mm512_mul_ps(w, _mm512_set1_ps(*factor));
    if (expands)
        _mm512_storeu_ps(to, w);
    return w;
}

// Adds the products of a position of the depth, of pixels `spacing` floats apart. Compilers would
// read a pixel for each product, or so far ahead that registers run out.
NN_INLINE void add_step(__m512 (*sum)[PIXELS], const float *x, __m512 w0, __m512 w1, int pixels,
                        int spacing)
{
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

// Where a run is in its weights.
typedef struct place_in_weights {
    const char *weight[2];
    const float *factor;
    float *expanded[2];
} place_in_weights;

// Adds the products of `step` positions of the depth and moves behind them.
NN_INLINE void add_steps(__m512 (*sum)[PIXELS], const float *x, place_in_weights *at, int step,
                         int pixels, int spacing, bool half, bool expands)
{
    const int bytes = NN_PANEL_CHANNELS * (half ? 2 : 4);
    NN_UNROLL(8)
    for (int u = 0; u < step; u++) {
        const float *factor = at->factor ? at->factor + u : NULL;
        __m512 w[2];
        for (int i = 0; i < 2; i++)
            w[i] = find_weight(at->weight[i] + u * bytes, half, expands, factor,
                               at->expanded[i] + u * NN_PANEL_CHANNELS);
        add_step(sum, x + u, w[0], w[1], pixels, spacing);
    }
    for (int i = 0; i < 2; i++) {
        at->weight[i] += step * bytes;
        at->expanded[i] += expands ? step * NN_PANEL_CHANNELS : 0;
    }
    at->factor += expands && at->factor ? step : 0;
}

// Computes pixels `spacing` floats apart. All numbers, `half` and `expands` are constants where
// this is expanded. `pointwise`: stretches are blocks of channels, eight floats. Otherwise one loop
// goes over all stretches, which are multiples of STEP.
NN_INLINE void sum_row(const nn_microkernel_args *t, const fetches *ask, const float *x,
                       const int32_t *place, int pixels, int spacing, bool half, bool pointwise,
                       bool expands)
{
    fetches f = *ask;
    const int step = pointwise ? LANES : STEP;
    place_in_weights at = {{t[0].weight, t[1].weight}, t->factor, {t[0].expanded, t[1].expanded}};
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
            add_steps(sum, x + k, &at, step, pixels, spacing, half, expands);
            k += step;
            if (pointwise || k == end) {
                if (offset == last)
                    break;
                k = *++offset;
                end = k + run;
            }
        }
    const int32_t *single = t->single, *const end = single + t->singles;
    for (; single < end; single++)
        add_steps(sum, x + *single, &at, 1, pixels, spacing, half, expands);
    finish(t, sum, place, pixels);
}

// `f` is an address: a copy on the stack would be read at once in another size than it was written,
// which waits for the writes.
typedef void tile_function(const nn_microkernel_args *t, const fetches *f, const float *x,
                           const int32_t *place);

#define TILE(pixels, spacing, half, pointwise, expands)                                            \
    static void tile_##pixels##_##spacing##_##half##_##pointwise##_##expands(                      \
        const nn_microkernel_args *t, const fetches *f, const float *x, const int32_t *place)      \
    {                                                                                              \
        sum_row(t, f, x, place, pixels, spacing, half, pointwise, expands);                        \
    }
#define NAME(pixels, spacing, half, pointwise, expands)                                            \
    tile_##pixels##_##spacing##_##half##_##pointwise##_##expands,
#define ALL(EACH, s, h, p, e)                                                                      \
    EACH(1, s, h, p, e)                                                                            \
    EACH(2, s, h, p, e)                                                                            \
    EACH(3, s, h, p, e)                                                                            \
    EACH(4, s, h, p, e)                                                                            \
    EACH(5, s, h, p, e)                                                                            \
    EACH(6, s, h, p, e)                                                                            \
    EACH(7, s, h, p, e)                                                                            \
    EACH(8, s, h, p, e)                                                                            \
    EACH(9, s, h, p, e)                                                                            \
    EACH(10, s, h, p, e)                                                                           \
    EACH(11, s, h, p, e)                                                                           \
    EACH(12, s, h, p, e) EACH(13, s, h, p, e) EACH(14, s, h, p, e)
ALL(TILE, 8, 0, 0, 0)
ALL(TILE, 8, 1, 0, 0)
ALL(TILE, 8, 0, 1, 0)
ALL(TILE, 8, 1, 1, 0)
ALL(TILE, 16, 0, 0, 0)
ALL(TILE, 16, 1, 0, 0)
ALL(TILE, 8, 0, 1, 1)
ALL(TILE, 8, 1, 1, 1)

// From here on a run takes the expanded weights.
static void take_expanded(nn_microkernel_args t[2])
{
    for (int i = 0; i < 2; i++) {
        t[i].weight = t[i].expanded;
        t[i].half = false;
    }
}

// Expands the weights where the first tile cannot.
static void expand(nn_microkernel_args t[2])
{
    const int64_t n = ((int64_t)t->blocks * t->run + t->singles) * NN_PANEL_CHANNELS;
    for (int i = 0; i < 2; i++)
        for (int64_t k = 0; k < n; k += NN_PANEL_CHANNELS)
            find_weight((const char *)t[i].weight + k * (t->half ? 2 : 4), t->half, true,
                        t->factor ? t->factor + k / NN_PANEL_CHANNELS : NULL, t[i].expanded + k);
    take_expanded(t);
}

static void run_one_by_one(const nn_microkernel_args *t, int count, const float *const *pixel,
                           const int32_t *place)
{
    nn_microkernel_run_avx512(&t[0], count, pixel, place);
    nn_microkernel_run_avx512(&t[1], count, pixel, place);
}

enum { FAR, NEAR, POINT, POINT_EXPANDS, KINDS };

// What a tile prefetches.
static fetches find_fetches(const nn_microkernel_args *t, int tile, int tiles, int kind)
{
    const int step = kind == POINT ? LANES : STEP;
    return (fetches){{nn_microkernel_find_prefetch(&t[0], tile, tiles, step),
                      nn_microkernel_find_prefetch(&t[1], tile, tiles, step)}};
}

static void run_pair(const nn_microkernel_args t[2], int count, const float *const *pixel,
                     const int32_t *place)
{
    static tile_function *const functions[KINDS][2][PIXELS] = {
        {{ALL(NAME, 16, 0, 0, 0)}, {ALL(NAME, 16, 1, 0, 0)}},
        {{ALL(NAME, 8, 0, 0, 0)}, {ALL(NAME, 8, 1, 0, 0)}},
        {{ALL(NAME, 8, 0, 1, 0)}, {ALL(NAME, 8, 1, 1, 0)}},
        {{ALL(NAME, 8, 0, 1, 1)}, {ALL(NAME, 8, 1, 1, 1)}}};
    nn_microkernel_args rest[2] = {t[0], t[1]};
    const int all = (count + PIXELS - 1) / PIXELS;
    bool expands = t->factor || (t->expanded && t->half && t->run == LANES && all > 1);
    for (int tile = 0; count > 0;) {
        const int64_t spacing = count > 1 ? pixel[1] - pixel[0] : LANES;
        const int kind = spacing != LANES ? FAR : t->run == LANES ? POINT : NEAR;
        int left = kind != FAR || spacing == 2 * LANES
                       ? nn_microkernel_count_row(pixel, count, (int)spacing)
                       : 0;
        const bool apart = t->run % STEP || (left < NN_MICROKERNEL_SHORT && left < count);
        if (expands && (apart || kind != POINT)) {
            expand(rest);
            expands = false;
        }
        if (apart) {
            run_one_by_one(rest, count, pixel, place);
            return;
        }
        count -= left;
        for (int tiles = (left + PIXELS - 1) / PIXELS; tiles > 0; tiles--, tile++) {
            const int n = (left + tiles - 1) / tiles;
            const fetches f = find_fetches(t, tile, all, kind);
            functions[expands ? POINT_EXPANDS : kind][rest->half][n - 1](rest, &f, *pixel, place);
            left -= n;
            pixel += n;
            place += n;
            for (int j = 0; j < 2; j++)
                rest[j].skip_place += t->skip ? n : 0;
            if (expands)
                take_expanded(rest);
            expands = false;
        }
    }
}

void nn_microkernel_pair_init_avx512(nn_microkernels *k)
{
    k->run_pair = run_pair;
}
