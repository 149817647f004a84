// SPDX-License-Identifier: MIT
// Means of blocks of the plane that holds the brightness.
#include "nn/vision/luma_cells.h"

#include "nn/base/memory.h"

void nn_luma_row_release(nn_luma_row *r)
{
    nn_free(r->converted);
    *r = (nn_luma_row){0};
}

// The part of a side that is read of a cell: up to `most` samples in its middle.
static void place_block(int side, int cells, int cell, int most, int *from, int *count)
{
    const int begin = (int)((int64_t)cell * side / cells);
    const int end = (int)((int64_t)(cell + 1) * side / cells);
    *count = end - begin < most ? end - begin : most;
    *from = begin + (end - begin - *count) / 2;
}

// One row of the plane that holds the brightness; NULL when memory is short.
static const uint8_t *read_row(nn_luma_row *r, const nn_frame *f, int plane, int y)
{
    if (!f->read_row)
        return f->plane[plane] + (ptrdiff_t)y * f->stride[plane];
    const size_t bytes = (size_t)nn_frame_row_bytes(f, plane) + NN_FRAME_ROW_SLACK;
    if (bytes > r->capacity) {
        nn_free(r->converted);
        r->converted = nn_alloc(bytes);
        r->capacity = r->converted ? bytes : 0;
    }
    if (r->converted)
        f->read_row(f, plane, y, r->converted);
    return r->converted;
}

typedef struct blocks {
    int from[NN_LUMA_COLUMNS_MAX], count[NN_LUMA_COLUMNS_MAX];
} blocks;

static void add_row(const blocks *b, const nn_pixel_component *c, const uint8_t *row, unsigned *sum,
                    int columns)
{
    for (int x = 0; x < columns; x++) {
        const uint8_t *p = row + c->offset + (ptrdiff_t)b->from[x] * c->step;
        for (int i = 0; i < b->count[x]; i++)
            sum[x] += p[(ptrdiff_t)i * c->step];
    }
}

nn_status nn_luma_cells(const nn_frame *frame, const nn_luma_grid *grid, nn_luma_row *row,
                        uint8_t *cells, nn_error *err)
{
    const nn_pixel_layout *layout = nn_frame_layout(frame);
    const nn_pixel_component *c = &layout->component[layout->yuv || layout->components < 3 ? 0 : 1];
    const int columns = grid->columns;
    blocks b;
    for (int x = 0; x < columns; x++)
        place_block(frame->width, columns, x, grid->block_w, &b.from[x], &b.count[x]);
    for (int y = 0; y < grid->rows; y++) {
        unsigned sum[NN_LUMA_COLUMNS_MAX] = {0};
        int from, count;
        place_block(frame->height, grid->rows, y, grid->block_h, &from, &count);
        for (int i = 0; i < count; i++) {
            const uint8_t *samples = read_row(row, frame, c->plane, from + i);
            if (!samples)
                return nn_fail(err, NN_ENOMEM, "no memory for a row of a frame");
            add_row(&b, c, samples, sum, columns);
        }
        for (int x = 0; x < columns; x++)
            cells[y * columns + x] = (uint8_t)(sum[x] / (unsigned)(count * b.count[x]));
    }
    return NN_OK;
}
