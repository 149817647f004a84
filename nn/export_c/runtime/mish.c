// SPDX-License-Identifier: MIT
// x tanh(log(1 + e^x)).
#include "nn/export_c/runtime/exponential_float.c"

static void run_mish(const float *x, float *y, int count)
{
    for (int i = 0; i < count; i++) {
        const float e = exponential_float(x[i] > 20 ? 20 : x[i]), w = e * (e + 2);
        y[i] = x[i] * (w / (w + 2));
    }
}
