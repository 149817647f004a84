// SPDX-License-Identifier: MIT
// The pixels that a window covers, one behind the other.
#include "nn/export_c/runtime/window.c"

#include <string.h>

// `bytes` of each pixel are taken, `pixel` bytes from the next one; `border` stands for those
// outside of the image.
static void copy_patch(const window *w, const uint8_t *x, const uint8_t *border, int bytes,
                       int pixel, int at, uint8_t *patch)
{
    const int top = at / w->out_w * w->stride_h - w->pad_top;
    const int left = at % w->out_w * w->stride_w - w->pad_left;
    const int whole =
        bytes == pixel && w->dilation_w == 1 && left >= 0 && left + w->kernel_w <= w->in_w;
    for (int ky = 0; ky < w->kernel_h; ky++) {
        const int row = top + ky * w->dilation_h;
        const int inside = row >= 0 && row < w->in_h;
        if (whole && inside) {
            const size_t length = (size_t)(w->kernel_w * bytes);
            memcpy(patch, x + (row * w->in_w + left) * pixel, length);
            patch += length;
            continue;
        }
        for (int kx = 0; kx < w->kernel_w; kx++, patch += bytes) {
            const int column = left + kx * w->dilation_w;
            const int there = inside && column >= 0 && column < w->in_w;
            memcpy(patch, there ? x + (row * w->in_w + column) * pixel : border, (size_t)bytes);
        }
    }
}
