// SPDX-License-Identifier: MIT
// Pixels between two rows and two columns: bilinear resizing.
#include "nn/export_c/runtime/between.c"

static void run_blend_float(const between *rows, const between *columns, const float *x, float *y,
                            int in_w, int channels, int out_h, int out_w)
{
    for (int i = 0; i < out_h * out_w; i++) {
        const between r = rows[i / out_w], c = columns[i % out_w];
        const float *top = x + r.a * in_w * channels, *bottom = x + r.b * in_w * channels;
        for (int k = 0; k < channels; k++) {
            const int a = c.a * channels + k, b = c.b * channels + k;
            const float upper = (1 - c.weight) * top[a] + c.weight * top[b];
            const float lower = (1 - c.weight) * bottom[a] + c.weight * bottom[b];
            *y++ = (1 - r.weight) * upper + r.weight * lower;
        }
    }
}
