// SPDX-License-Identifier: MIT
// Ultra-Light-Fast-Generic-Face-Detector: probabilities of background and face, and corners of
// 0 .. 1, for three anchors a cell at stride 8, two at 16 and 32, three at 64
// (github.com/Linzaer/Ultra-Light-Fast-Generic-Face-Detector-1MB).
#include "nn/vision/decode/priors.h"

static int64_t count_anchors(int h, int w)
{
    return 3 * nn_decode_cells(h, w, 8, 8) + 2 * nn_decode_cells(h, w, 16, 32) +
           3 * nn_decode_cells(h, w, 64, 64);
}

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    (void)self;
    const nn_priors p = nn_priors_find(outputs, n);
    return p.classes == 1 && p.boxes->tensor.shape.dim[1] == count_anchors(input_h, input_w);
}

static nn_status check_ultraface(const nn_decoder *self, const nn_head_output *outputs, int n,
                                 int input_h, int input_w, int classes, nn_error *err)
{
    const long long anchors = count_anchors(input_h, input_w);
    if (count_classes(self, outputs, n, input_h, input_w) && classes <= 1)
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "scores of Nx%lldx2 and boxes of Nx%lldx4 are needed for an input of "
                            "%dx%d, and one label%s%.0d",
                            anchors, anchors, input_w, input_h, classes > 1 ? ", not " : "",
                            classes > 1 ? classes : 0);
}

static const char *const face[] = {"face"};

const nn_decoder nn_decode_ultraface = {
    .name = "ultraface",
    .layout = "scores 1 x A x 2, boxes 1 x A x 4 as x0 y0 x1 y1 of 0..1: UltraFace",
    .check = check_ultraface,
    .decode = nn_priors_decode,
    .classes = count_classes,
    .by_shape = true,
    .input = {.stretch = true,
              .mean = {127 / 255.0f, 127 / 255.0f, 127 / 255.0f},
              .std = {128 / 255.0f, 128 / 255.0f, 128 / 255.0f},
              .threshold = 0.7f,
              .iou_threshold = 0.5f,
              .labels = face,
              .label_count = 1},
};
