// SPDX-License-Identifier: MIT
// Sums luma into cells, and compares cells.
#include "nn/vision/tile_motion.h"

#include "nn/base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { UNIT = 16, LEAST = 6 * UNIT, MOST = 12 * UNIT, BINS = 256, BIN = 2 };

void nn_tile_luma_release(nn_tile_luma *c)
{
    nn_free(c->mean);
    nn_free(c->sums);
    nn_free(c->row);
    *c = (nn_tile_luma){0};
}

static nn_status resize(nn_tile_luma *c, const nn_frame *f, nn_error *err)
{
    if (c->mean && c->width == f->width && c->height == f->height)
        return NN_OK;
    nn_tile_luma_release(c);
    c->cell = f->width < 480 || f->height < 480 ? 4 : 8;
    c->columns = (f->width + c->cell - 1) / c->cell;
    c->rows = (f->height + c->cell - 1) / c->cell;
    c->width = f->width;
    c->height = f->height;
    c->mean = nn_calloc((size_t)c->columns * (size_t)c->rows, sizeof *c->mean);
    // whole cells, and at most 8 bytes a pixel
    c->sums = nn_calloc((size_t)c->columns * (size_t)c->cell, sizeof *c->sums);
    c->row = nn_alloc((size_t)f->width * 8 + NN_FRAME_ROW_SLACK);
    if (c->mean && c->sums && c->row)
        return NN_OK;
    nn_tile_luma_release(c);
    return nn_fail(err, NN_ENOMEM, "no memory to compare frames of %dx%d", f->width, f->height);
}

static void add_row(uint32_t *restrict sums, const uint8_t *restrict in, int count, int step)
{
    if (step == 1)
        for (int i = 0; i < count; i++)
            sums[i] += in[i];
    else
        for (int i = 0; i < count; i++)
            sums[i] += in[(ptrdiff_t)i * step];
}

// Adds a row of the frame; returns the number of samples that a pixel has.
static int add_pixels(nn_tile_luma *c, const nn_frame *f, int y)
{
    const nn_pixel_layout *layout = nn_frame_layout(f);
    const int components = layout->yuv ? 1 : layout->components;
    int read = -1;
    for (int i = 0; i < components; i++) {
        const nn_pixel_component *p = &layout->component[i];
        const uint8_t *row = c->row;
        if (!f->read_row) {
            row = f->plane[p->plane] + (ptrdiff_t)f->stride[p->plane] * y;
        } else if (read != p->plane) {
            f->read_row(f, p->plane, y, c->row);
            read = p->plane;
        }
        add_row(c->sums, row + p->offset, f->width, p->step);
    }
    return components;
}

// The means of a row of cells from the sums of their columns.
static void average(nn_tile_luma *c, int row, int samples)
{
    for (int x = 0; x < c->columns; x++) {
        const int begin = x * c->cell;
        const int end = begin + c->cell < c->width ? begin + c->cell : c->width;
        uint32_t sum = 0;
        for (int i = begin; i < end; i++)
            sum += c->sums[i];
        c->mean[(size_t)row * (size_t)c->columns + (size_t)x] =
            (uint16_t)(sum * UNIT / (uint32_t)(samples * (end - begin)));
    }
}

nn_status nn_tile_luma_read(nn_tile_luma *c, const nn_frame *f, nn_error *err)
{
    nn_status status = resize(c, f, err);
    if (status != NN_OK)
        return status;
    const int step = c->cell / 4;
    for (int row = 0; row < c->rows; row++) {
        int samples = 0;
        memset(c->sums, 0, (size_t)c->columns * (size_t)c->cell * sizeof *c->sums);
        for (int y = row * c->cell; y < (row + 1) * c->cell && y < f->height; y += step)
            samples += add_pixels(c, f, y);
        average(c, row, samples);
    }
    return NN_OK;
}

static nn_rect in_cells(const nn_tile_luma *c, const nn_rect *a)
{
    const int x = a->x / c->cell, y = a->y / c->cell;
    return (nn_rect){x, y, (a->x + a->width + c->cell - 1) / c->cell - x,
                     (a->y + a->height + c->cell - 1) / c->cell - y};
}

int nn_tile_luma_count(const nn_tile_luma *c, const nn_rect *area)
{
    const nn_rect a = in_cells(c, area);
    return a.width * a.height;
}

static const uint16_t *cells_at(const nn_tile_luma *c, const nn_rect *a, int row)
{
    return c->mean + (size_t)(a->y + row) * (size_t)c->columns + (size_t)a->x;
}

void nn_tile_luma_copy(const nn_tile_luma *c, const nn_rect *area, uint16_t *out)
{
    const nn_rect a = in_cells(c, area);
    for (int y = 0; y < a.height; y++, out += a.width)
        memcpy(out, cells_at(c, &a, y), (size_t)a.width * sizeof *out);
}

// The limit between noise and change, from the counts of differences.
static int find_limit(const int *bins, int cells)
{
    int median = 0;
    for (int sum = bins[0]; median < BINS - 1 && 2 * sum < cells; sum += bins[median])
        median++;
    const int limit = 6 * BIN * median;
    return limit < LEAST ? LEAST : limit > MOST ? MOST : limit;
}

bool nn_tile_luma_differ(const nn_tile_luma *c, const nn_rect *area, const uint16_t *before)
{
    const nn_rect a = in_cells(c, area);
    int bins[BINS] = {0}, most = 0;
    for (int y = 0; y < a.height; y++, before += a.width) {
        const uint16_t *now = cells_at(c, &a, y);
        for (int x = 0; x < a.width; x++) {
            const int d = abs((int)now[x] - (int)before[x]);
            most = d > most ? d : most;
            bins[d / BIN < BINS ? d / BIN : BINS - 1]++;
        }
    }
    return most > find_limit(bins, a.width * a.height);
}
