// SPDX-License-Identifier: MIT
// Probabilities: e^x over the sum of all of a row.
#include "nn/export_c/runtime/exponential.c"

static void run_softmax(const float *x, float *y, int count, int rows)
{
    for (int r = 0; r < rows; r++, x += count, y += count) {
        float most = x[0];
        double sum = 0;
        for (int i = 1; i < count; i++)
            most = x[i] > most ? x[i] : most;
        for (int i = 0; i < count; i++) {
            y[i] = exponential(x[i] - most);
            sum += (double)y[i];
        }
        for (int i = 0; i < count; i++)
            y[i] = (float)((double)y[i] / sum);
    }
}
