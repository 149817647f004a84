// SPDX-License-Identifier: MIT
// Outlines of COCO's annotations: polygons, or runs of pixels, painted into masks.
#ifndef NN_DATA_COCO_SHAPE_H
#define NN_DATA_COCO_SHAPE_H

#include "nn/io/json.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct nn_coco_shape {
    float *xy;    // owned: corners of all polygons
    int *corners; // owned: of each polygon; at least three
    int polygon_count;
    uint32_t *runs; // owned: lengths down the columns, the first one outside; NULL: polygons
    int run_count, width, height; // the size is that of the picture that the runs are for
} nn_coco_shape;

void nn_coco_shape_release(nn_coco_shape *s); // leaves it zeroed

// Reads "segmentation": [[x, y, x, y, ...], ...], or {"size": [height, width], "counts": [...] or
// "packed text"}. *wrong: NULL, or what is wrong with it. NN_ENOMEM.
nn_status nn_coco_shape_parse(nn_coco_shape *s, const cJSON *segmentation, const char **wrong,
                              nn_error *err);

// Sets the pixels of a width x height mask whose centres lie inside to `label` (in one of the
// polygons). NN_ESHAPE when the runs are not for this size; NN_ENOMEM.
nn_status nn_coco_shape_paint(const nn_coco_shape *s, uint8_t *labels, int width, int height,
                              uint8_t label);

#endif
