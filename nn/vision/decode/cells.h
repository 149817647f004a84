// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: two outputs with an entry for each cell at strides 8 to 32: boxes N
// x A x 4, corners x0, y0, x1, y1 in pixels of the input, and probabilities N x A x classes, or N x
// classes x A.
#ifndef NN_VISION_DECODE_CELLS_H
#define NN_VISION_DECODE_CELLS_H

#include "nn/vision/decode/layout.h"

// nn_decoder.form of these heads.
typedef struct nn_cells_form {
    bool scores_first; // the first output has the probabilities; else the boxes
    bool planes;       // probabilities are N x classes x A
} nn_cells_form;

// The functions of such decoders.
int nn_cells_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                     int input_w);
nn_status nn_cells_check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w, int classes, nn_error *err);
// Adds the likeliest class of each cell.
void nn_cells_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                     const nn_letterbox *letterbox, const nn_decode_options *options,
                     nn_candidates *candidates);

#endif
