// SPDX-License-Identifier: MIT
// Quantised convolution with AMX: up to two tiles of sixteen pixels times two of sixteen channels,
// 64 bytes of the depth at a time. Weights lie as those of AVX-512 VNNI.
//
// A row of a tile is a pixel. Where the depth has long stretches of neighbours (the taps of a row
// of the kernel), tiles are read from the image. Elsewhere (1x1) the pixels of two tiles are
// gathered first, once for all panels.
#include "nn/kernels/int8conv.h"
#include "nn/kernels/int8requant_avx512.h"
#include "nn/kernels/unroll.h"

#include <immintrin.h>
#include <stdbool.h>

enum {
    ROWS = 16,          // the most of a tile
    TILE_BYTES = 64,    // of a row of a tile
    PIECE = 16,         // bytes of a stretch
    PIECE_WEIGHT = 256, // bytes of its weights in a panel
    GROUP = 8,          // panels that share gathered pixels
    SLICE = 16,         // tiles of the depth that are gathered at once: half of a first-level cache
};

// Tile registers; instructions want literal numbers. Sums 0 to 3: pixels x channels.
#define PIXELS_0 4
#define PIXELS_1 5
#define WEIGHTS_0 6
#define WEIGHTS_1 7

// How the depth is cut.
typedef struct depth_cut {
    int bytes;  // of a tile's row
    int pieces; // tiles of a row of stretches that is read in place; 0: stretches are gathered
    int tiles;  // of the whole depth
} depth_cut;

// What the registers of this thread are configured for; rows 0: nothing.
static _Thread_local struct {
    int rows, bytes;
} configured;

static int divide_up(int a, int b)
{
    return (a + b - 1) / b;
}

static depth_cut cut_depth(const nn_int8_conv *t)
{
    enum { ENOUGH = 40 }; // of 64 bytes, from which gathering does not pay
    const int row = t->in_row > 1 ? t->in_row : 1, pieces = divide_up(row * PIECE, TILE_BYTES);
    const int bytes = row * PIECE / pieces;
    if (bytes >= ENOUGH && bytes % 4 == 0 && bytes * pieces == row * PIECE)
        return (depth_cut){bytes, pieces, t->stretches / row * pieces};
    const int together = t->stretches < 4 ? t->stretches : 4;
    return (depth_cut){together * PIECE, 0, divide_up(t->stretches, together)};
}

static bool can_run(const nn_int8_conv *t)
{
    return t->quads == 4 && t->stretches > 0;
}

