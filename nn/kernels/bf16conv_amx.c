// SPDX-License-Identifier: MIT
// Convolution in bfloat16 with AMX: two tiles of sixteen places times two panels of sixteen
// channels, 32 channels of the depth at a time.
#include "nn/kernels/bf16conv.h"
#include "nn/kernels/bf16finish_avx512.h"
#include "nn/kernels/unroll.h"

#include <immintrin.h>
#include <stdbool.h>

enum {
    ROWS = 16,                       // of a tile: places
    ROW_BYTES = 64,                  // of a tile
    PANEL = 16,                      // output channels
    STRETCH = NN_BF16_BLOCK * PANEL, // weights of a panel
    TILE = ROWS * PANEL              // sums of a tile
};

// Tile registers; instructions want literal numbers. Sums 0 to 3: places x channels.
#define PLACES_0 4
#define PLACES_1 5
#define WEIGHTS_0 6
#define WEIGHTS_1 7

// Palette 1; a row count and 64 bytes a row for each of eight tiles (Intel SDM, LDTILECFG).
static const _Alignas(64) uint8_t config[64] = {
    [0] = 1,          [16] = ROW_BYTES, [18] = ROW_BYTES, [20] = ROW_BYTES, [22] = ROW_BYTES,
    [24] = ROW_BYTES, [26] = ROW_BYTES, [28] = ROW_BYTES, [30] = ROW_BYTES, [48] = ROWS,
    [49] = ROWS,      [50] = ROWS,      [51] = ROWS,      [52] = ROWS,      [53] = ROWS,
    [54] = ROWS,      [55] = ROWS,
};

static void begin(void)
{
    _tile_loadconfig(config);
}

static void end(void)
{
    _tile_release();
}

// A part of the depth of up to two tiles of places and two panels. What of the weights it reads
// stays in the first-level cache for all places, because the second level delivers no more than a
// core multiplies. Meanwhile it asks for the weights of the next panels.
typedef struct part {
    int panel;
    int64_t place;
    int begin, end;  // stretches
    const char *ask; // the first of the cache lines that it fetches into the second-level cache
    int lines;       // of them for each stretch
    float *sum;      // [panel][tile][16][16]; read unless `begin` is 0
} part;

// `tiles`, `panels` and `split` are constants where these are expanded.
// Floats from a panel to the next and from a tile to the next; bytes of a row, 0: the same row
// again.
NN_INLINE void load_sums(const float *from, int panel, int tile, int row, int tiles, int panels)
{
    _tile_loadd(0, from, row);
    if (panels > 1)
        _tile_loadd(1, from + panel, row);
    if (tiles > 1)
        _tile_loadd(2, from + tile, row);
    if (tiles > 1 && panels > 1)
        _tile_loadd(3, from + panel + tile, row);
}

NN_INLINE void store_sums(float *sum, int tiles, int panels)
{
    _tile_stored(0, sum, ROW_BYTES);
    if (panels > 1)
        _tile_stored(1, sum + 2 * TILE, ROW_BYTES);
    if (tiles > 1)
        _tile_stored(2, sum + TILE, ROW_BYTES);
    if (tiles > 1 && panels > 1)
        _tile_stored(3, sum + 3 * TILE, ROW_BYTES);
}

NN_INLINE void load_places(const uint16_t *p, int tiles)
{
    _tile_loadd(PLACES_0, p, ROW_BYTES);
    if (tiles > 1)
        _tile_loadd(PLACES_1, p + ROWS * NN_BF16_BLOCK, ROW_BYTES);
}

NN_INLINE void load_weights(const uint16_t *weight, int64_t panel_numbers, int panels)
{
    _tile_loadd(WEIGHTS_0, weight, ROW_BYTES);
    if (panels > 1)
        _tile_loadd(WEIGHTS_1, weight + panel_numbers, ROW_BYTES);
}

// An addition to a tile waits for the one before, so the tiles take turns.
NN_INLINE void add_products(int tiles, int panels)
{
    _tile_dpbf16ps(0, PLACES_0, WEIGHTS_0);
    if (panels > 1)
        _tile_dpbf16ps(1, PLACES_0, WEIGHTS_1);
    if (tiles > 1)
        _tile_dpbf16ps(2, PLACES_1, WEIGHTS_0);
    if (tiles > 1 && panels > 1)
        _tile_dpbf16ps(3, PLACES_1, WEIGHTS_1);
}

