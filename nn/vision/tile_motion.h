// SPDX-License-Identifier: MIT
// Where a picture has changed: compares coarse luma with that of an earlier frame.
#ifndef NN_VISION_TILE_MOTION_H
#define NN_VISION_TILE_MOTION_H

#include "nn/vision/frame.h"
#include "nn/vision/tiles.h"

#include <stddef.h>
#include <stdint.h>

// Mean brightness of square cells of a frame, in sixteenths of a level; cells at the right and
// lower border may be smaller.
typedef struct nn_tile_luma {
    uint16_t *mean; // owned, row by row
    uint32_t *sums; // owned
    uint8_t *row;   // owned, for frames that are read by rows
    int columns, rows, cell, width, height;
} nn_tile_luma;

void nn_tile_luma_release(nn_tile_luma *c); // leaves it zeroed
// Reads a frame (checked): luma, or the mean of R, G and B. Cells have 8 pixels a side, of which
// every other row is read; 4 in frames of less than 480 pixels a side. It allocates when the size
// changes only. NN_ENOMEM.
nn_status nn_tile_luma_read(nn_tile_luma *c, const nn_frame *f, nn_error *err);

// The cells that lie in an area or touch it: their number, and a copy of their means.
int nn_tile_luma_count(const nn_tile_luma *c, const nn_rect *area);
void nn_tile_luma_copy(const nn_tile_luma *c, const nn_rect *area, uint16_t *out);

// Whether a cell of the area differs from the copy by more than noise does: 6 levels, or 6 times
// the median of all differences in the area where that is more, but never more than 12 levels. A
// light that changes everything is a change, too.
bool nn_tile_luma_differ(const nn_tile_luma *c, const nn_rect *area, const uint16_t *before);

#endif
