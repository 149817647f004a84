// SPDX-License-Identifier: MIT
// RT-DETR as Ultralytics exports it: one output N x Q x (4 + classes) of 100 to 1000 queries:
// centre and size as fractions of the input, then probabilities. Each object has one query, so
// nothing is suppressed.
#include "nn/vision/decode/layout.h"

enum { CLASSES = 4, LEAST = 100, MOST = 1000 };

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    (void)self;
    if (n != 1 || !nn_decode_has_rank(outputs, 3))
        return 0;
    const int64_t *dim = outputs[0].tensor.shape.dim;
    const int64_t cells = nn_decode_cells(input_h, input_w, 8, 32);
    // maps, columns of YOLOv8, and rows for each cell are other heads
    if (nn_decode_is_map(outputs, input_h, input_w) || dim[1] < LEAST || dim[1] > MOST ||
        dim[1] == cells || dim[1] == 3 * cells || dim[2] == cells ||
        dim[1] == nn_decode_cells(input_h, input_w, 8, 64) ||
        dim[2] == nn_decode_cells(input_h, input_w, 8, 64) || dim[2] <= CLASSES ||
        dim[2] >= 1 << 20)
        return 0;
    return (int)dim[2] - CLASSES;
}

static nn_status check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err)
{
    const int have = count_classes(self, outputs, n, input_h, input_w);
    if (have > 0 && (classes == 0 || have == classes))
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "one of NxQx(4 + %d classes) is needed, Q queries", classes);
}

static void decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *l, const nn_decode_options *options,
                   nn_candidates *candidates)
{
    const int64_t *dim = outputs[0].tensor.shape.dim;
    const float *x = nn_tensor_f32(&outputs[0].tensor) + item * dim[1] * dim[2];
    const float w = (float)l->input_w, h = (float)l->input_h;
    (void)self, (void)n;
    for (int64_t i = 0; i < dim[1]; i++, x += dim[2]) {
        const int label = nn_decode_best(x + CLASSES, options->classes);
        if (nn_decode_wants(options, x[CLASSES + label], label))
            nn_decode_add_centred(l, x[0] * w, x[1] * h, x[2] * w, x[3] * h, x[CLASSES + label],
                                  label, candidates);
    }
}

const nn_decoder nn_decode_rtdetr = {
    .name = "rtdetr",
    .layout =
        "1 x Q x (4 + classes), centre and size 0 .. 1, probabilities: RT-DETR of Ultralytics",
    .check = check,
    .decode = decode,
    .classes = count_classes,
    .by_shape = true,
    .input = {.stretch = true, .std = {1, 1, 1}, .threshold = 0.25f, .iou_threshold = 1},
};
