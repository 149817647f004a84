// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: instance masks from prototypes (YOLACT, Bolya 2019): the mask of a
// box is where the sum of the prototypes, each times its coefficient, is positive.
#ifndef NN_VISION_DECODE_PROTOTYPES_H
#define NN_VISION_DECODE_PROTOTYPES_H

#include "nn/vision/decode/layout.h"

// Coefficient p of the box that decode() gave this number in `detail`.
typedef float nn_prototype_coefficient(const nn_decode_sample *s, int32_t number, int p);

// nn_decoder.describe: gives every box its mask. `prototypes` (N, P, h, w) cover the input evenly.
nn_status nn_prototypes_describe(const nn_decode_sample *s, const nn_head_output *prototypes,
                                 nn_prototype_coefficient *coefficient, nn_result *result);

#endif
