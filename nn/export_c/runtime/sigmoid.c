// SPDX-License-Identifier: MIT
// 1 / (1 + e^-x).
#include "nn/export_c/runtime/exponential.c"

static void run_sigmoid(const float *x, float *y, int count)
{
    for (int i = 0; i < count; i++)
        y[i] = 1 / (1 + exponential(-x[i]));
}
