// SPDX-License-Identifier: MIT
// AMX in C: include this, then a kernel file. Tile registers are arrays of the thread; what the
// processor refuses ends the test.
#ifndef TESTS_KERNELS_AMX_EMULATED_H
#define TESTS_KERNELS_AMX_EMULATED_H

#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EMULATED_TILES = 8, EMULATED_ROWS = 16, EMULATED_BYTES = 64 };

typedef struct emulated_tile {
    int rows, row_bytes; // 0: not configured
    _Alignas(64) uint8_t data[EMULATED_ROWS][EMULATED_BYTES];
} emulated_tile;

static _Thread_local emulated_tile emulated[EMULATED_TILES];

static inline void emulated_expect(int right, const char *what)
{
    if (right)
        return;
    fprintf(stderr, "AMX: %s\n", what);
    abort();
}

static inline emulated_tile *emulated_at(int i)
{
    emulated_expect(i >= 0 && i < EMULATED_TILES, "there are eight tiles");
    emulated_expect(emulated[i].rows > 0, "a tile is used that is not configured");
    return &emulated[i];
}

// ldtilecfg of palette 1 (Intel SDM volume 1, 18.2).
static inline void emulated_loadconfig(const void *config)
{
    const uint8_t *c = config;
    emulated_expect(c[0] == 1 && c[1] == 0, "palette 1, start row 0");
    for (int i = 2; i < 16; i++)
        emulated_expect(c[i] == 0, "reserved bytes are zero");
    memset(emulated, 0, sizeof emulated);
    for (int i = 0; i < 16; i++) {
        uint16_t row_bytes;
        memcpy(&row_bytes, c + 16 + 2 * i, 2);
        const int rows = c[48 + i];
        emulated_expect((rows == 0) == (row_bytes == 0), "rows and bytes are both zero or neither");
        emulated_expect(i < EMULATED_TILES || rows == 0, "there are eight tiles");
        emulated_expect(rows <= EMULATED_ROWS && row_bytes <= EMULATED_BYTES, "a tile is 16 x 64");
        if (i < EMULATED_TILES) {
            emulated[i].rows = rows;
            emulated[i].row_bytes = row_bytes;
        }
    }
}

static inline void emulated_release(void)
{
    memset(emulated, 0, sizeof emulated);
}

static inline void emulated_load(int i, const void *base, int64_t stride)
{
    emulated_tile *t = emulated_at(i);
    memset(t->data, 0, sizeof t->data);
    for (int r = 0; r < t->rows; r++)
        memcpy(t->data[r], (const char *)base + r * stride, (size_t)t->row_bytes);
}

static inline void emulated_store(int i, void *base, int64_t stride)
{
    const emulated_tile *t = emulated_at(i);
    for (int r = 0; r < t->rows; r++)
        memcpy((char *)base + r * stride, t->data[r], (size_t)t->row_bytes);
}

static inline void emulated_zero(int i)
{
    emulated_tile *t = emulated_at(i);
    memset(t->data, 0, sizeof t->data);
}

// Sums c, rows a, columns b.
static inline void emulated_check(const emulated_tile *c, const emulated_tile *a,
                                  const emulated_tile *b)
{
    emulated_expect(c != a && c != b && a != b, "the three tiles of a product differ");
    emulated_expect(c->rows == a->rows && c->row_bytes == b->row_bytes, "shapes fit");
    emulated_expect(a->row_bytes == 4 * b->rows && c->row_bytes % 4 == 0, "depths fit");
}

static inline void emulated_dpbusd(int to, int unsigned_bytes, int signed_bytes)
{
    emulated_tile *c = emulated_at(to);
    const emulated_tile *a = emulated_at(unsigned_bytes), *b = emulated_at(signed_bytes);
    emulated_check(c, a, b);
    for (int m = 0; m < c->rows; m++)
        for (int n = 0; n < c->row_bytes / 4; n++) {
            uint32_t sum;
            memcpy(&sum, &c->data[m][4 * n], 4);
            for (int k = 0; k < a->row_bytes; k++)
                sum += (uint32_t)(a->data[m][k] * (int8_t)b->data[k / 4][4 * n + k % 4]);
            memcpy(&c->data[m][4 * n], &sum, 4);
        }
}

// Denormals count as zero, before and after.
static inline float emulated_flush(float x)
{
    return fpclassify(x) == FP_SUBNORMAL ? copysignf(0, x) : x;
}

static inline float emulated_bf16(const uint8_t *p)
{
    uint16_t half;
    memcpy(&half, p, 2);
    const uint32_t bits = (uint32_t)half << 16;
    float x;
    memcpy(&x, &bits, 4);
    return emulated_flush(x);
}

// Even and odd products are added up apart, fused, then both to the sum (Intel SDM, TDPBF16PS).
static inline void emulated_dpbf16ps(int to, int rows, int columns)
{
    emulated_tile *c = emulated_at(to);
    const emulated_tile *a = emulated_at(rows), *b = emulated_at(columns);
    emulated_check(c, a, b);
    for (int m = 0; m < c->rows; m++)
        for (int n = 0; n < c->row_bytes / 4; n++) {
            float part[2] = {0, 0}, sum;
            for (int k = 0; k < a->row_bytes / 2; k++)
                part[k % 2] = emulated_flush(fmaf(emulated_bf16(&a->data[m][2 * k]),
                                                  emulated_bf16(&b->data[k / 2][4 * n + k % 2 * 2]),
                                                  part[k % 2]));
            memcpy(&sum, &c->data[m][4 * n], 4);
            sum = emulated_flush(emulated_flush(sum) + emulated_flush(part[0] + part[1]));
            memcpy(&c->data[m][4 * n], &sum, 4);
        }
}

#undef _tile_loadconfig
#undef _tile_release
#undef _tile_loadd
#undef _tile_stored
#undef _tile_zero
#undef _tile_dpbusd
#undef _tile_dpbf16ps
#define _tile_loadconfig emulated_loadconfig
#define _tile_release emulated_release
#define _tile_loadd emulated_load
#define _tile_stored emulated_store
#define _tile_zero emulated_zero
#define _tile_dpbusd emulated_dpbusd
#define _tile_dpbf16ps emulated_dpbf16ps

#endif
