// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: instance masks by prototypes (YOLACT, Bolya 2019): the mask of an
// object is where the sum of the prototypes, each times its coefficient, is positive.
#ifndef NN_VISION_DECODE_MASKS_H
#define NN_VISION_DECODE_MASKS_H

#include "nn/vision/decode/layout.h"

// The prototypes of a sample: `count` maps of h x w cells over the whole input.
typedef struct nn_prototypes {
    const float *data;
    int count, h, w;
    int64_t step, pitch; // from a map to the next, from a cell to the next
    // Coefficient k of object `row` of a sample.
    float (*coefficient)(const nn_decode_sample *s, int64_t row, int k);
} nn_prototypes;

// Those of an output N x P x h x w.
nn_prototypes nn_prototypes_of(const nn_decode_sample *s, const nn_head_output *output,
                               float (*coefficient)(const nn_decode_sample *s, int64_t row, int k));

// nn_decoder.describe of heads whose boxes have detail = row + 1.
nn_status nn_masks_describe(const nn_decode_sample *s, const nn_prototypes *p, nn_result *result);

#endif
