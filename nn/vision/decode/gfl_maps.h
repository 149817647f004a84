// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: NeroScale's own heads with distributions of distances (Li 2020,
// Generalized Focal Loss). For each level, finest first, two outputs named after its stride:
// "clsS" (N, classes, H, W), logits, and "distS" (N, 4 bins, H, W), for the left, top, right and
// bottom side as many logits as there are bins, with H = input / S, a rest counted as a cell.
#ifndef NN_VISION_DECODE_GFL_MAPS_H
#define NN_VISION_DECODE_GFL_MAPS_H

#include "nn/vision/decode/decode.h"

// nn_decoder.form: where the point of a cell lies in it.
extern const float nn_gfl_centre, nn_gfl_corner;

nn_status nn_gfl_check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err);
void nn_gfl_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *letterbox, const nn_decode_options *options,
                   nn_candidates *candidates);
int nn_gfl_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                   int input_w);

#endif
