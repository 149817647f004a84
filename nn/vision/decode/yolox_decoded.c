// SPDX-License-Identifier: MIT
// YOLOX (Ge 2021) exported with its own decoding: rows of centre and size in pixels of the input,
// objectness, probabilities. Shapes do not tell it from the export without.
#include "nn/vision/decode/rows.h"

#define HEAD "yolox_decoded"

static int count_classes(const nn_head_output *outputs, int n, int input_h, int input_w)
{
    return n == 1 ? nn_rows_classes(outputs, 1, input_h, input_w) : 0;
}

static nn_status check_decoded(const nn_head_output *outputs, int n, int input_h, int input_w,
                               int classes, nn_error *err)
{
    return nn_rows_check(HEAD, outputs, n, 1, input_h, input_w, classes, err);
}

static void decode_decoded(const nn_head_output *outputs, int n, int item,
                           const nn_letterbox *letterbox, const nn_decode_options *options,
                           nn_candidates *candidates)
{
    (void)n;
    nn_rows_decode(outputs, item, letterbox, options, candidates);
}

const nn_decoder nn_decode_yolox_decoded = {
    .name = HEAD,
    .layout = "1 x A x (5 + classes), boxes in pixels: YOLOX with decode_in_inference",
    .check = check_decoded,
    .decode = decode_decoded,
    .classes = count_classes,
    .by_shape = true,
    .input = {.bgr = true,
              .std = {1 / 255.0f, 1 / 255.0f, 1 / 255.0f},
              .threshold = 0.3f,
              .iou_threshold = 0.45f},
};
