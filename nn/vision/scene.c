// SPDX-License-Identifier: MIT
// Reduces frames to a few thousand cells, and compares these with their neighbours and with those
// of the last frame.
#include "nn/vision/scene.h"

#include "nn/base/memory.h"
#include "nn/vision/luma_cells.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 128, ROWS = 72, BLOCK_W = 8, BLOCK_H = 2, LEAST_SIDE = 4 };
enum { CHANGED = 10 };   // levels: well above the noise of a cell's mean
#define HALF_DETAIL 8.0f // mean difference of neighbours, in levels, that counts as 0.5

struct nn_scene {
    uint8_t now[ROWS * COLUMNS], last[ROWS * COLUMNS];
    int columns, rows;    // of `last`; 0: there is none
    int frame_w, frame_h; // of the last frame
    nn_luma_row row;
};

nn_scene *nn_scene_new(void)
{
    return nn_calloc(1, sizeof(nn_scene));
}

void nn_scene_free(nn_scene *s)
{
    if (!s)
        return;
    nn_luma_row_release(&s->row);
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
    const nn_luma_grid grid = {columns, rows, BLOCK_W, BLOCK_H};
    status = nn_luma_cells(frame, &grid, &s->row, s->now, err);
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
