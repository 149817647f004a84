// SPDX-License-Identifier: MIT
// FastestDet's head with raw maps, as trainings that keep it leave it: score = sigmoid(obj)^0.6
// softmax(cls)^0.4, centre = (x + tanh t0, y + tanh t1) S, size = sigmoid t2, t3 of the input.
#include "nn/vision/decode/object_maps.h"

#include <math.h>

static float sigmoid(float v)
{
    return 1 / (1 + expf(-v));
}

static void find_box(const float *t, int64_t plane, int x, int y, int stride, const nn_letterbox *l,
                     float box[4])
{
    const float s = (float)stride;
    box[0] = ((float)x + tanhf(t[0])) * s;
    box[1] = ((float)y + tanhf(t[plane])) * s;
    box[2] = sigmoid(t[2 * plane]) * (float)l->input_w;
    box[3] = sigmoid(t[3 * plane]) * (float)l->input_h;
}

static const nn_object_form form = {.power = 0.6f, .softmax = true, .box = find_box};

const nn_decoder nn_decode_fastestdet_maps = {
    .name = "fastestdet_maps",
    .layout = "triples clsS, boxS, objS of classes, 4, 1 x H/S x W/S, raw: FastestDet's as trained "
              "here",
    .check = nn_object_check,
    .decode = nn_object_decode,
    .classes = nn_object_classes,
    .form = &form,
    .by_shape = false, // other heads have the same shapes
    .input = {.stretch = true, .std = {1, 1, 1}, .threshold = 0.65f, .iou_threshold = 0.45f},
};
