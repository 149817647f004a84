// SPDX-License-Identifier: MIT
// Finds the outline of run lengths: the edges between pixels inside and outside, so that painting
// it gives the same pixels again.
#include "nn/base/memory.h"
#include "nn/data/coco_shape.h"

#include <string.h>

enum { MAX_PIXELS = 1 << 28 }; // of the rectangle around an object

// The pixels of the rectangle around an object, with a border of one pixel outside.
typedef struct plane {
    uint8_t *inside;         // height x width; 1: inside
    uint8_t *passed;         // as many; 1: the upper edge of the pixel belongs to a ring already
    int x, y, width, height; // of the rectangle with its border, in the picture
} plane;

typedef struct rings {
    float *xy;
    size_t count, capacity; // corners
    size_t first;           // corner of the ring that is being followed
} rings;

static bool add_corner(rings *r, int x, int y)
{
    if (r->count == r->capacity) {
        const size_t larger = r->capacity ? 2 * r->capacity : 64;
        float *grown =
            nn_realloc(r->xy, 2 * r->capacity * sizeof *grown, 2 * larger * sizeof *grown);
        if (!grown)
            return false;
        r->xy = grown;
        r->capacity = larger;
    }
    r->xy[2 * r->count] = (float)x;
    r->xy[2 * r->count++ + 1] = (float)y;
    return true;
}

// The rectangle around the runs' pixels; false when there are none.
static bool find_bounds(const nn_coco_shape *s, plane *p)
{
    const uint64_t h = (uint64_t)s->height;
    uint64_t at = 0, x0 = UINT64_MAX, x1 = 0, y0 = UINT64_MAX, y1 = 0;
    for (int i = 0; i < s->run_count; at += s->runs[i++]) {
        if (i % 2 == 0 || s->runs[i] == 0)
            continue;
        const uint64_t last = at + s->runs[i] - 1;
        const bool one = at / h == last / h; // column
        x0 = x0 < at / h ? x0 : at / h;
        x1 = last / h;
        y0 = !one ? 0 : y0 < at % h ? y0 : at % h;
        y1 = !one ? h - 1 : y1 > last % h ? y1 : last % h;
    }
    if (x0 == UINT64_MAX)
        return false;
    *p = (plane){.x = (int)x0 - 1,
                 .y = (int)y0 - 1,
                 .width = (int)(x1 - x0) + 3,
                 .height = (int)(y1 - y0) + 3};
    return true;
}

static void fill(const nn_coco_shape *s, const plane *p)
{
    const uint64_t h = (uint64_t)s->height;
    uint64_t at = 0;
    for (int i = 0; i < s->run_count; i++) {
        const uint64_t end = at + s->runs[i];
        for (; i % 2 && at < end; at++)
            p->inside[((size_t)(at % h) - (size_t)p->y) * (size_t)p->width + (size_t)(at / h) -
                      (size_t)p->x] = 1;
        at = end;
    }
}

static bool is_inside(const plane *p, int x, int y)
{
    return p->inside[(size_t)y * (size_t)p->width + (size_t)x];
}

// Follows the ring that begins with the upper edge of the pixel (x, y), with the inside on its
// right. Where four edges meet it turns right, so that pixels that touch at a corner are apart.
static bool follow(const plane *p, rings *r, int x, int y)
{
    static const int step[4][2] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
    // The pixel on the right of an edge from the corner (x, y), by direction; the one on the left
    // of it is that of the direction before.
    static const int right[4][2] = {{0, 0}, {-1, 0}, {-1, -1}, {0, -1}};
    const int x0 = x, y0 = y;
    int way = 0;
    r->first = r->count;
    if (!add_corner(r, x + p->x, y + p->y))
        return false;
    do {
        if (way == 0)
            p->passed[(size_t)y * (size_t)p->width + (size_t)x] = 1;
        x += step[way][0];
        y += step[way][1];
        int next = (way + 1) % 4;
        for (int k = 0; k < 4; k++, next = (next + 3) % 4) {
            const int *in = right[next], *out = right[(next + 3) % 4];
            if (is_inside(p, x + in[0], y + in[1]) && !is_inside(p, x + out[0], y + out[1]))
                break;
        }
        if (next != way && !(x == x0 && y == y0 && next == 0) && !add_corner(r, x + p->x, y + p->y))
            return false;
        way = next;
    } while (x != x0 || y != y0 || way != 0);
    return true;
}

static nn_status no_memory(nn_error *err)
{
    return nn_fail(err, NN_ENOMEM, "no memory for the outline of a mask");
}

// Finds all rings; s->corners gets the corners of each.
static nn_status find_rings(nn_coco_shape *s, const plane *p, rings *r, nn_error *err)
{
    size_t capacity = 0;
    for (int y = 1; y < p->height; y++)
        for (int x = 1; x < p->width; x++) {
            const size_t at = (size_t)y * (size_t)p->width + (size_t)x;
            if (!p->inside[at] || p->inside[at - (size_t)p->width] || p->passed[at])
                continue;
            if (!follow(p, r, x, y))
                return no_memory(err);
            if ((size_t)s->polygon_count == capacity) {
                const size_t larger = capacity ? 2 * capacity : 8;
                int *grown =
                    nn_realloc(s->corners, capacity * sizeof *grown, larger * sizeof *grown);
                if (!grown)
                    return no_memory(err);
                s->corners = grown;
                capacity = larger;
            }
            s->corners[s->polygon_count++] = (int)(r->count - r->first);
        }
    return NN_OK;
}

nn_status nn_coco_shape_trace(nn_coco_shape *s, const char **wrong, nn_error *err)
{
    plane p;
    rings r = {0};
    *wrong = NULL;
    if (!s->runs)
        return NN_OK;
    if (!find_bounds(s, &p)) {
        nn_coco_shape_release(s);
        return NN_OK;
    }
    const size_t pixels = (size_t)p.width * (size_t)p.height;
    if (pixels > MAX_PIXELS) {
        *wrong = "its segmentation covers too many pixels";
        return NN_OK;
    }
    p.inside = nn_calloc(2, pixels);
    nn_status status = p.inside ? NN_OK : no_memory(err);
    if (status == NN_OK) {
        p.passed = p.inside + pixels;
        fill(s, &p);
        status = find_rings(s, &p, &r, err);
    }
    nn_free(p.inside);
    nn_free(s->runs);
    s->runs = NULL;
    s->run_count = 0;
    s->xy = r.xy;
    if (status != NN_OK)
        nn_coco_shape_release(s);
    return status;
}
