// SPDX-License-Identifier: MIT
// Difference hashes of pictures.
#include "nn/data/picture_hash.h"

#include "nn/base/arith.h"

enum { GRID = 9, BITS = GRID - 1, FLAT_RANGE = 6 };

// Mean grey of a grid cell, times 16; cells of tiny pictures overlap.
static int cell_grey(const nn_image *m, int row, int column)
{
    const int y0 = (int)((int64_t)row * m->height / GRID);
    const int x0 = (int)((int64_t)column * m->width / GRID);
    const int y1 = (int)nn_max((int64_t)(row + 1) * m->height / GRID, y0 + 1);
    const int x1 = (int)nn_max((int64_t)(column + 1) * m->width / GRID, x0 + 1);
    int64_t sum = 0;
    for (int y = y0; y < y1; y++) {
        const uint8_t *p = m->rgb + 3 * ((size_t)y * (size_t)m->width + (size_t)x0);
        for (int x = x0; x < x1; x++, p += 3)
            sum += 5 * p[0] + 9 * p[1] + 2 * p[2];
    }
    return (int)(sum / ((int64_t)(y1 - y0) * (x1 - x0)));
}

nn_picture_hash nn_picture_hash_of(const nn_image *image)
{
    int grey[GRID][GRID], low = 16 * 255, high = 0;
    nn_picture_hash h = {0};
    for (int y = 0; y < GRID; y++)
        for (int x = 0; x < GRID; x++) {
            grey[y][x] = cell_grey(image, y, x);
            low = grey[y][x] < low ? grey[y][x] : low;
            high = grey[y][x] > high ? grey[y][x] : high;
        }
    for (int y = 0; y < BITS; y++)
        for (int x = 0; x < BITS; x++) {
            h.across = h.across << 1 | (grey[y][x + 1] > grey[y][x]);
            h.down = h.down << 1 | (grey[y + 1][x] > grey[y][x]);
        }
    h.flat = high - low < 16 * FLAT_RANGE;
    return h;
}

int nn_picture_distance(const nn_picture_hash *a, const nn_picture_hash *b)
{
    return __builtin_popcountll(a->across ^ b->across) + __builtin_popcountll(a->down ^ b->down);
}
