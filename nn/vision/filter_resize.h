// SPDX-License-Identifier: MIT
// Resizes planes of a picture by a filter: cubic as for display and as scores of super-resolution
// compare with, or the mean over an area as a sensor's pixels take it.
#ifndef NN_VISION_FILTER_RESIZE_H
#define NN_VISION_FILTER_RESIZE_H

#include "nn/base/api.h"
#include "nn/base/status.h"

#include <stddef.h>
#include <stdint.h>

typedef enum nn_filter {
    NN_FILTER_BICUBIC, // Keys 1981, a = -0.5; wider by the factor where a picture is made smaller
    NN_FILTER_AREA,    // the mean of what a pixel covers
} nn_filter;

// Which pixels of a line make each pixel of the resized one. Pixels beyond the ends are the last.
typedef struct nn_filter_taps {
    int in, out, count; // length of both lines, taps of each pixel
    int32_t *at;        // owned, out x count: places in the line
    float *weight;      // owned, out x count; each pixel's sum to 1
} nn_filter_taps;

// Taps for `out` pixels, `scale` of which (> 0) lie on a pixel of the line; the left edge of the
// first is at `start`. A whole line: scale = out / in, start 0. NN_EINVAL: no such sizes.
NN_API nn_status nn_filter_taps_new(nn_filter_taps *t, nn_filter filter, int in, int out,
                                    double scale, double start, nn_error *err);
NN_API void nn_filter_taps_release(nn_filter_taps *t); // leaves it zeroed

// Resizes float32 values from (y->in, x->in) to (y->out, x->out), both without padding.
NN_API nn_status nn_filter_resize(const float *in, float *out, const nn_filter_taps *x,
                                  const nn_filter_taps *y, nn_error *err);

// Bytes of one component of a picture: sample (x, y) is data[y * stride + x * step].
typedef struct nn_byte_plane {
    uint8_t *data; // borrowed
    ptrdiff_t stride;
    int step, width, height;
} nn_byte_plane;

// Resizes a whole component to the size of `out`; results are rounded, and clipped to 0 .. 255.
NN_API nn_status nn_filter_resize_bytes(const nn_byte_plane *in, const nn_byte_plane *out,
                                        nn_filter filter, nn_error *err);

#endif
