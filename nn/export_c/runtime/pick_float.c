// SPDX-License-Identifier: MIT
// Pixels from given rows and columns: the nearest ones of a resized image.
#include <stdint.h>
#include <string.h>

static void run_pick_float(const int16_t *rows, const int16_t *columns, const float *x, float *y,
                           int in_w, int channels, int out_h, int out_w)
{
    for (int i = 0; i < out_h * out_w; i++)
        memcpy(y + i * channels, x + (rows[i / out_w] * in_w + columns[i % out_w]) * channels,
               (size_t)channels * sizeof *x);
}
