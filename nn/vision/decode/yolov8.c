// SPDX-License-Identifier: MIT
// YOLOv8 and its successors v9, v11, v12 as exported: one output of N x (4 + classes) x A, column
// by column centre and size in pixels of the input and the classes' probabilities; no objectness.
#include "nn/vision/decode/layout.h"

enum { CLASSES = 4, BLOCK = 64 };

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    (void)self;
    if (n != 1 || !nn_decode_has_rank(outputs, 3))
        return 0;
    const int64_t *dim = outputs[0].tensor.shape.dim;
    if (dim[1] <= CLASSES || dim[1] >= 1 << 20)
        return 0;
    if (dim[2] != nn_decode_cells(input_h, input_w, 8, 32) &&
        dim[2] != nn_decode_cells(input_h, input_w, 8, 64))
        return 0;
    return (int)dim[1] - CLASSES;
}

static nn_status check_yolov8(const nn_decoder *self, const nn_head_output *outputs, int n,
                              int input_h, int input_w, int classes, nn_error *err)
{
    const int have = count_classes(self, outputs, n, input_h, input_w);
    const long long cells = nn_decode_cells(input_h, input_w, 8, 32);
    if (have > 0 && (classes == 0 || have == classes))
        return NN_OK;
    if (classes == 0)
        return nn_decode_refuse(err, self->name, outputs, n,
                                "one of Nx(4 + classes)x%lld is needed for an input of %dx%d",
                                cells, input_w, input_h);
    return nn_decode_refuse(err, self->name, outputs, n,
                            "one of Nx%dx%lld is needed for %d classes and an input of %dx%d",
                            CLASSES + classes, cells, classes, input_w, input_h);
}

// The best class of up to BLOCK anchors, plane by plane; compilers vectorise this loop.
static void find_best(const float *planes, int64_t plane, int count, int classes, float *score,
                      int *label)
{
    for (int i = 0; i < count; i++) {
        score[i] = planes[i];
        label[i] = 0;
    }
    for (int c = 1; c < classes; c++) {
        const float *p = planes + c * plane;
        for (int i = 0; i < count; i++) {
            const bool more = p[i] > score[i];
            score[i] = more ? p[i] : score[i];
            label[i] = more ? c : label[i];
        }
    }
}

static void decode_yolov8(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                          const nn_letterbox *letterbox, const nn_decode_options *options,
                          nn_candidates *candidates)
{
    const int64_t *dim = outputs[0].tensor.shape.dim, anchors = dim[2];
    const float *x = nn_tensor_f32(&outputs[0].tensor) + item * dim[1] * anchors;
    float score[BLOCK];
    int label[BLOCK];
    (void)self, (void)n;
    for (int64_t at = 0; at < anchors; at += BLOCK) {
        const int count = (int)(anchors - at < BLOCK ? anchors - at : BLOCK);
        find_best(x + CLASSES * anchors + at, anchors, count, options->classes, score, label);
        for (int i = 0; i < count; i++) {
            const float *b = x + at + i;
            if (nn_decode_wants(options, score[i], label[i]))
                nn_decode_add_centred(letterbox, b[0], b[anchors], b[2 * anchors], b[3 * anchors],
                                      score[i], label[i], candidates);
        }
    }
}

const nn_decoder nn_decode_yolov8 = {
    .name = "yolov8",
    .layout = "1 x (4 + classes) x A, boxes in pixels: YOLOv8, v9, v11, v12",
    .check = check_yolov8,
    .decode = decode_yolov8,
    .classes = count_classes,
    .by_shape = true,
    .input = {.std = {1, 1, 1}, .threshold = 0.25f, .iou_threshold = 0.7f},
};
