// SPDX-License-Identifier: MIT
// Quantised convolution with AMX: up to two tiles of sixteen pixels times two of sixteen channels,
// 64 bytes of the depth at a time. Weights lie as those of AVX-512 VNNI.
//
// A row of a tile is a pixel. Where the depth has long stretches of neighbours (the taps of a row
// of the kernel), tiles are read from the image, and go on from a row of it to the next where few
// pixels lie between. Elsewhere (1x1) the pixels of two tiles are gathered first, once for all
// panels.
#include "nn/kernels/int8conv.h"
#include "nn/kernels/int8finish_avx512.h"
#include "nn/kernels/unroll.h"

#include <immintrin.h>
#include <stdbool.h>

enum {
    ROWS = 16,          // the most of a tile
    TILE_BYTES = 64,    // of a row of a tile
    PIECE = 16,         // bytes of a stretch that is gathered
    TOGETHER = 4,       // of them in a row of a tile
    PIECE_WEIGHT = 256, // bytes of the weights of one in a panel
    GROUP = 8,          // panels that share gathered pixels
    SLICE = 16,         // tiles of the depth that are gathered at once: half of a first-level cache
};

// Tile registers; instructions want literal numbers. Sums 0 to 3: pixels x channels.
#define PIXELS_0 4
#define PIXELS_1 5
#define WEIGHTS_0 6
#define WEIGHTS_1 7

// How a run is cut. A line is what tiles of pixels follow each other in: an output row, or several,
// with what lies between them.
typedef struct run_cut {
    int bytes;  // of a tile's row
    int pieces; // tiles of a row of stretches that is read in place; 0: stretches are gathered
    int tiles;  // of the whole depth
    int rows;   // pixels of a tile
    int64_t lines, line_pixels, line_tiles;
    int64_t width, pitch; // of an output row; from one to the next in a line
} run_cut;

// What the registers of this thread are configured for; rows 0: nothing.
static _Thread_local struct {
    int rows, bytes;
} configured;

static int divide_up(int a, int b)
{
    return (a + b - 1) / b;
}

static int row_of_stretches(const nn_int8_conv *t)
{
    return t->in_row > 1 ? t->in_row : 1;
}

// The depth in place; pieces 0: that would leave too much of the tiles empty.
static run_cut cut_in_place(const nn_int8_conv *t)
{
    enum { ENOUGH = 40 }; // of 64 bytes, from which gathering does not pay
    const int row = row_of_stretches(t), length = row * t->quads * 4;
    const int pieces = divide_up(length, TILE_BYTES), bytes = length / pieces;
    if (bytes % 4 || bytes * pieces != length || (t->quads == 4 && bytes < ENOUGH))
        return (run_cut){0};
    return (run_cut){.bytes = bytes, .pieces = pieces, .tiles = t->stretches / row * pieces};
}

static run_cut cut_gathered(const nn_int8_conv *t)
{
    return (run_cut){.bytes = TILE_BYTES, .tiles = divide_up(t->stretches, TOGETHER)};
}

// Whether vectors do the few products of a pixel faster than tiles, for which it is gathered first.
static bool is_shallow(const nn_int8_conv *t)
{
    const bool full = t->stretches % TOGETHER == 0, half_panel = t->channels <= NN_INT8_BLOCK / 2;
    return t->stretches < TOGETHER ||
           (t->stretches < 2 * TOGETHER && (half_panel || (!full && t->panels <= 2)));
}

static void set_lines(run_cut *c, int64_t lines, int64_t pixels, int64_t pitch)
{
    c->lines = lines;
    c->line_pixels = pixels;
    c->rows = pixels < ROWS ? (int)pixels : ROWS;
    c->line_tiles = (pixels + c->rows - 1) / c->rows;
    c->pitch = pitch;
}

