// SPDX-License-Identifier: MIT
// A window that slides over an image; images lie row by row, the channels of a pixel side by side.
#include <stdint.h>

typedef struct window {
    int in_h, in_w, channels, out_h, out_w;
    int kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
} window;
