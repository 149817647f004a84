// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: what a suppression in the graph leaves of all pictures of a batch, K
// x 7: the number of the picture, x0, y0, x1, y1 in pixels of the input, class and score.
#ifndef NN_VISION_DECODE_NMS_ROWS_H
#define NN_VISION_DECODE_NMS_ROWS_H

#include "nn/vision/decode/layout.h"

// nn_decoder.form of these heads: the columns of class and score, 5 and 6 or 6 and 5.
typedef struct nn_nms_row_form {
    int label, score;
} nn_nms_row_form;

// The functions of such decoders.
int nn_nms_rows_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                        int input_w);
nn_status nn_nms_rows_check(const nn_decoder *self, const nn_head_output *outputs, int n,
                            int input_h, int input_w, int classes, nn_error *err);
void nn_nms_rows_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                        const nn_letterbox *letterbox, const nn_decode_options *options,
                        nn_candidates *candidates);

#endif
