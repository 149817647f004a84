// SPDX-License-Identifier: MIT
// YOLOX's head (Ge 2021) with raw maps, as trainings that keep it leave it: score = sigmoid(obj)
// sigmoid(cls), centre = ((x + t0) S, (y + t1) S), size = (exp t2, exp t3) S.
#include "nn/vision/decode/object_maps.h"

#include <math.h>

static void find_box(const float *t, int64_t plane, int x, int y, int stride, const nn_letterbox *l,
                     float box[4])
{
    const float s = (float)stride;
    (void)l;
    box[0] = ((float)x + t[0]) * s;
    box[1] = ((float)y + t[plane]) * s;
    box[2] = expf(t[2 * plane]) * s;
    box[3] = expf(t[3 * plane]) * s;
}

static const nn_object_form form = {.power = 1, .box = find_box};

const nn_decoder nn_decode_yolox_maps = {
    .name = "yolox_maps",
    .layout =
        "triples clsS, boxS, objS of classes, 4, 1 x H/S x W/S, raw: YOLOX as trained by neroscale",
    .check = nn_object_check,
    .decode = nn_object_decode,
    .classes = nn_object_classes,
    .form = &form,
    .by_shape = false, // other heads have the same shapes
    .input = {.std = {1 / 255.0f, 1 / 255.0f, 1 / 255.0f},
              .threshold = 0.3f,
              .iou_threshold = 0.45f},
};
