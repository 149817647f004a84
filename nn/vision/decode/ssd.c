// SPDX-License-Identifier: MIT
// SSD (Liu 2016) as PyTorch ports export it: probabilities with a background column, boxes of the
// same anchors already decoded to corners of 0 .. 1, no suppression
// (github.com/qfgaohao/pytorch-ssd).
#include "nn/vision/decode/priors.h"

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    (void)self, (void)input_h, (void)input_w;
    return nn_priors_find(outputs, n).classes;
}

static nn_status check_ssd(const nn_decoder *self, const nn_head_output *outputs, int n,
                           int input_h, int input_w, int classes, nn_error *err)
{
    const int have = count_classes(self, outputs, n, input_h, input_w);
    if (have > 0 && (classes == 0 || have == classes))
        return NN_OK;
    if (classes == 0)
        return nn_decode_refuse(err, self->name, outputs, n,
                                "scores of NxAx(1 + classes) and boxes of NxAx4 are needed");
    return nn_decode_refuse(err, self->name, outputs, n,
                            "scores of NxAx%d (background and %d classes) and boxes of NxAx4 are "
                            "needed",
                            1 + classes, classes);
}

const nn_decoder nn_decode_ssd = {
    .name = "ssd",
    .layout = "scores 1 x A x (1 + classes), boxes 1 x A x 4 as x0 y0 x1 y1 of 0..1: PyTorch SSDs",
    .check = check_ssd,
    .decode = nn_priors_decode,
    .classes = count_classes,
    .by_shape = false, // encoded boxes have the same shapes
    .input = {.stretch = true,
              .mean = {127 / 255.0f, 127 / 255.0f, 127 / 255.0f},
              .std = {128 / 255.0f, 128 / 255.0f, 128 / 255.0f},
              .threshold = 0.4f,
              .iou_threshold = 0.45f},
};
