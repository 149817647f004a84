// SPDX-License-Identifier: MIT
// Compound scaling: depth, width and input of a network from one number.
#ifndef NN_ZOO_SCALING_H
#define NN_ZOO_SCALING_H

#include "nn/zoo/zoo.h"

// phi = 0 is the network itself. Each unit of phi multiplies depth (option beta), width (alpha) and
// the sides of the input by these constants. depth * width^2 * input^2 is about 2, so the
// multiply-adds grow as 2^phi (Tan 2019, EfficientNet, section 3.3, equation 3, where they are
// called alpha, beta and gamma).
struct nn_zoo_scaling {
    double depth, width, input;
};

// The scales by name, "nano,s,m,l,x", and phi of one; 0 for "".
#define NN_ZOO_SCALES "nano,s,m,l,x"
double nn_zoo_scale_phi(const char *scale);

// Depth and width multipliers at phi, with two decimals.
void nn_zoo_scale(const nn_zoo_scaling *s, double phi, float *alpha, float *beta);

// A side of the input at phi that is `side` pixels at 0: a multiple of 32, the coarsest stride.
int nn_zoo_scale_side(const nn_zoo_scaling *s, double phi, int side);

#endif
