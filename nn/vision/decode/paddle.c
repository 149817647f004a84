// SPDX-License-Identifier: MIT
// PaddleDetection's exports (PP-YOLOE, PP-YOLO, PicoDet with suppression inside): K x 6 of class,
// score, x0, y0, x1, y1 in pixels of the input, because "scale_factor" is 1 here; and how many of
// them there are of each picture of a batch, one after the other.
#include "nn/vision/decode/layout.h"

enum { NUMBERS = 6 };

static bool fits(const nn_head_output *outputs, int n)
{
    if (n != 2 || !nn_decode_has_rank(&outputs[0], 2) || !nn_decode_has_rank(&outputs[1], 1))
        return false;
    return outputs[0].tensor.shape.dim[1] == NUMBERS;
}

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    (void)self, (void)input_h, (void)input_w; // the shapes do not tell
    return fits(outputs, n) ? NN_COCO_CLASSES : 0;
}

static nn_status check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err)
{
    (void)input_h, (void)input_w, (void)classes;
    if (fits(outputs, n))
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "needed are Kx6 (class, score, x0, y0, x1, y1) and N, their numbers");
}

static int64_t at_most(float count, int64_t room)
{
    return count >= (float)room ? room : count > 0 ? (int64_t)count : 0;
}

static void decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *letterbox, const nn_decode_options *options,
                   nn_candidates *candidates)
{
    const int64_t room = outputs[0].tensor.shape.dim[0];
    const int64_t pictures = outputs[1].tensor.shape.dim[0];
    const float *found = nn_tensor_f32(&outputs[1].tensor);
    int64_t first = 0, count = 0;
    (void)self, (void)n;
    for (int64_t k = 0; k <= item; k++) {
        first += count;
        count = k < pictures ? at_most(found[k], room - first) : 0;
    }
    const float *x = nn_tensor_f32(&outputs[0].tensor) + first * NUMBERS;
    for (int64_t i = 0; i < count; i++, x += NUMBERS) {
        const int label = nn_decode_class(options, x[0]);
        if (nn_decode_wants(options, x[1], label))
            nn_decode_add(
                letterbox,
                (nn_box){
                    .x0 = x[2], .y0 = x[3], .x1 = x[4], .y1 = x[5], .score = x[1], .label = label},
                candidates);
    }
}

// The preprocessing of PP-YOLOE+; older ones divide by ImageNet's mean and deviation.
const nn_decoder nn_decode_paddle = {
    .name = "paddle",
    .layout = "K x 6 of class, score, x0, y0, x1, y1 in pixels, and their number: PP-YOLOE",
    .check = check,
    .decode = decode,
    .classes = count_classes,
    .by_shape = true,
    .joint = true,
    .input = {.stretch = true, .std = {1, 1, 1}, .threshold = 0.5f, .iou_threshold = 1},
};
