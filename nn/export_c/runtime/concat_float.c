// SPDX-License-Identifier: MIT
// An input into the pixels of a concatenation.
#include <string.h>

static void run_concat_float(const float *x, float *y, int channels, int all, int pixels)
{
    for (int i = 0; i < pixels; i++)
        memcpy(y + i * all, x + i * channels, (size_t)channels * sizeof *x);
}
