// SPDX-License-Identifier: MIT
// Reference versions. Faster levels call them for shapes that they have no code for.
#ifndef NN_KERNELS_DEPTHWISE_PLANE_C_H
#define NN_KERNELS_DEPTHWISE_PLANE_C_H

#include "nn/kernels/conv_geometry.h"

void nn_depthwise_plane_c(float *out, const float *plane, const float *kernel, float bias,
                          const nn_conv_geometry *g);
void nn_depthwise_plane_grad_c(float *grad_plane, float *grad_kernel, const float *grad_out,
                               const float *plane, const float *kernel, const nn_conv_geometry *g);

#endif
