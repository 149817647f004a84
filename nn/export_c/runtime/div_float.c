// SPDX-License-Identifier: MIT
// The quotient of two images.
#include "nn/export_c/runtime/binary.c"

static void run_div_float(const binary *t, const float *a, const float *b, float *y)
{
    for (int i = 0; i < t->pixels; i++)
        for (int c = 0; c < t->channels; c++)
            *y++ = a[i * t->a_pixel + c * t->a_channel] / b[i * t->b_pixel + c * t->b_channel];
}