typedef struct tile_config {
    uint8_t palette, start_row, zero[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} tile_config;

static void begin(const nn_int8_conv *t, int64_t pixels)
{
    if (!can_run(t) || pixels < 1)
        return;
    const int64_t tiles = (pixels + ROWS - 1) / ROWS;
    tile_config c = {.palette = 1};
    configured.rows = (int)((pixels + tiles - 1) / tiles);
    configured.bytes = cut_depth(t).bytes;
    for (int i = 0; i < 4; i++) {
        c.rows[i] = (uint8_t)configured.rows;
        c.row_bytes[i] = TILE_BYTES;
    }
    for (int i = 0; i < 2; i++) {
        c.rows[PIXELS_0 + i] = (uint8_t)configured.rows;
        c.row_bytes[PIXELS_0 + i] = (uint16_t)configured.bytes;
        c.rows[WEIGHTS_0 + i] = (uint8_t)(configured.bytes / 4);
        c.row_bytes[WEIGHTS_0 + i] = TILE_BYTES;
    }
    __asm__ volatile("" ::: "memory"); // compilers may think that it reads eight bytes
    _tile_loadconfig(&c);
}

static void end(void)
{
    if (configured.rows > 0)
        _tile_release();
    configured.rows = 0;
}

// --- gathering ---

NN_INLINE __m128i piece(const uint8_t *p)
{
    return _mm_loadu_si128((const void *)p);
}

// The first stretch of a tile of the depth. The last tile ends with the last stretch: it repeats
// stretches of the one before, as zeros.
static int first_stretch(const nn_int8_conv *t, const depth_cut *c, int tile)
{
    const int together = c->bytes / PIECE, first = tile * together;
    return first + together <= t->stretches ? first : t->stretches - together;
}

static void gather_tile(const nn_int8_conv *t, const depth_cut *c, int tile, const uint8_t *x,
                        uint8_t *to)
{
    const int together = c->bytes / PIECE, first = first_stretch(t, c, tile);
    const int zeros = tile * together - first;
    const int32_t *offset = t->offset + first;
    for (int i = 0; i < configured.rows; i++, x += t->step, to += TILE_BYTES) {
        if (together == 4 && zeros == 0) {
            __m512i row = _mm512_castsi128_si512(piece(x + offset[0]));
            row = _mm512_inserti32x4(row, piece(x + offset[1]), 1);
            row = _mm512_inserti32x4(row, piece(x + offset[2]), 2);
            row = _mm512_inserti32x4(row, piece(x + offset[3]), 3);
            _mm512_store_si512((void *)to, row);
            continue;
        }
        for (int k = 0; k < together; k++)
            _mm_store_si128((void *)(to + k * PIECE),
                            k < zeros ? _mm_setzero_si128() : piece(x + offset[k]));
    }
}

// --- products ---

// Two tiles of pixels at most, and what of them is new: the second may begin within the first.
typedef struct pixel_tiles {
    const uint8_t *x[2];
    int64_t at[2]; // first pixel
    int skipped[2];
    int count;
} pixel_tiles;

typedef struct product {
    const nn_int8_conv *t;
    const depth_cut *cut;
    const pixel_tiles *pixels;
    const uint8_t *gathered; // of tiles [first, last) of the depth, two tiles of pixels each
    int first, last;         // tiles of the depth
    const uint8_t *weight;
    int64_t panel_bytes;
    int32_t *sum; // of the first panel: [2][16 pixels][16]; those of the second follow
    const int32_t *start;
} product;

enum { TILE_SUMS = ROWS * NN_INT8_BLOCK, PANEL_SUMS = 2 * TILE_SUMS };

// Sums begin with `start`, the same for all pixels, or with what they were before this slice.
NN_INLINE void load_sums(const product *p, int tiles, int panels)
{
    const bool again = p->first > 0;
    const int64_t row = again ? TILE_BYTES : 0, tile = again ? TILE_SUMS : 0;
    const int32_t *from = again ? p->sum : p->start;
    const int32_t *second = again ? p->sum + PANEL_SUMS : p->start + NN_INT8_BLOCK;
    _tile_loadd(0, from, row);
    if (panels > 1)
        _tile_loadd(1, second, row);
    if (tiles > 1)
        _tile_loadd(2, from + tile, row);
    if (tiles > 1 && panels > 1)
        _tile_loadd(3, second + tile, row);
}

NN_INLINE void store_sums(const product *p, int tiles, int panels)
{
    _tile_stored(0, p->sum, TILE_BYTES);
    if (panels > 1)
        _tile_stored(1, p->sum + PANEL_SUMS, TILE_BYTES);
    if (tiles > 1)
        _tile_stored(2, p->sum + TILE_SUMS, TILE_BYTES);
    if (tiles > 1 && panels > 1)
        _tile_stored(3, p->sum + PANEL_SUMS + TILE_SUMS, TILE_BYTES);
}

// One tile of the depth. `step`: bytes from a pixel to the next; `apart`: to the second tile.
NN_INLINE void add_up(const uint8_t *x, int64_t step, int64_t apart, const uint8_t *weight,
                      int64_t panel_bytes, int tiles, int panels)
{
    _tile_loadd(PIXELS_0, x, step);
    _tile_loadd(WEIGHTS_0, weight, TILE_BYTES);
    _tile_dpbusd(0, PIXELS_0, WEIGHTS_0);
    if (panels > 1) {
        _tile_loadd(WEIGHTS_1, weight + panel_bytes, TILE_BYTES);
        _tile_dpbusd(1, PIXELS_0, WEIGHTS_1);
    }
    if (tiles > 1) {
        _tile_loadd(PIXELS_1, x + apart, step);
        _tile_dpbusd(2, PIXELS_1, WEIGHTS_0);
        if (panels > 1)
            _tile_dpbusd(3, PIXELS_1, WEIGHTS_1);
    }
}

// `tiles` and `panels` are constants where this is expanded.
NN_INLINE void multiply(const product *p, int tiles, int panels)
{
    const nn_int8_conv *t = p->t;
    const depth_cut *c = p->cut;
    load_sums(p, tiles, panels);
    if (c->pieces) {
        const int32_t *offset = t->offset, *const last = offset + t->stretches;
        const int64_t apart = (p->pixels->at[1] - p->pixels->at[0]) * t->step;
        const int64_t weight_bytes = (int64_t)c->bytes * NN_INT8_BLOCK;
        const uint8_t *weight = p->weight;
        for (; offset < last; offset += t->in_row) {
            const uint8_t *x = p->pixels->x[0] + *offset;
            for (int k = 0; k < c->pieces; k++, x += c->bytes, weight += weight_bytes)
                add_up(x, t->step, apart, weight, p->panel_bytes, tiles, panels);
        }
    } else {
        const uint8_t *x = p->gathered;
        for (int k = p->first; k < p->last; k++, x += 2 * ROWS * TILE_BYTES)
            add_up(x, TILE_BYTES, ROWS * TILE_BYTES,
                   p->weight + (int64_t)first_stretch(t, c, k) * PIECE_WEIGHT, p->panel_bytes,
                   tiles, panels);
    }
    store_sums(p, tiles, panels);
}

static void multiply_any(const product *p, int panels)
{
    if (p->pixels->count > 1 && panels > 1)
        multiply(p, 2, 2);
    else if (p->pixels->count > 1)
        multiply(p, 2, 1);
    else if (panels > 1)
        multiply(p, 1, 2);
    else
        multiply(p, 1, 1);
}

// --- runs ---

static void finish(const nn_int8_conv *t, const pixel_tiles *p, int panel, int panels,
                   const int32_t *sum, uint8_t *out, const uint8_t *skip)
{
    for (int n = 0; n < panels; n++)
        for (int k = 0; k < p->count; k++) {
            const int64_t at = p->at[k] + p->skipped[k];
            finish_any(t, panel + n, 1, configured.rows - p->skipped[k],
                       (const __m512i *)(sum + n * PANEL_SUMS + k * TILE_SUMS) + p->skipped[k],
                       out ? out + at * NN_INT8_BLOCK : NULL,
                       skip ? skip + at * NN_INT8_BLOCK : NULL, t->real ? t->real + 8 * at : NULL);
        }
}

// Some panels, for two tiles of pixels.
static void run_group(const nn_int8_conv *t, const depth_cut *c, const pixel_tiles *p, int panel,
                      int panels, int32_t *sum)
{
    _Alignas(64) uint8_t gathered[SLICE * 2 * ROWS * TILE_BYTES];
    const int64_t panel_bytes = (int64_t)t->stretches * PIECE_WEIGHT;
    const int slice = c->pieces ? c->tiles : SLICE;
    for (int first = 0; first < c->tiles; first += slice) {
        const int last = first + slice < c->tiles ? first + slice : c->tiles;
        for (int k = first; k < last && !c->pieces; k++)
            for (int i = 0; i < p->count; i++)
                gather_tile(t, c, k, p->x[i], gathered + (2 * (k - first) + i) * ROWS * TILE_BYTES);
        __asm__ volatile("" ::: "memory"); // compilers may not know what tile loads read
        for (int n = 0; n < panels; n += 2) {
            const product r = {t,
                               c,
                               p,
                               gathered,
                               first,
                               last,
                               (const uint8_t *)t->weight + (panel + n) * panel_bytes,
                               panel_bytes,
                               sum + n * PANEL_SUMS,
                               t->start + (panel + n) * NN_INT8_BLOCK};
            multiply_any(&r, panels - n);
        }
    }
}

static void run_amx(const nn_int8_conv *t, const uint8_t *x, uint8_t *out, const uint8_t *skip,
                    int64_t pixels)
{
    const int rows = configured.rows;
    const depth_cut c = can_run(t) ? cut_depth(t) : (depth_cut){0};
    if (rows == 0 || pixels < rows || c.bytes != configured.bytes) {
        nn_int8_conv_run_avx512vnni(t, x, out, skip, pixels);
        return;
    }
    for (int64_t done = 0; done < pixels; done += 2 * rows)
        for (int panel = 0; panel < t->panels; panel += GROUP) {
            _Alignas(64) int32_t sum[GROUP * PANEL_SUMS];
            const int panels = t->panels - panel < GROUP ? t->panels - panel : GROUP;
            pixel_tiles p = {.count = done + rows < pixels ? 2 : 1};
            for (int k = 0; k < p.count; k++) {
                const int64_t want = done + k * rows, most = pixels - rows;
                p.at[k] = want < most ? want : most;
                p.skipped[k] = (int)(want - p.at[k]);
                p.x[k] = x + p.at[k] * t->step;
            }
            run_group(t, &c, &p, panel, panels, sum);
            finish(t, &p, panel, panels, sum, out, skip);
        }
}

void nn_int8_conv_init_amx(nn_int8_conv_kernels *k)
{
    nn_int8_conv_init_avx512vnni(k);
    k->run = run_amx;
    k->begin = begin;
    k->end = end;
    k->pixels = 2 * ROWS;
    k->panels = GROUP;
    k->speed = 0; // not measured yet
}