NN_INLINE void multiply(const nn_bf16_conv *t, const part *r, int tiles, int panels, bool split)
{
    const int64_t stretch = (split ? 2 : 1) * STRETCH, panel_numbers = t->stretches * stretch;
    const uint16_t *weight = t->weight + r->panel * panel_numbers + r->begin * stretch;
    const uint16_t *x = t->x + r->place * NN_BF16_BLOCK;
    const char *ask = r->ask;
    if (r->begin == 0)
        load_sums(t->bias + r->panel * PANEL, PANEL, 0, 0, tiles, panels);
    else
        load_sums(r->sum, 2 * TILE, TILE, ROW_BYTES, tiles, panels);
    for (int s = r->begin; s < r->end; s++, weight += stretch) {
        const uint16_t *p = x + t->offset[s];
        for (int i = 0; i < r->lines; i++, ask += ROW_BYTES)
            _mm_prefetch(ask, _MM_HINT_T1);
        load_places(p, tiles);
        if (split) {
            load_weights(weight + STRETCH, panel_numbers, panels);
            add_products(tiles, panels);
        }
        load_weights(weight, panel_numbers, panels);
        add_products(tiles, panels);
        if (split) {
            load_places(p + t->low, tiles);
            add_products(tiles, panels);
        }
    }
    store_sums(r->sum, tiles, panels);
}

NN_INLINE void multiply_any(const nn_bf16_conv *t, const part *r, int tiles, int panels, bool split)
{
    if (tiles > 1 && panels > 1)
        multiply(t, r, 2, 2, split);
    else if (tiles > 1)
        multiply(t, r, 2, 1, split);
    else if (panels > 1)
        multiply(t, r, 1, 2, split);
    else
        multiply(t, r, 1, 1, split);
}

enum { GROUP = 8 * 2 * ROWS }; // places whose sums wait for the next part of the depth

// Parts of the depth: 16 KiB of the weights of two panels each.
NN_INLINE int count_parts(const nn_bf16_conv *t, bool split)
{
    const int most = split ? 4 : 8; // stretches
    return t->stretches > most ? (t->stretches + most - 1) / most : 1;
}

// Computes some panels of a group of places. Whole tiles are computed; the places behind the last
// one are not written.
NN_INLINE void run_panels(const nn_bf16_conv *t, int panel, int panels, int64_t first,
                          int64_t places, bool split)
{
    _Alignas(64) float sum[GROUP / (2 * ROWS)][4 * TILE];
    const int64_t stretch = (split ? 2 : 1) * STRETCH;
    const int parts = count_parts(t, split);
    const int tiles = (int)((places + 2 * ROWS - 1) / (2 * ROWS));
    const int lines = (int)(panels * stretch * (int64_t)sizeof(uint16_t)) / ROW_BYTES;
    const int each = panel + 2 * panels <= t->panels ? (lines + tiles - 1) / tiles : 0;
    const char *next = (const char *)(t->weight + (panel + panels) * t->stretches * stretch);
    for (int i = 0; i < parts; i++) {
        const int begin = t->stretches * i / parts, end = t->stretches * (i + 1) / parts;
        for (int tile = 0; tile < tiles; tile++) {
            const int64_t at = tile * 2 * ROWS,
                          left = places - at < 2 * ROWS ? places - at : 2 * ROWS;
            const part r = {.panel = panel,
                            .place = first + at,
                            .begin = begin,
                            .end = end,
                            .ask = next + (int64_t)tile * each * (end - begin) * ROW_BYTES,
                            .lines = tile * each < lines ? each : 0,
                            .sum = sum[parts > 1 ? tile : 0]};
            multiply_any(t, &r, left > ROWS ? 2 : 1, panels, split);
            for (int n = 0; n < panels && end == t->stretches; n++)
                finish(t, panel + n, first + at, left, r.sum + 2 * n * TILE);
        }
        next += lines * (int64_t)(end - begin) * ROW_BYTES;
    }
}

NN_INLINE void run_any(const nn_bf16_conv *t, int64_t first, int64_t places, bool split)
{
    __asm__ volatile("" ::: "memory"); // compilers may not know what tile loads read
    const int64_t group = count_parts(t, split) > 1 ? GROUP : places;
    for (int64_t at = 0; at < places; at += group) {
        const int64_t count = places - at < group ? places - at : group;
        for (int panel = 0; panel < t->panels; panel += 2)
            run_panels(t, panel, t->panels - panel > 1 ? 2 : 1, first + at, count, split);
    }
}

static void run_amx(const nn_bf16_conv *t, int64_t first, int64_t places)
{
    run_any(t, first, places, false);
}

static void run_split_amx(const nn_bf16_conv *t, int64_t first, int64_t places)
{
    run_any(t, first, places, true);
}

void nn_bf16_conv_init_amx(nn_bf16_conv_kernels *k)
{
    k->run = run_amx;
    k->run_split = run_split_amx;
    k->begin = begin;
    k->end = end;
    k->speed = 8; // of 16, since tiles wait for weights and sums
    k->split_speed = 3.5;
}
