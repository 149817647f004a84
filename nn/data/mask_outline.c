// SPDX-License-Identifier: MIT
// Traces masks by their runs.
#include "nn/data/mask_outline.h"

#include "nn/base/memory.h"
#include "nn/data/coco_shape.h"

// Runs down the columns of the elements, the first of zeros.
static void take_runs(nn_coco_shape *s, const uint8_t *mask)
{
    s->run_count = 1;
    for (int x = 0; x < s->width; x++)
        for (int y = 0; y < s->height; y++) {
            const bool inside = mask[(size_t)y * (size_t)s->width + (size_t)x];
            s->run_count += inside == s->run_count % 2;
            s->runs[s->run_count - 1]++;
        }
}

nn_status nn_mask_outline(float **xy, int *corners, const nn_details *d, const nn_detail *one,
                          nn_error *err)
{
    nn_coco_shape s = {.width = one->mask_width, .height = one->mask_height};
    const size_t size = (size_t)s.width * (size_t)s.height;
    const char *wrong = NULL;
    *xy = NULL;
    *corners = 0;
    if (size == 0)
        return NN_OK;
    s.runs = nn_calloc(size + 1, sizeof *s.runs);
    if (!s.runs)
        return nn_fail(err, NN_ENOMEM, "no memory for the outline of a mask");
    take_runs(&s, nn_detail_mask(d, one));
    nn_status status = nn_coco_shape_trace(&s, &wrong, err);
    if (status == NN_OK && !wrong)
        status = nn_coco_shape_join(&s, xy, corners, err);
    const float w = (one->mask_x1 - one->mask_x0) / (float)one->mask_width;
    const float h = (one->mask_y1 - one->mask_y0) / (float)one->mask_height;
    for (int i = 0; i < *corners; i++) {
        (*xy)[2 * i] = one->mask_x0 + w * (*xy)[2 * i];
        (*xy)[2 * i + 1] = one->mask_y0 + h * (*xy)[2 * i + 1];
    }
    nn_coco_shape_release(&s);
    return status;
}
