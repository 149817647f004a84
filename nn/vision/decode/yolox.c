// SPDX-License-Identifier: MIT
// YOLOX (Ge 2021) as its export tool writes it: rows whose boxes are still in cells, objectness and
// probabilities after the sigmoid; cells of stride 8 row by row, then 16, then 32.
//
// Cell (i, j) of stride S: centre = (j + t0, i + t1) S, size = (exp t2, exp t3) S.
#include "nn/base/arith.h"
#include "nn/vision/decode/rows.h"

#include <math.h>

static nn_status check_yolox(const nn_decoder *self, const nn_head_output *outputs, int n,
                             int input_h, int input_w, int classes, nn_error *err)
{
    return nn_rows_check(self, outputs, n, 1, input_h, input_w, classes, err);
}

static void decode_yolox(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                         const nn_letterbox *letterbox, const nn_decode_options *options,
                         nn_candidates *candidates)
{
    const int64_t *dim = outputs[0].tensor.shape.dim;
    const float *row = nn_tensor_f32(&outputs[0].tensor) + item * dim[1] * dim[2];
    const float *end = row + dim[1] * dim[2];
    (void)self, (void)n;
    for (int stride = 8; row < end; stride *= 2) {
        const int w = nn_divide_up(letterbox->input_w, stride);
        const int h = nn_divide_up(letterbox->input_h, stride);
        const float s = (float)stride;
        for (int cell = 0; cell < w * h; cell++, row += dim[2]) {
            float score;
            int label;
            if (!nn_rows_score(row, options, &score, &label))
                continue;
            nn_decode_add_centred(letterbox, ((float)(cell % w) + row[0]) * s,
                                  ((float)(cell / w) + row[1]) * s, expf(row[2]) * s,
                                  expf(row[3]) * s, score, label, candidates);
        }
    }
}

const nn_decoder nn_decode_yolox = {
    .name = "yolox",
    .layout = "1 x A x (5 + classes), boxes in cells: YOLOX as exported by default",
    .check = check_yolox,
    .decode = decode_yolox,
    .classes = nn_rows_classes_of_one,
    .by_shape = true,
    // Fed with 0 .. 255.
    .input = {.bgr = true,
              .std = {1 / 255.0f, 1 / 255.0f, 1 / 255.0f},
              .threshold = 0.3f,
              .iou_threshold = 0.45f},
};
