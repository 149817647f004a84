// SPDX-License-Identifier: MIT
// EfficientDet with suppression inside (github.com/google/automl): up to 100 rows of picture, y0,
// x0, y1, x1 in pixels of the input, score, class from 1.
#include "nn/vision/decode/layout.h"

enum { NUMBERS = 7, MOST = 100 };

static bool fits(const nn_head_output *outputs, int n, int input_h, int input_w)
{
    if (n != 1 || !nn_decode_has_rank(outputs, 3))
        return false;
    const int64_t *dim = outputs[0].tensor.shape.dim;
    const int64_t cells = nn_decode_cells(input_h, input_w, 8, 32);
    // a row for each cell is another head, with two classes
    return dim[2] == NUMBERS && dim[1] <= MOST && dim[1] != cells && dim[1] != 3 * cells &&
           dim[1] != nn_decode_cells(input_h, input_w, 8, 64);
}

// The shape does not tell.
static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    (void)self;
    return fits(outputs, n, input_h, input_w) ? NN_COCO_NUMBERS : 0;
}

static nn_status check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err)
{
    (void)classes;
    if (fits(outputs, n, input_h, input_w))
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "one of NxKx7 is needed, K up to 100: picture, y0, x0, y1, x1, score, "
                            "class");
}

static void decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *letterbox, const nn_decode_options *options,
                   nn_candidates *candidates)
{
    (void)self, (void)n;
    for (int64_t i = 0; i < outputs[0].tensor.shape.dim[1]; i++) {
        const float *x = nn_decode_row(outputs, item, i);
        const int label = nn_decode_class(options, x[6] - 1);
        if (nn_decode_wants(options, x[5], label))
            nn_decode_add(
                letterbox,
                (nn_box){
                    .x0 = x[2], .y0 = x[1], .x1 = x[4], .y1 = x[3], .score = x[5], .label = label},
                candidates);
    }
}

const nn_decoder nn_decode_efficientdet_nms = {
    .name = "efficientdet_nms",
    .layout = "1 x K x 7 of picture, y0, x0, y1, x1, score, class from 1: EfficientDet of AutoML",
    .check = check,
    .decode = decode,
    .classes = count_classes,
    .by_shape = true,
    .output_name = "detections",
    .input = {.mean = {0.485f, 0.456f, 0.406f},
              .std = {0.229f, 0.224f, 0.225f},
              .threshold = 0.4f,
              .iou_threshold = 1,
              .labels = nn_coco_numbered_labels + 1,
              .label_count = NN_COCO_NUMBERS},
};
