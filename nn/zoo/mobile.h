// SPDX-License-Identifier: MIT
// What networks of depthwise convolutions share, with torchvision's names.
#ifndef NN_ZOO_MOBILE_H
#define NN_ZOO_MOBILE_H

#include "nn/zoo/taps.h"

// A width in channels: the nearest multiple of 8, and not over 10 % less than asked (Howard 2017).
int nn_mobile_width(double channels);

// Convolution without bias, batch norm, activation: PREFIX.0, PREFIX.1, PREFIX.2. Padded so that
// stride 1 keeps the size.
nn_value nn_mobile_conv(nn_graph *g, const char *prefix, nn_value x, int in, int out, int kernel,
                        int stride, int groups, nn_act act, float eps);

// Squeeze and excitation (Hu 2018): x * gate(PREFIX.fc2(act(PREFIX.fc1(mean of x)))). The gate is
// the logistic function, or with `hard` its linear form (Howard 2019).
nn_value nn_mobile_squeeze(nn_graph *g, const char *prefix, nn_value x, int channels, int squeezed,
                           nn_act act, bool hard);

#endif
