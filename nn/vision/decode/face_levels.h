// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: faces with five landmarks, found at strides 8, 16 and 32 by outputs
// N x A x 1 (scores), N x A x 4 (boxes) and N x A x 10 (landmarks) for each stride, A rows or
// `per_cell` rows for each cell; also without the N of one sample. The shapes tell which is which.
#ifndef NN_VISION_DECODE_FACE_LEVELS_H
#define NN_VISION_DECODE_FACE_LEVELS_H

#include "nn/vision/decode/layout.h"

// nn_decoder.form of such a head. A landmark of cell (x, y) is ((x + t0) S, (y + t1) S).
typedef struct nn_face_form {
    int per_cell;
    int scores; // outputs of scores for each stride, 1 or 2; of two the score is sqrt(a b)
    // The box of cell (x, y) in strides.
    nn_box (*box)(const float t[4], float x, float y);
} nn_face_form;

int nn_face_levels_classes(const nn_decoder *self, const nn_head_output *outputs, int n,
                           int input_h, int input_w);
nn_status nn_face_levels_check(const nn_decoder *self, const nn_head_output *outputs, int n,
                               int input_h, int input_w, int classes, nn_error *err);
void nn_face_levels_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                           const nn_letterbox *letterbox, const nn_decode_options *options,
                           nn_candidates *candidates);
nn_status nn_face_levels_describe(const nn_decode_sample *sample, nn_result *result);

// The only class of detectors of faces.
extern const char *const nn_face_label[1];

#endif
