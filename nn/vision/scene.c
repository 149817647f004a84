// SPDX-License-Identifier: MIT
// Reduces frames to a few thousand cells, and compares these with their neighbours and with those
// of the last frame.
#include "nn/vision/scene.h"

#include "nn/base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 128, ROWS = 72, BLOCK_W = 8, BLOCK_H = 2, LEAST_SIDE = 4 };
enum { CHANGED = 10 };   // levels: well above the noise of a cell's mean
#define HALF_DETAIL 8.0f // mean difference of neighbours, in levels, that counts as 0.5

struct nn_scene {
    uint8_t now[ROWS * COLUMNS], last[ROWS * COLUMNS];
    int columns, rows;         // of `last`; 0: there is none
    int frame_w, frame_h;      // of the last frame
    uint8_t *converted;        // a row of a frame that must be converted
    size_t converted_capacity; // its bytes
};

nn_scene *nn_scene_new(void)
{
    return nn_calloc(1, sizeof(nn_scene));
}

void nn_scene_free(nn_scene *s)
{
    if (!s)
        return;
    nn_free(s->converted);
    nn_free(s);
}

void nn_scene_forget(nn_scene *s)
{
    s->columns = s->rows = 0;
}

static int count_cells(int side, int most)
{
    const int cells = side / LEAST_SIDE;
    return cells < 1 ? 1 : cells > most ? most : cells;
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
static const uint8_t *read_row(nn_scene *s, const nn_frame *f, int plane, int y)
{
    if (!f->read_row)
        return f->plane[plane] + (ptrdiff_t)y * f->stride[plane];
    const size_t bytes = (size_t)nn_frame_row_bytes(f, plane) + NN_FRAME_ROW_SLACK;
    if (bytes > s->converted_capacity) {
        nn_free(s->converted);
        s->converted = nn_alloc(bytes);
        s->converted_capacity = s->converted ? bytes : 0;
    }
    if (s->converted)
        f->read_row(f, plane, y, s->converted);
    return s->converted;
}

typedef struct blocks {
    int from[COLUMNS], count[COLUMNS];
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

// Fills s->now with the means of the cells.
static nn_status reduce(nn_scene *s, const nn_frame *f, int columns, int rows, nn_error *err)
{
    const nn_pixel_layout *layout = nn_frame_layout(f);
    const nn_pixel_component *c = &layout->component[layout->yuv || layout->components < 3 ? 0 : 1];
    blocks b;
    for (int x = 0; x < columns; x++)
        place_block(f->width, columns, x, BLOCK_W, &b.from[x], &b.count[x]);
    for (int y = 0; y < rows; y++) {
        unsigned sum[COLUMNS] = {0};
        int from, count;
        place_block(f->height, rows, y, BLOCK_H, &from, &count);
        for (int i = 0; i < count; i++) {
            const uint8_t *row = read_row(s, f, c->plane, from + i);
            if (!row)
                return nn_fail(err, NN_ENOMEM, "no memory for a row of a frame");
            add_row(&b, c, row, sum, columns);
        }
        for (int x = 0; x < columns; x++)
            s->now[y * columns + x] = (uint8_t)(sum[x] / (unsigned)(count * b.count[x]));
    }
    return NN_OK;
}

static float find_detail(const uint8_t *cell, int columns, int rows)
{
    int64_t sum = 0, pairs = 0;
    for (int y = 0; y < rows; y++)
        for (int x = 0; x + 1 < columns; x++, pairs++)
            sum += abs(cell[y * columns + x + 1] - cell[y * columns + x]);
    for (int i = 0; i < (rows - 1) * columns; i++, pairs++)
        sum += abs(cell[i + columns] - cell[i]);
    const float mean = pairs ? (float)sum / (float)pairs : 0;
    return mean / (mean + HALF_DETAIL);
}

static float find_motion(const uint8_t *now, const uint8_t *last, int cells)
{
    int shift = 0, changed = 0;
    for (int i = 0; i < cells; i++)
        shift += now[i] - last[i];
    shift /= cells;
    for (int i = 0; i < cells; i++)
        changed += abs(now[i] - last[i] - shift) > CHANGED;
    if (abs(shift) > CHANGED) // the light was switched, or everything is another scene
        changed = cells;
    return (float)changed / (float)cells;
}

nn_status nn_scene_measure(nn_scene *s, const nn_frame *frame, nn_scene_figures *figures,
                           nn_error *err)
{
    nn_status status = nn_frame_check(frame, err);
    if (status != NN_OK)
        return status;
    const int columns = count_cells(frame->width, COLUMNS);
    const int rows = count_cells(frame->height, ROWS);
    status = reduce(s, frame, columns, rows, err);
    if (status != NN_OK)
        return status;
    const bool known = s->columns == columns && s->rows == rows && s->frame_w == frame->width &&
                       s->frame_h == frame->height;
    figures->detail = find_detail(s->now, columns, rows);
    figures->motion = known ? find_motion(s->now, s->last, columns * rows) : 1;
    memcpy(s->last, s->now, (size_t)(columns * rows));
    s->columns = columns;
    s->rows = rows;
    s->frame_w = frame->width;
    s->frame_h = frame->height;
    return NN_OK;
}
