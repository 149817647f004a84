// SPDX-License-Identifier: MIT
// Probabilities: e^x over the sum of all of a row.
#include "nn/export_c/runtime/exponential.c"

// Of an image, the engine adds up in float.
static void run_softmax(const float *x, float *y, int count, int rows)
{
    for (int r = 0; r < rows; r++, x += count, y += count) {
        float most = x[0], short_sum = 0;
        double sum = 0;
        for (int i = 1; i < count; i++)
            most = x[i] > most ? x[i] : most;
        for (int i = 0; i < count; i++) {
            const float v = x[i] - most;
            y[i] = exponential(v < -87 ? -87 : v);
            short_sum += y[i];
            sum += (double)y[i];
        }
        const float part = rows > 1 ? 1 / short_sum : (float)(1 / sum);
        for (int i = 0; i < count; i++)
            y[i] = y[i] * part;
    }
}
