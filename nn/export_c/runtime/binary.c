// SPDX-License-Identifier: MIT
// Two images that are added, subtracted, multiplied or divided; one of them may have a number for
// each channel, for each pixel or for all.
typedef struct binary {
    int pixels, channels;
    int a_pixel, a_channel, b_pixel, b_channel; // floats to the next pixel, channel
} binary;
