// SPDX-License-Identifier: MIT
// A small picture of the brightness of a frame: means of cells, of which few samples are read.
#ifndef NN_VISION_LUMA_CELLS_H
#define NN_VISION_LUMA_CELLS_H

#include "nn/vision/frame.h"

#include <stddef.h>

enum { NN_LUMA_COLUMNS_MAX = 512 };

// How a frame is divided: into columns x rows cells, of which the middle block of at most block_w x
// block_h samples is read. 1 <= columns <= NN_LUMA_COLUMNS_MAX, and cells are at least one pixel.
typedef struct nn_luma_grid {
    int columns, rows, block_w, block_h;
} nn_luma_grid;

// A row of a frame that must be converted (nn_frame.read_row); zero at first.
typedef struct nn_luma_row {
    uint8_t *converted; // owned
    size_t capacity;    // its bytes
} nn_luma_row;

void nn_luma_row_release(nn_luma_row *r);
// Writes the means of luma, or of the green component of RGB, to cells[columns * rows], rows from
// top to bottom. The frame must have passed nn_frame_check. It allocates only when converted rows
// become longer. NN_ENOMEM.
nn_status nn_luma_cells(const nn_frame *frame, const nn_luma_grid *grid, nn_luma_row *row,
                        uint8_t *cells, nn_error *err);

#endif
