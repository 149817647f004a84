// SPDX-License-Identifier: MIT
// Outlines of COCO's annotations: polygons or run lengths, painted into masks.
#ifndef NN_DATA_COCO_SHAPE_H
#define NN_DATA_COCO_SHAPE_H

#include "nn/io/json.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct nn_coco_shape {
    float *xy;    // owned: corners of all polygons
    int *corners; // owned: number of corners of each polygon, at least three
    int polygon_count;
    // owned: lengths along the columns, beginning with pixels outside; NULL: polygons
    uint32_t *runs;
    int run_count, width, height; // size of the picture of the runs
} nn_coco_shape;

void nn_coco_shape_release(nn_coco_shape *s); // leaves it zeroed

// Reads "segmentation": [[x, y, x, y, ...], ...], or {"size": [height, width], "counts": [...] or
// "compressed text"}. *wrong gets NULL, or what is wrong with it. NN_ENOMEM.
nn_status nn_coco_shape_parse(nn_coco_shape *s, const cJSON *segmentation, const char **wrong,
                              nn_error *err);

// Sets pixels of a width x height mask to `label` when their centre is inside of the outline (of
// one of the polygons). NN_ESHAPE when the runs are for another size; NN_ENOMEM.
nn_status nn_coco_shape_paint(const nn_coco_shape *s, uint8_t *labels, int width, int height,
                              uint8_t label);

#endif
