// SPDX-License-Identifier: MIT
// x / (1 + e^-x).
#include "nn/export_c/runtime/exponential.c"

static void run_silu(const float *x, float *y, int count)
{
    for (int i = 0; i < count; i++)
        y[i] = x[i] / (1 + exponential(-x[i]));
}