// `pixels` > 0. rows 0: tiles cannot run this.
static run_cut cut_run(const nn_int8_conv *t, int64_t pixels)
{
    enum { FEWEST_QUADS = 3 };
    const int64_t width = t->row > 0 ? t->row : pixels, height = pixels / width;
    if (t->quads < FEWEST_QUADS || t->stretches < 1)
        return (run_cut){0};
    run_cut c = cut_in_place(t), gathered = cut_gathered(t);
    set_lines(&gathered, 1, pixels, width);
    if (c.pieces > 0) {
        run_cut joined = c; // pixels between rows are computed, too, and left out at the end
        set_lines(&c, height, width, width);
        if (height > 1 && t->x_row % t->step == 0 && t->x_row >= width * t->step) {
            const int64_t pitch = t->x_row / t->step;
            set_lines(&joined, 1, (height - 1) * pitch + width, pitch);
            if (joined.line_tiles <= c.lines * c.line_tiles)
                c = joined;
        }
    }
    if (t->quads == 4 && (c.pieces == 0 || 2 * c.lines * c.line_tiles > 3 * gathered.line_tiles))
        c = is_shallow(t) ? (run_cut){0} : gathered;
    c.width = width;
    return c;
}

typedef struct tile_config {
    uint8_t palette, start_row, zero[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} tile_config;

static void begin(const nn_int8_conv *t, int64_t pixels)
{
    const run_cut cut = pixels > 0 ? cut_run(t, pixels) : (run_cut){0};
    tile_config c = {.palette = 1};
    configured.rows = cut.rows;
    configured.bytes = cut.bytes;
    if (cut.rows == 0)
        return;
    for (int i = 0; i < 4; i++) {
        c.rows[i] = (uint8_t)cut.rows;
        c.row_bytes[i] = TILE_BYTES;
    }
    for (int i = 0; i < 2; i++) {
        c.rows[PIXELS_0 + i] = (uint8_t)cut.rows;
        c.row_bytes[PIXELS_0 + i] = (uint16_t)cut.bytes;
        c.rows[WEIGHTS_0 + i] = (uint8_t)(cut.bytes / 4);
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

// --- pixels ---

// Neighbours of a tile in an output row, and where they lie in it.
typedef struct row_part {
    int first, count; // pixels of the tile
    int64_t y, x;
} row_part;

// Up to two tiles of pixels: where they begin, and what is new in them.
typedef struct pixel_tiles {
    int count, parts[2];
    int64_t line[2], at[2]; // a line, a pixel of it
    const uint8_t *x[2];
    row_part part[2][ROWS];
} pixel_tiles;

static const uint8_t *pixel_at(const nn_int8_conv *t, const run_cut *c, const uint8_t *x,
                               int64_t line, int64_t at)
{
    return x + (line + at / c->pitch) * t->x_row + at % c->pitch * t->step;
}

// Leaves out what lies between rows, and `skipped` pixels that the tile before has made.
static int find_parts(const run_cut *c, int64_t line, int64_t at, int skipped, row_part *parts)
{
    int64_t y = (at + skipped) / c->pitch, x = (at + skipped) % c->pitch;
    int count = 0;
    for (int first = skipped; first < c->rows; y++, x = 0) {
        const int64_t left = c->rows - first, most = c->width - x < left ? c->width - x : left;
        if (most > 0)
            parts[count++] = (row_part){first, (int)most, line + y, x};
        first += (int)(c->pitch - x < left ? c->pitch - x : left);
    }
    return count;
}

// Tiles `index` and the one behind it. The last one of a line begins within the one before.
static void find_tiles(const nn_int8_conv *t, const run_cut *c, const uint8_t *x, int64_t index,
                       pixel_tiles *p)
{
    const int64_t most = c->line_pixels - c->rows;
    p->count = index + 1 < c->lines * c->line_tiles ? 2 : 1;
    for (int k = 0; k < p->count; k++) {
        const int64_t line = (index + k) / c->line_tiles;
        const int64_t want = (index + k - line * c->line_tiles) * c->rows;
        const int64_t at = want < most ? want : most;
        p->line[k] = line;
        p->at[k] = at;
        p->x[k] = pixel_at(t, c, x, line, at);
        p->parts[k] = find_parts(c, line, at, (int)(want - at), p->part[k]);
    }
}

// --- gathering ---

NN_INLINE __m128i piece(const uint8_t *p)
{
    return _mm_loadu_si128((const void *)p);
}

// The first stretch of a tile of the depth. The last tile ends with the last stretch: it repeats
// stretches of the one before, as zeros.
static int first_stretch(const nn_int8_conv *t, int tile)
{
    const int first = tile * TOGETHER;
    return first + TOGETHER <= t->stretches ? first : t->stretches - TOGETHER;
}

static void gather_tile(const nn_int8_conv *t, const run_cut *c, int tile,
                        const uint8_t *const pixel[ROWS], uint8_t *to)
{
    const int first = first_stretch(t, tile), zeros = tile * TOGETHER - first;
    const int32_t *offset = t->offset + first;
    for (int i = 0; i < c->rows; i++, to += TILE_BYTES) {
        const uint8_t *x = pixel[i];
        if (zeros == 0) {
            __m512i row = _mm512_castsi128_si512(piece(x + offset[0]));
            row = _mm512_inserti32x4(row, piece(x + offset[1]), 1);
            row = _mm512_inserti32x4(row, piece(x + offset[2]), 2);
            row = _mm512_inserti32x4(row, piece(x + offset[3]), 3);
            _mm512_store_si512((void *)to, row);
            continue;
        }
        for (int k = 0; k < TOGETHER; k++)
            _mm_store_si128((void *)(to + k * PIECE),
                            k < zeros ? _mm_setzero_si128() : piece(x + offset[k]));
    }
}

static void find_pixels(const nn_int8_conv *t, const run_cut *c, const pixel_tiles *p, int tile,
                        const uint8_t *pixel[ROWS])
{
    const int64_t jump = t->x_row - (c->pitch - 1) * t->step; // from the last pixel of a row
    const uint8_t *x = p->x[tile];
    int64_t column = p->at[tile] % c->pitch;
    for (int i = 0; i < c->rows; i++) {
        pixel[i] = x;
        column++;
        x += column < c->pitch ? t->step : jump;
        column = column < c->pitch ? column : 0;
    }
}

// Tiles [first, last) of the depth, two tiles of pixels each.
static void gather(const nn_int8_conv *t, const run_cut *c, const pixel_tiles *p, int first,
                   int last, uint8_t *to)
{
    for (int i = 0; i < p->count; i++) {
        const uint8_t *pixel[ROWS];
        find_pixels(t, c, p, i, pixel);
        for (int k = first; k < last; k++)
            gather_tile(t, c, k, pixel, to + (2 * (k - first) + i) * ROWS * TILE_BYTES);
    }
}

// --- products ---

typedef struct product {
    const nn_int8_conv *t;
    const run_cut *cut;
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

NN_INLINE void multiply_in_place(const product *p, int tiles, int panels)
{
    const nn_int8_conv *t = p->t;
    const run_cut *c = p->cut;
    const int32_t *offset = t->offset, *const last = offset + t->stretches;
    const int row = row_of_stretches(t);
    const int64_t apart = tiles > 1 ? p->pixels->x[1] - p->pixels->x[0] : 0;
    const int64_t weight_bytes = (int64_t)c->bytes * NN_INT8_BLOCK;
    const uint8_t *weight = p->weight;
    for (; offset < last; offset += row) {
        const uint8_t *x = p->pixels->x[0] + *offset;
        for (int k = 0; k < c->pieces; k++, x += c->bytes, weight += weight_bytes)
            add_up(x, t->step, apart, weight, p->panel_bytes, tiles, panels);
    }
}

NN_INLINE void multiply_gathered(const product *p, int tiles, int panels)
{
    const uint8_t *x = p->gathered;
    for (int k = p->first; k < p->last; k++, x += 2 * ROWS * TILE_BYTES) {
        const int64_t at = (int64_t)first_stretch(p->t, k) * PIECE_WEIGHT;
        add_up(x, TILE_BYTES, ROWS * TILE_BYTES, p->weight + at, p->panel_bytes, tiles, panels);
    }
}

// `tiles` and `panels` are constants where this is expanded.
NN_INLINE void multiply(const product *p, int tiles, int panels)
{
    load_sums(p, tiles, panels);
    if (p->cut->pieces)
        multiply_in_place(p, tiles, panels);
    else
        multiply_gathered(p, tiles, panels);
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

// Sums of one or two panels in memory that are not results yet.
typedef struct unfinished {
    const pixel_tiles *pixels;
    int panel, panels; // panels 0: nothing
    const int32_t *sum;
} unfinished;

typedef struct run_state {
    const nn_int8_conv *t;
    run_cut cut;
    uint8_t *out;
    const uint8_t *skip;
    unfinished left;
} run_state;

// One panel of a tile.
static void finish_tile(const run_state *r, const pixel_tiles *p, int tile, int panel,
                        const int32_t *sum)
{
    const nn_int8_conv *t = r->t;
    for (int i = 0; i < p->parts[tile]; i++) {
        const row_part *a = &p->part[tile][i];
        finish_pixels(t, panel, a->count, (const __m512i *)sum + a->first,
                      r->out ? r->out + a->y * t->out_row + a->x * NN_INT8_BLOCK : NULL,
                      r->skip ? r->skip + a->y * t->skip_row + a->x * NN_INT8_BLOCK : NULL,
                      t->real ? t->real + a->y * t->real_row + 8 * a->x : NULL);
    }
}

static void finish(run_state *r)
{
    const unfinished *u = &r->left;
    for (int n = 0; n < u->panels; n++)
        for (int k = 0; k < u->pixels->count; k++)
            finish_tile(r, u->pixels, k, u->panel + n, u->sum + n * PANEL_SUMS + k * TILE_SUMS);
    r->left.panels = 0;
}

// Some panels, for two tiles of pixels. Results are made of sums while tiles multiply the next
// ones.
static void run_group(run_state *r, const pixel_tiles *p, int panel, int panels, int32_t *sums)
{
    _Alignas(64) uint8_t gathered[SLICE * 2 * ROWS * TILE_BYTES];
    const nn_int8_conv *t = r->t;
    const run_cut *c = &r->cut;
    const int64_t panel_bytes = (int64_t)t->stretches * t->quads * 4 * NN_INT8_BLOCK;
    const int slice = c->pieces ? c->tiles : SLICE;
    for (int first = 0; first < c->tiles; first += slice) {
        const int last = first + slice < c->tiles ? first + slice : c->tiles;
        if (!c->pieces)
            gather(t, c, p, first, last, gathered);
        __asm__ volatile("" ::: "memory"); // compilers may not know what tile loads read
        for (int n = 0; n < panels; n += 2) {
            const int both = panels - n < 2 ? 1 : 2;
            const product a = {t,
                               c,
                               p,
                               gathered,
                               first,
                               last,
                               (const uint8_t *)t->weight + (panel + n) * panel_bytes,
                               panel_bytes,
                               c->tiles > slice ? sums + n * PANEL_SUMS : sums,
                               t->start + (panel + n) * NN_INT8_BLOCK};
            multiply_any(&a, both);
            finish(r);
            store_sums(&a, p->count, both);
            if (last == c->tiles)
                r->left = (unfinished){p, panel + n, both, a.sum};
        }
    }
}

static void run_amx(const nn_int8_conv *t, const uint8_t *x, uint8_t *out, const uint8_t *skip,
                    int64_t pixels)
{
    const run_cut c = configured.rows > 0 && pixels > 0 ? cut_run(t, pixels) : (run_cut){0};
    if (c.rows == 0 || c.rows != configured.rows || c.bytes != configured.bytes) {
        nn_int8_conv_run_avx512vnni(t, x, out, skip, pixels);
        return;
    }
    _Alignas(64) int32_t sums[GROUP * PANEL_SUMS];
    run_state r = {.t = t, .cut = c, .out = out, .skip = skip};
    pixel_tiles pairs[2]; // of the sums that are left, and of the next ones
    for (int64_t tile = 0; tile < c.lines * c.line_tiles; tile += 2) {
        pixel_tiles *p = &pairs[tile / 2 % 2];
        find_tiles(t, &c, x, tile, p);
        for (int panel = 0; panel < t->panels; panel += GROUP)
            run_group(&r, p, panel, t->panels - panel < GROUP ? t->panels - panel : GROUP, sums);
    }
    finish(&r);
}

void nn_int8_conv_init_amx(nn_int8_conv_kernels *k)
{
    nn_int8_conv_init_avx512vnni(k);
    k->run = run_amx;
    k->begin = begin;
    k->end = end;
    k->pixels = 2 * ROWS;
    k->panels = GROUP;
    k->speed = 1000; // of up to 1500, less what gathering takes
}
