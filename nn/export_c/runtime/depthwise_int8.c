// SPDX-License-Identifier: MIT
// Depthwise convolution of bytes: a kernel for each channel.
#include "nn/export_c/runtime/requant_byte.c"
#include "nn/export_c/runtime/window.c"

typedef struct depthwise_int8 {
    window w;
    const uint8_t *border; // a pixel outside of the image
    const int8_t *weight;  // a pixel of weights for each tap
    const int32_t *start;
    requant r;
} depthwise_int8;

// Where the taps of an output pixel lie; at[] < 0: outside of the image.
static void depthwise_taps(const window *w, int pixel, int32_t *at)
{
    const int top = pixel / w->out_w * w->stride_h - w->pad_top;
    const int left = pixel % w->out_w * w->stride_w - w->pad_left;
    for (int ky = 0; ky < w->kernel_h; ky++)
        for (int kx = 0; kx < w->kernel_w; kx++) {
            const int row = top + ky * w->dilation_h, column = left + kx * w->dilation_w;
            const int inside = row >= 0 && row < w->in_h && column >= 0 && column < w->in_w;
            *at++ = inside ? (row * w->in_w + column) * w->channels : -1;
        }
}

static void run_depthwise_int8(const depthwise_int8 *d, const uint8_t *x, uint8_t *y,
                               const uint8_t *skip, int32_t *at)
{
    const window *w = &d->w;
    const int pixels = w->out_h * w->out_w, taps = w->kernel_h * w->kernel_w;
    for (int i = 0; i < pixels; i++) {
        depthwise_taps(w, i, at);
        for (int c = 0; c < w->channels; c++) {
            const int8_t *weight = d->weight + c;
            int32_t sum = d->start[c];
            for (int t = 0; t < taps; t++, weight += w->channels)
                sum += (at[t] < 0 ? d->border[c] : x[at[t] + c]) * *weight;
            const int k = i * w->channels + c;
            y[k] = (uint8_t)requant_byte(&d->r, c, sum, skip ? skip + k : skip);
        }
    }
}
