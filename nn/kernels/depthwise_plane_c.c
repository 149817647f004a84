// SPDX-License-Identifier: MIT
// Reference of depthwise convolution on dense planes, and of its gradients.
#include "nn/kernels/depthwise_plane_c.h"

#include <stddef.h>

void nn_depthwise_plane_c(float *out, const float *plane, const float *kernel, float bias,
                          const nn_conv_geometry *w)
{
    for (int64_t oy = 0; oy < w->out_h; oy++)
        for (int64_t ox = 0; ox < w->out_w; ox++) {
            float sum = bias;
            for (int64_t ky = 0; ky < w->kernel_h; ky++) {
                int64_t y = oy * w->stride_h - w->pad_top + ky * w->dilation_h;
                if (y < 0 || y >= w->in_h)
                    continue;
                for (int64_t kx = 0; kx < w->kernel_w; kx++) {
                    int64_t x = ox * w->stride_w - w->pad_left + kx * w->dilation_w;
                    if (x >= 0 && x < w->in_w)
                        sum += plane[y * w->in_w + x] * kernel[ky * w->kernel_w + kx];
                }
            }
            out[oy * w->out_w + ox] = sum;
        }
}

// Gradients of one tap: plane += kernel tap * grad_out, and the tap's own gradient.
static double depthwise_tap_grad(float *grad_plane, float tap, const float *grad_out,
                                 const float *plane, const nn_conv_geometry *w, int ky, int kx)
{
    int64_t offset = (int64_t)kx * w->dilation_w - w->pad_left;
    int64_t left = nn_conv_first_column(0, offset, w->stride_w, w->out_w);
    int64_t right = nn_conv_first_column(w->in_w, offset, w->stride_w, w->out_w);
    double sum = 0.0;
    for (int64_t oy = 0; oy < w->out_h; oy++) {
        int64_t y = oy * w->stride_h - w->pad_top + (int64_t)ky * w->dilation_h;
        if (y < 0 || y >= w->in_h)
            continue;
        const float *gy = grad_out + oy * w->out_w;
        int64_t row = y * w->in_w + offset;
        if (grad_plane)
            for (int64_t x = left; x < right; x++)
                grad_plane[row + x * w->stride_w] += tap * gy[x];
        if (plane)
            for (int64_t x = left; x < right; x++)
                sum += (double)plane[row + x * w->stride_w] * gy[x];
    }
    return sum;
}

void nn_depthwise_plane_grad_c(float *grad_plane, float *grad_kernel, const float *grad_out,
                               const float *plane, const float *kernel, const nn_conv_geometry *w)
{
    for (int ky = 0; ky < w->kernel_h; ky++)
        for (int kx = 0; kx < w->kernel_w; kx++) {
            int i = ky * w->kernel_w + kx;
            double sum = depthwise_tap_grad(grad_plane, grad_plane ? kernel[i] : 0.0f, grad_out,
                                            grad_kernel ? plane : NULL, w, ky, kx);
            if (grad_kernel)
                grad_kernel[i] += (float)sum;
        }
}
