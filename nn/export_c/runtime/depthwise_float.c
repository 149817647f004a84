// SPDX-License-Identifier: MIT
// Depthwise convolution of float images: a kernel for each channel.
#include "nn/export_c/runtime/window.c"

typedef struct depthwise_float {
    window w;
    const float *weight, *bias; // a pixel of weights for each tap; bias NULL: 0
} depthwise_float;

static float depthwise_float_sum(const depthwise_float *d, const float *x, int pixel, int c)
{
    const window *w = &d->w;
    const int top = pixel / w->out_w * w->stride_h - w->pad_top;
    const int left = pixel % w->out_w * w->stride_w - w->pad_left;
    const float *weight = d->weight + c;
    float sum = d->bias ? d->bias[c] : 0;
    for (int ky = 0; ky < w->kernel_h; ky++)
        for (int kx = 0; kx < w->kernel_w; kx++, weight += w->channels) {
            const int row = top + ky * w->dilation_h, column = left + kx * w->dilation_w;
            if (row < 0 || row >= w->in_h || column < 0 || column >= w->in_w)
                continue;
            const float product = x[(row * w->in_w + column) * w->channels + c] * *weight;
            sum += product;
        }
    return sum;
}

static void run_depthwise_float(const depthwise_float *d, const float *x, float *y,
                                const float *skip)
{
    const int pixels = d->w.out_h * d->w.out_w;
    for (int i = 0; i < pixels; i++)
        for (int c = 0; c < d->w.channels; c++) {
            const float sum = depthwise_float_sum(d, x, i, c);
            *y++ = skip ? sum + *skip++ : sum;
        }
}
