// SPDX-License-Identifier: MIT
// Float to whole numbers that stay float.
#include "nn/export_c/runtime/nearest.c"

static void run_quantize_real(const float *x, float *y, float scale, float zero, float low,
                              float high, int count)
{
    for (int i = 0; i < count; i++) {
        float v = x[i] / scale;
        v = v > low - zero ? v : low - zero;
        v = v < high - zero ? v : high - zero;
        y[i] = (float)nearest(v) + zero;
    }
}
