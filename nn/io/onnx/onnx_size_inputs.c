// SPDX-License-Identifier: MIT
// The names of such inputs and what they mean. "pixel_mask" of DETR (Transformers) marks the pixels
// that are no padding: all are the picture here.
#include "nn/io/onnx/onnx_size_inputs.h"

#include <string.h>

typedef enum meaning { HEIGHT_WIDTH, WIDTH_HEIGHT, ONES } meaning;

static const struct {
    const char *name, *head;
    meaning holds;
} inputs[] = {
    {"im_shape", NULL, HEIGHT_WIDTH},                    // PaddleDetection: the size after resizing
    {"scale_factor", "paddle", ONES},                    // PaddleDetection: of height and width
    {"orig_target_sizes", "rtdetr_lists", WIDTH_HEIGHT}, // RT-DETR, D-FINE
    {"image_shape", NULL, HEIGHT_WIDTH},                 // YOLOv3 of ONNX's model zoo
};

bool nn_onnx_size_input(const char *name, const nn_shape *shape, int64_t h, int64_t w,
                        float values[2], const char **head)
{
    if (strcmp(name, "pixel_mask") == 0 && shape->rank == 3) {
        *head = NULL;
        values[0] = values[1] = 1;
        return true;
    }
    if (shape->rank != 2 || shape->dim[1] != 2)
        return false;
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        if (strcmp(inputs[i].name, name) != 0)
            continue;
        *head = inputs[i].head;
        values[0] = inputs[i].holds == ONES ? 1 : (float)(inputs[i].holds == WIDTH_HEIGHT ? w : h);
        values[1] = inputs[i].holds == ONES ? 1 : (float)(inputs[i].holds == WIDTH_HEIGHT ? h : w);
        return true;
    }
    return false;
}
