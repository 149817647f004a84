// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: faces with five landmarks as offsets to priors: squares around the
// middle of each cell. Three outputs with a row for each prior, told apart by their columns.
#ifndef NN_VISION_DECODE_FACE_PRIORS_H
#define NN_VISION_DECODE_FACE_PRIORS_H

#include "nn/vision/decode/layout.h"

enum { NN_PRIOR_LEVELS = 4, NN_PRIOR_SIZES = 3 };

// nn_decoder.form of such a head. Levels have strides 8, 16, ...
typedef struct nn_face_prior_form {
    int levels;
    int counts[NN_PRIOR_LEVELS]; // priors of a cell
    float sizes[NN_PRIOR_LEVELS][NN_PRIOR_SIZES];
    bool whole_cells; // a partial cell does not count
    float exponent_w, exponent_h;
    bool together; // boxes N x A x 14 with the landmarks, N x A x 1 for a second score that the
                   // first one is multiplied by (sqrt); else N x A x 4 and N x A x 10
} nn_face_prior_form;

int nn_face_priors_classes(const nn_decoder *self, const nn_head_output *outputs, int n,
                           int input_h, int input_w);
nn_status nn_face_priors_check(const nn_decoder *self, const nn_head_output *outputs, int n,
                               int input_h, int input_w, int classes, nn_error *err);
// A box is prior + 0.1 t size and size exp(exponent t); landmarks are prior + 0.1 t size.
void nn_face_priors_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                           const nn_letterbox *letterbox, const nn_decode_options *options,
                           nn_candidates *candidates);
nn_status nn_face_priors_describe(const nn_decode_sample *sample, nn_result *result);

#endif
