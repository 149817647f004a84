// SPDX-License-Identifier: MIT
// Convolution in bfloat16 with AMX: two tiles of sixteen places times two panels of sixteen
// channels, 32 channels of the depth at a time.
#include "nn/kernels/bf16conv.h"
#include "nn/kernels/bf16finish_avx512.h"
#include "nn/kernels/unroll.h"

#include <immintrin.h>

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

// `tiles` and `panels` are constants where this is expanded. sum: [panel][tile][16][16].
NN_INLINE void multiply(const nn_bf16_conv *t, int panel, int64_t first, float *sum, int tiles,
                        int panels)
{
    const int64_t panel_numbers = (int64_t)t->stretches * STRETCH;
    const uint16_t *weight = t->weight + panel * panel_numbers;
    const float *bias = t->bias + panel * PANEL;
    const uint16_t *x = t->x + first * NN_BF16_BLOCK;
    _tile_loadd(0, bias, 0); // the same row sixteen times
    if (panels > 1)
        _tile_loadd(1, bias + PANEL, 0);
    if (tiles > 1)
        _tile_loadd(2, bias, 0);
    if (tiles > 1 && panels > 1)
        _tile_loadd(3, bias + PANEL, 0);
    for (int s = 0; s < t->stretches; s++, weight += STRETCH) {
        const uint16_t *p = x + t->offset[s];
        _tile_loadd(PLACES_0, p, ROW_BYTES);
        _tile_loadd(WEIGHTS_0, weight, ROW_BYTES);
        _tile_dpbf16ps(0, PLACES_0, WEIGHTS_0);
        if (panels > 1) {
            _tile_loadd(WEIGHTS_1, weight + panel_numbers, ROW_BYTES);
            _tile_dpbf16ps(1, PLACES_0, WEIGHTS_1);
        }
        if (tiles > 1) {
            _tile_loadd(PLACES_1, p + ROWS * NN_BF16_BLOCK, ROW_BYTES);
            _tile_dpbf16ps(2, PLACES_1, WEIGHTS_0);
            if (panels > 1)
                _tile_dpbf16ps(3, PLACES_1, WEIGHTS_1);
        }
    }
    _tile_stored(0, sum, ROW_BYTES);
    if (panels > 1)
        _tile_stored(1, sum + 2 * TILE, ROW_BYTES);
    if (tiles > 1)
        _tile_stored(2, sum + TILE, ROW_BYTES);
    if (tiles > 1 && panels > 1)
        _tile_stored(3, sum + 3 * TILE, ROW_BYTES);
}

static void multiply_any(const nn_bf16_conv *t, int panel, int64_t first, float *sum, int tiles,
                         int panels)
{
    if (tiles > 1 && panels > 1)
        multiply(t, panel, first, sum, 2, 2);
    else if (tiles > 1)
        multiply(t, panel, first, sum, 2, 1);
    else if (panels > 1)
        multiply(t, panel, first, sum, 1, 2);
    else
        multiply(t, panel, first, sum, 1, 1);
}

// Whole tiles are computed; the places behind the last one are not written.
static void run_amx(const nn_bf16_conv *t, int64_t first, int64_t places)
{
    _Alignas(64) float sum[4 * TILE];
    __asm__ volatile("" ::: "memory"); // compilers may not know what tile loads read
    for (int panel = 0; panel < t->panels; panel += 2)
        for (int64_t at = 0; at < places; at += 2 * ROWS) {
            const int64_t left = places - at < 2 * ROWS ? places - at : 2 * ROWS;
            const int panels = t->panels - panel > 1 ? 2 : 1;
            multiply_any(t, panel, first + at, sum, left > ROWS ? 2 : 1, panels);
            for (int n = 0; n < panels; n++)
                finish(t, panel + n, first + at, left, sum + 2 * n * TILE, PANEL);
        }
}

void nn_bf16_conv_init_amx(nn_bf16_conv_kernels *k)
{
    k->run = run_amx;
    k->begin = begin;
    k->end = end;
    k->speed = 8; // of 16, since tiles wait for weights and sums
}
