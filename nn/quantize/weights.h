// SPDX-License-Identifier: MIT
// Weights as whole numbers.
#ifndef NN_QUANTIZE_WEIGHTS_H
#define NN_QUANTIZE_WEIGHTS_H

#include "nn/tensor/tensor.h"

// Rounds an output's weights `x`, of a tensor of this shape, to whole numbers -127 .. 127 times
// *scale, which is at least `least`. `small`: to those that are small (NN_INT8_SMALL), by the scale
// with the least squared error.
void nn_quantize_weights(float *whole, float *scale, const float *x, const nn_shape *weight,
                         float least, bool small);

// Rounds to small whole numbers times `scale`; small ones stay as they are. Returns the sum of the
// squared errors.
double nn_quantize_small_weights(float *whole, const float *x, const nn_shape *weight, float scale);

#endif
