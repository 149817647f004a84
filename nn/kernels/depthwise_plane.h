// SPDX-License-Identifier: MIT
// Depthwise convolution of dense planes: one channel with its own kernel.
#ifndef NN_KERNELS_DEPTHWISE_PLANE_H
#define NN_KERNELS_DEPTHWISE_PLANE_H

#include "nn/kernels/conv_geometry.h"

typedef struct nn_depthwise_plane_kernels {
    // out (out_h x out_w) = plane (in_h x in_w) * kernel + bias. g->channels is ignored.
    void (*run)(float *out, const float *plane, const float *kernel, float bias,
                const nn_conv_geometry *g);
    // Its gradients, ADDED to grad_plane (in_h x in_w) and grad_kernel. Either may be NULL; then
    // `kernel`, which only grad_plane needs, or `plane`, which only grad_kernel needs, may be NULL,
    // too.
    void (*grad)(float *grad_plane, float *grad_kernel, const float *grad_out, const float *plane,
                 const float *kernel, const nn_conv_geometry *g);
} nn_depthwise_plane_kernels;

// Fills *k with the best kernels that need no more than `cpu` (nn_cpu bits of cpu.h).
void nn_depthwise_plane_init(nn_depthwise_plane_kernels *k, unsigned cpu);

// For nn_depthwise_plane_init: puts its versions over those that are in *k. It runs on any CPU;
// what it stores does not.
void nn_depthwise_plane_init_avx2(nn_depthwise_plane_kernels *k);

#endif
