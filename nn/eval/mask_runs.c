// SPDX-License-Identifier: MIT
// Paints a mask into a picture of one byte a pixel, and keeps its runs.
#include "nn/eval/mask_runs.h"

#include "nn/base/memory.h"
#include "nn/eval/coco_outline.h"
#include "nn/vision/outline.h"

#include <math.h>
#include <string.h>

nn_mask_runs *nn_mask_runs_new(int width, int height)
{
    nn_mask_runs *r = nn_calloc(1, sizeof *r);
    if (!r)
        return NULL;
    *r = (nn_mask_runs){.width = width, .height = height};
    r->row = nn_calloc((size_t)width, (size_t)height);
    if (r->row)
        return r;
    nn_free(r);
    return NULL;
}

void nn_mask_runs_free(nn_mask_runs *r)
{
    if (!r)
        return;
    nn_free(r->mask);
    nn_free(r->place);
    nn_free(r->row);
    nn_free(r);
}

// Rows or columns of the picture whose centres may lie in low .. high.
static void span(double low, double high, int limit, int *from, int *to)
{
    *from = (int)fmin(fmax(floor(low), 0), limit);
    *to = (int)fmin(fmax(ceil(high), 0), limit);
}

static void paint_elements(const nn_mask_runs *r, const nn_details *d, const nn_detail *one, int x0,
                           int x1, int y0, int y1)
{
    const uint8_t *mask = nn_detail_mask(d, one);
    const double w = (double)one->mask_x1 - (double)one->mask_x0;
    const double h = (double)one->mask_y1 - (double)one->mask_y0;
    for (int y = y0; y < y1; y++) {
        const double v = floor((y + 0.5 - (double)one->mask_y0) / h * one->mask_height);
        if (!(v >= 0 && v < one->mask_height))
            continue;
        const uint8_t *from = mask + (size_t)v * (size_t)one->mask_width;
        for (int x = x0; x < x1; x++) {
            const double u = floor((x + 0.5 - (double)one->mask_x0) / w * one->mask_width);
            if (u >= 0 && u < one->mask_width)
                r->row[(size_t)y * (size_t)r->width + (size_t)x] = from[(size_t)u] != 0;
        }
    }
}

static bool add_place(nn_mask_runs *r, uint64_t at)
{
    if (r->places == r->place_capacity) {
        const size_t larger = r->place_capacity ? 2 * r->place_capacity : 1024;
        uint64_t *grown =
            nn_realloc(r->place, r->place_capacity * sizeof *grown, larger * sizeof *grown);
        if (!grown)
            return false;
        r->place = grown;
        r->place_capacity = larger;
    }
    r->place[r->places++] = at;
    return true;
}

// Takes the painted rows as runs, and clears them.
static nn_status take_rows(nn_mask_runs *r, nn_mask_run_list *list, int y0, int y1)
{
    const uint64_t end = (uint64_t)y1 * (uint64_t)r->width;
    bool inside = false;
    for (uint64_t at = (uint64_t)y0 * (uint64_t)r->width; at < end; at++) {
        list->pixels += r->row[at];
        if ((r->row[at] != 0) != inside && !add_place(r, at))
            return NN_ENOMEM;
        inside = r->row[at] != 0;
    }
    if (inside && !add_place(r, end))
        return NN_ENOMEM;
    if (y1 > y0)
        memset(r->row + (size_t)y0 * (size_t)r->width, 0, (size_t)(y1 - y0) * (size_t)r->width);
    list->count = (int)((r->places - list->first) / 2);
    return NN_OK;
}

static nn_status add_mask(nn_mask_runs *r, nn_mask_run_list *list, const nn_details *d,
                          const nn_detail *one)
{
    double b[4] = {(double)one->mask_x0, (double)one->mask_y0, (double)one->mask_x1,
                   (double)one->mask_y1};
    int x0, x1, y0, y1;
    if (one->corner_count > 0)
        nn_outline_bounds(b, nn_detail_outline(d, one), one->corner_count);
    span(b[0], b[2], r->width, &x0, &x1);
    span(b[1], b[3], r->height, &y0, &y1);
    if (one->corner_count > 0) {
        y0 -= y0 > 0; // corners move by up to a tenth of a pixel
        y1 += y1 < r->height;
        nn_coco_outline_paint(r->row, r->width, r->height, y0, y1, nn_detail_outline(d, one),
                              one->corner_count);
    } else if (one->mask_width > 0) {
        paint_elements(r, d, one, x0, x1, y0, y1);
    } else {
        return NN_OK;
    }
    return take_rows(r, list, y0, y1);
}

nn_status nn_mask_runs_add(nn_mask_runs *r, const nn_details *d, const nn_detail *one)
{
    if (r->count == r->capacity) {
        const int larger = r->capacity ? 2 * r->capacity : 16;
        nn_mask_run_list *grown = nn_realloc(r->mask, (size_t)r->capacity * sizeof *grown,
                                             (size_t)larger * sizeof *grown);
        if (!grown)
            return NN_ENOMEM;
        r->mask = grown;
        r->capacity = larger;
    }
    nn_mask_run_list *list = &r->mask[r->count++];
    *list = (nn_mask_run_list){.first = r->places};
    return one ? add_mask(r, list, d, one) : NN_OK;
}

int64_t nn_mask_runs_shared(const nn_mask_runs *a, int i, const nn_mask_runs *b, int k)
{
    const nn_mask_run_list *x = &a->mask[i], *y = &b->mask[k];
    const uint64_t *p = a->place + x->first, *q = b->place + y->first;
    int64_t shared = 0;
    for (int n = 0, m = 0; n < x->count && m < y->count;) {
        const uint64_t from = p[2 * n] > q[2 * m] ? p[2 * n] : q[2 * m];
        const uint64_t to = p[2 * n + 1] < q[2 * m + 1] ? p[2 * n + 1] : q[2 * m + 1];
        shared += from < to ? (int64_t)(to - from) : 0;
        if (p[2 * n + 1] < q[2 * m + 1])
            n++;
        else
            m++;
    }
    return shared;
}
