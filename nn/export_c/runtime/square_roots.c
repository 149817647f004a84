// SPDX-License-Identifier: MIT
// The square root of each number.
#include "nn/export_c/runtime/square_root.c"

static void run_square_roots(const float *x, float *y, int count)
{
    for (int i = 0; i < count; i++)
        y[i] = square_root(x[i]);
}
