// SPDX-License-Identifier: MIT
// Cuts frames into tiles, and chooses how.
#include "nn/vision/tiles.h"

#include <math.h>
#include <string.h>

enum { GRID = 4, LEAST_SIDE = 32 };

#define WORTHWHILE 1.4 // magnification from which tiles are worth their time
#define ENLARGED 2.0   // pixels of the input for one of the frame: at most
#define NATIVE 1.2     // so many are nearly those of the frame

static const char *take_count(const char *p, int *n)
{
    *n = 0;
    for (; *p >= '0' && *p <= '9' && *n <= NN_TILES_SIDE; p++)
        *n = 10 * *n + (*p - '0');
    return p;
}

nn_status nn_tiles_parse(nn_tiling *out, const char *text, nn_error *err)
{
    *out = (nn_tiling){.columns = 1, .rows = 1};
    if (strcmp(text, "off") == 0 || !*text)
        return NN_OK;
    if (strcmp(text, "auto") == 0) {
        out->choose = true;
        return NN_OK;
    }
    int columns, rows;
    const char *p = take_count(text, &columns);
    const char *end = *p == 'x' ? take_count(p + 1, &rows) : p;
    if (p == text || *p != 'x' || end == p + 1 || *end)
        return nn_fail(err, NN_EINVAL,
                       "\"%.40s\": tiles are off, auto, or columns x rows such as 3x2", text);
    if (columns < 1 || rows < 1 || columns > NN_TILES_SIDE || rows > NN_TILES_SIDE ||
        columns * rows > NN_TILES)
        return nn_fail(err, NN_EINVAL, "\"%.40s\": from 1x1 to %d tiles, at most %d along a side",
                       text, NN_TILES, NN_TILES_SIDE);
    *out = (nn_tiling){.columns = columns, .rows = rows};
    return NN_OK;
}

nn_object_sizes nn_object_sizes_known(const nn_object_sizes *sizes)
{
    nn_object_sizes s = *sizes;
    const float side = sqrtf((float)s.input_w * (float)s.input_h);
    if (!(s.least > 0 && s.most > s.least)) {
        s.least = 0.04f * side;
        s.most = 0.5f * side;
    }
    return s;
}

// The number of tiles that cover a side, when each shows `tile` pixels of it.
static int count_tiles(int side, double tile, double overlap)
{
    return side <= tile ? 1 : (int)ceil((side - tile) / (tile * (1 - overlap)) - 0.05) + 1;
}

static double scale_along(int input, int side, int n, float overlap)
{
    return input * (n - (n - 1) * (double)overlap) / side;
}

// The scale at which a network sees tiles of a frame of side.width x side.height.
static double scale_of(const nn_tiling *t, const nn_rect *side, const nn_object_sizes *s,
                       float overlap)
{
    return fmin(scale_along(s->input_w, side->width, t->columns, overlap),
                scale_along(s->input_h, side->height, t->rows, overlap));
}

static nn_tiling fewer(const nn_tiling *t, int columns, int rows)
{
    return (nn_tiling){.columns = t->columns > columns ? t->columns - columns : 1,
                       .rows = t->rows > rows ? t->rows - rows : 1};
}

static void limit(nn_tiling *t, const nn_rect *side, const nn_object_sizes *sizes, float overlap,
                  double most)
{
    if (scale_of(t, side, sizes, overlap) <= most)
        return;
    while (t->columns * t->rows > 1 && scale_of(t, side, sizes, overlap) > most) {
        const nn_tiling wider = fewer(t, 1, 0), higher = fewer(t, 0, 1);
        const bool widen =
            t->rows == 1 || (t->columns > 1 && scale_of(&wider, side, sizes, overlap) >=
                                                   scale_of(&higher, side, sizes, overlap));
        *t = widen ? wider : higher;
    }
    // Along the other side as few as that scale needs.
    const double scale = 0.95 * scale_of(t, side, sizes, overlap);
    for (nn_tiling less = fewer(t, 1, 0);
         t->columns > 1 && scale_of(&less, side, sizes, overlap) >= scale; less = fewer(t, 1, 0))
        *t = less;
    for (nn_tiling less = fewer(t, 0, 1);
         t->rows > 1 && scale_of(&less, side, sizes, overlap) >= scale; less = fewer(t, 0, 1))
        *t = less;
}

void nn_tiles_choose(nn_tiling *out, int width, int height, const nn_object_sizes *sizes,
                     float overlap)
{
    const nn_object_sizes s = nn_object_sizes_known(sizes);
    const double whole = fmin((double)s.input_w / width, (double)s.input_h / height);
    double scale = fmin(1, whole * (double)s.most / (double)s.least);
    *out = (nn_tiling){.columns = 1, .rows = 1};
    for (; scale >= WORTHWHILE * whole; scale *= 0.97) {
        const int columns = count_tiles(width, s.input_w / scale, (double)overlap);
        const int rows = count_tiles(height, s.input_h / scale, (double)overlap);
        if (columns <= NN_TILES_SIDE && rows <= NN_TILES_SIDE && columns * rows <= NN_TILES_AUTO) {
            *out = (nn_tiling){.columns = columns, .rows = rows};
            limit(out, &(nn_rect){.width = width, .height = height}, sizes, overlap, NATIVE);
            return;
        }
    }
}

void nn_tiles_limit(nn_tiling *t, int width, int height, const nn_object_sizes *sizes,
                    float overlap)
{
    const nn_rect frame = {.width = width, .height = height};
    const nn_tiling whole = {.columns = 1, .rows = 1};
    if (scale_of(&whole, &frame, sizes, overlap) > NATIVE)
        *t = whole;
    else
        limit(t, &frame, sizes, overlap, ENLARGED);
}

nn_tiling nn_tiles_between(const nn_tiling *t, int width, int height, const nn_object_sizes *sizes,
                           float overlap)
{
    const nn_rect frame = {.width = width, .height = height};
    nn_tiling larger = *t;
    if (scale_of(t, &frame, sizes, overlap) <= NATIVE)
        return (nn_tiling){.columns = 1, .rows = 1};
    limit(&larger, &frame, sizes, overlap, NATIVE);
    return larger;
}

// Begin and length of tile i of n along a side. All but the last have the same length.
static void cut_side(int side, int n, float overlap, int i, int *begin, int *length)
{
    const int size = (int)ceil(side / (n - (n - 1) * (double)overlap) / GRID) * GRID;
    *length = size < side ? size : side;
    *begin = n > 1 ? (int)((double)i * (side - *length) / (n - 1)) / GRID * GRID : 0;
    if (i == n - 1)
        *length = side - *begin;
}

int nn_tiles_cut(nn_rect *out, const nn_rect *whole, const nn_tiling *tiling, float overlap)
{
    const int most_x = whole->width / LEAST_SIDE, most_y = whole->height / LEAST_SIDE;
    int columns = tiling->columns < most_x ? tiling->columns : most_x;
    int rows = tiling->rows < most_y ? tiling->rows : most_y;
    columns = columns < 1 ? 1 : columns;
    rows = rows < 1 ? 1 : rows;
    for (int i = 0; i < columns * rows; i++) {
        nn_rect *a = &out[i];
        cut_side(whole->width, columns, overlap, i % columns, &a->x, &a->width);
        cut_side(whole->height, rows, overlap, i / columns, &a->y, &a->height);
        a->x += whole->x;
        a->y += whole->y;
    }
    return columns * rows;
}
