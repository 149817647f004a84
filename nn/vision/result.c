// SPDX-License-Identifier: MIT
// Results: growing, copying, scaling, and the IoU of boxes.
#include "nn/vision/result.h"

#include "nn/base/memory.h"

#include <math.h>
#include <string.h>

void nn_result_init(nn_result *r)
{
    *r = (nn_result){.source_pts = UINT64_MAX};
}

nn_result *nn_result_new(void)
{
    nn_result *r = nn_alloc(sizeof *r);
    if (r)
        nn_result_init(r);
    return r;
}

void nn_result_free(nn_result *r)
{
    if (!r)
        return;
    nn_result_release(r);
    nn_free(r);
}

void nn_result_release(nn_result *r)
{
    nn_free(r->boxes);
    nn_label_map_release(&r->map);
    nn_details_release(&r->details);
    nn_result_init(r);
}

void nn_label_map_release(nn_label_map *m)
{
    nn_free(m->label);
    *m = (nn_label_map){0};
}

nn_status nn_label_map_resize(nn_label_map *m, int width, int height)
{
    const size_t bytes = (size_t)width * (size_t)height;
    if (bytes > m->capacity) {
        uint8_t *larger = nn_alloc(bytes);
        if (!larger)
            return NN_ENOMEM;
        nn_free(m->label);
        m->label = larger;
        m->capacity = bytes;
    }
    m->width = width;
    m->height = height;
    return NN_OK;
}

void nn_label_map_shares(const nn_label_map *m, float *share, int classes)
{
    int64_t count[256] = {0};
    const int64_t n = (int64_t)m->width * m->height;
    for (int64_t i = 0; i < n; i++)
        count[m->label[i]]++;
    for (int c = 0; c < classes; c++)
        share[c] = n > 0 && c < 256 ? (float)((double)count[c] / (double)n) : 0;
}

nn_status nn_result_reserve(nn_result *r, int capacity)
{
    if (capacity <= r->capacity)
        return NN_OK;
    nn_box *boxes = nn_realloc(r->boxes, (size_t)r->capacity * sizeof(*boxes),
                               (size_t)capacity * sizeof(*boxes));
    if (!boxes)
        return NN_ENOMEM;
    r->boxes = boxes;
    r->capacity = capacity;
    return NN_OK;
}

nn_status nn_result_copy(nn_result *dst, const nn_result *src)
{
    if (dst == src)
        return NN_OK;
    nn_status status = nn_result_reserve(dst, src->count);
    if (status != NN_OK)
        return status;
    status = nn_label_map_resize(&dst->map, src->map.width, src->map.height);
    if (status != NN_OK)
        return status;
    status = nn_details_copy(&dst->details, &src->details);
    if (status != NN_OK)
        return status;
    nn_box *boxes = dst->boxes;
    const nn_label_map map = dst->map;
    const nn_details details = dst->details;
    int capacity = dst->capacity;
    if (map.width > 0)
        memcpy(map.label, src->map.label, (size_t)map.width * (size_t)map.height);
    if (src->count > 0)
        memcpy(boxes, src->boxes, (size_t)src->count * sizeof(*boxes));
    *dst = *src;
    dst->map = map;
    dst->boxes = boxes;
    dst->details = details;
    dst->capacity = capacity;
    return NN_OK;
}

const nn_detail *nn_result_detail(const nn_result *r, const nn_box *box)
{
    return nn_details_at(&r->details, box->detail);
}

void nn_result_scale(nn_result *r, float sx, float sy)
{
    const nn_transform scale = {.xx = (double)sx, .yy = (double)sy};
    nn_details_transform(&r->details, &scale);
    for (int i = 0; i < r->count; i++) {
        nn_box *b = &r->boxes[i];
        b->x0 *= sx;
        b->x1 *= sx;
        b->y0 *= sy;
        b->y1 *= sy;
    }
    r->frame_width = (int)lrintf((float)r->frame_width * sx);
    r->frame_height = (int)lrintf((float)r->frame_height * sy);
}

static float overlap(float a0, float a1, float b0, float b1)
{
    // Plain comparisons: fminf and fmaxf are function calls because of NaN.
    return (a1 < b1 ? a1 : b1) - (a0 > b0 ? a0 : b0);
}

float nn_box_iou(const nn_box *a, const nn_box *b)
{
    float w = overlap(a->x0, a->x1, b->x0, b->x1);
    float h = overlap(a->y0, a->y1, b->y0, b->y1);
    if (!(w > 0 && h > 0))
        return 0;
    float both = w * h;
    float all = (a->x1 - a->x0) * (a->y1 - a->y0) + (b->x1 - b->x0) * (b->y1 - b->y0) - both;
    return all > 0 ? both / all : 0;
}
