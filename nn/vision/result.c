// SPDX-License-Identifier: MIT
// The result that travels with a frame: growing, copying, scaling; overlap of boxes.
#include "nn/vision/result.h"

#include "nn/base/memory.h"

#include <math.h>
#include <string.h>

void nn_result_init(nn_result *r)
{
    *r = (nn_result){.source_pts = UINT64_MAX};
}

void nn_result_release(nn_result *r)
{
    nn_free(r->boxes);
    nn_result_init(r);
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
    nn_box *boxes = dst->boxes;
    int capacity = dst->capacity;
    if (src->count > 0)
        memcpy(boxes, src->boxes, (size_t)src->count * sizeof(*boxes));
    *dst = *src;
    dst->boxes = boxes;
    dst->capacity = capacity;
    return NN_OK;
}

void nn_result_scale(nn_result *r, float sx, float sy)
{
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
    // Not fminf and fmaxf: for the sake of NaN they are calls.
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
