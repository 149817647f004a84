// SPDX-License-Identifier: MIT
// Float to bytes.
#include "nn/export_c/runtime/quantize.c"

static void run_quantize(const float *x, uint8_t *y, float scale, float zero, int count)
{
    for (int i = 0; i < count; i++)
        y[i] = quantize_one(x[i], scale, zero);
}
