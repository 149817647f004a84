// SPDX-License-Identifier: MIT
// YOLOv8 and its successors v9, v11, v12 as exported: one output of N x (4 + classes) x A, column
// by column centre and size in pixels of the input and the classes' probabilities; no objectness.
#include "nn/vision/decode/columns.h"

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    (void)self;
    const int rows = n == 1 ? nn_columns_rows(&outputs[0], input_h, input_w) : 0;
    return rows > 0 ? rows - NN_COLUMN_CLASSES : 0;
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
                            NN_COLUMN_CLASSES + classes, cells, classes, input_w, input_h);
}

static void decode_yolov8(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                          const nn_letterbox *letterbox, const nn_decode_options *options,
                          nn_candidates *candidates)
{
    (void)self, (void)n;
    nn_columns_decode(&outputs[0], item, letterbox, options, nn_columns_upright, false, candidates);
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
