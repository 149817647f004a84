// SPDX-License-Identifier: MIT
// YOLOv7 with the suppression in its graph, as its export with --end2end writes it for ONNX
// Runtime: K x 7 of picture, x0, y0, x1, y1 in pixels of the input, class, score; the rows of all
// pictures of a batch (github.com/WongKinYiu/yolov7, End2End).
#include "nn/vision/decode/layout.h"

enum { NUMBERS = 7 };

static bool fits(const nn_head_output *outputs, int n)
{
    return n == 1 && nn_decode_has_rank(outputs, 2) && outputs->tensor.shape.dim[1] == NUMBERS &&
           (outputs->open || outputs->tensor.shape.dim[0] > 1); // or it is a classifier
}

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    (void)self, (void)input_h, (void)input_w; // the shape does not tell
    return fits(outputs, n) ? NN_COCO_CLASSES : 0;
}

static nn_status check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err)
{
    (void)input_h, (void)input_w, (void)classes;
    if (fits(outputs, n))
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "one of Kx7 is needed: picture, x0, y0, x1, y1, class, score");
}

static void decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *letterbox, const nn_decode_options *options,
                   nn_candidates *candidates)
{
    const int64_t rows = outputs[0].tensor.shape.dim[0];
    const float *x = nn_tensor_f32(&outputs[0].tensor);
    (void)self, (void)n;
    for (int64_t i = 0; i < rows; i++, x += NUMBERS) {
        const int label = nn_decode_class(options, x[5]);
        if (x[0] == (float)item && nn_decode_wants(options, x[6], label))
            nn_decode_add(
                letterbox,
                (nn_box){
                    .x0 = x[1], .y0 = x[2], .x1 = x[3], .y1 = x[4], .score = x[6], .label = label},
                candidates);
    }
}

const nn_decoder nn_decode_yolov7_nms = {
    .name = "yolov7_nms",
    .layout = "K x 7 of picture, x0, y0, x1, y1 in pixels, class, score: YOLOv7 end to end",
    .check = check,
    .decode = decode,
    .classes = count_classes,
    .by_shape = true,
    .joint = true,
    .input = {.std = {1, 1, 1}, .threshold = 0.25f, .iou_threshold = 1},
};
