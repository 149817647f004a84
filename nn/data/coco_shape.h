// SPDX-License-Identifier: MIT
// Outlines of COCO's annotations, polygons or run lengths, and painting them into masks.
#ifndef NN_DATA_COCO_SHAPE_H
#define NN_DATA_COCO_SHAPE_H

#include "nn/io/json.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct nn_coco_shape {
    float *xy;    // owned: x and y of the corners of all polygons
    int *corners; // owned: corners of each polygon, at least three
    int polygon_count;
    // owned: run lengths down the columns, the first of pixels outside; NULL: polygons
    uint32_t *runs;
    int run_count, width, height; // width, height: of the picture that the runs cover, pixels
} nn_coco_shape;

void nn_coco_shape_release(nn_coco_shape *s); // leaves it zeroed

// Parses "segmentation": [[x, y, x, y, ...], ...], or {"size": [height, width], "counts": [...] or
// "compressed text"}. *wrong gets NULL, or what is wrong. Fails only with NN_ENOMEM.
nn_status nn_coco_shape_parse(nn_coco_shape *s, const cJSON *segmentation, const char **wrong,
                              nn_error *err);

// Replaces runs by the polygons around their pixels, which painted give these pixels again;
// polygons stay. *wrong gets NULL, or why that is not possible. Leaves *s empty for runs without a
// pixel. NN_ENOMEM.
nn_status nn_coco_shape_trace(nn_coco_shape *s, const char **wrong, nn_error *err);

// Joins the polygons to one in a new array (nn_free), which the even-odd rule fills: a line leads
// from the first corner of each to that of the next, and at the end back along the same corners, so
// that it encloses nothing. *corners is 0, and *xy NULL, when there are none. NN_ENOMEM.
nn_status nn_coco_shape_join(const nn_coco_shape *s, float **xy, int *corners, nn_error *err);

// Sets pixels of a width x height mask to `label` when their centre is inside of the runs or of a
// polygon. NN_ESHAPE when the runs have another size; NN_ENOMEM.
nn_status nn_coco_shape_paint(const nn_coco_shape *s, uint8_t *labels, int width, int height,
                              uint8_t label);

#endif
