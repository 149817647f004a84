// SPDX-License-Identifier: MIT
// Rows with a mean of 0 and a variance of 1, times a weight, plus a bias.
#include "nn/export_c/runtime/square_root.c"

// One over the root of x > 0 in double precision: a step of Newton's method makes the digits of a
// float twice as many.
static double inverse_root(double x)
{
    const double y = 1 / (double)square_root((float)x);
    return y * (1.5 - 0.5 * x * y * y);
}

// bias: NULL: none.
static void run_layer_norm(const float *weight, const float *bias, float eps, const float *x,
                           float *y, int count, int rows)
{
    for (int r = 0; r < rows; r++, x += count, y += count) {
        double sum = 0, squares = 0;
        for (int i = 0; i < count; i++)
            sum += (double)x[i];
        const float mean = (float)(sum / count);
        for (int i = 0; i < count; i++)
            squares += ((double)x[i] - (double)mean) * ((double)x[i] - (double)mean);
        const float inverse = (float)inverse_root(squares / count + (double)eps);
        for (int i = 0; i < count; i++)
            y[i] = (x[i] - mean) * inverse * weight[i] + (bias ? bias[i] : 0);
    }
}
