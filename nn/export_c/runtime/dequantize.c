// SPDX-License-Identifier: MIT
// Bytes to float.
#include <stdint.h>

static void run_dequantize(const uint8_t *x, float *y, float scale, float zero, int count)
{
    for (int i = 0; i < count; i++)
        y[i] = ((float)x[i] - zero) * scale;
}
