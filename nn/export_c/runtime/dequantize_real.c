// SPDX-License-Identifier: MIT
// Whole numbers that are float to what they stand for.
static void run_dequantize_real(const float *x, float *y, float scale, float zero, int count)
{
    for (int i = 0; i < count; i++)
        y[i] = (x[i] - zero) * scale;
}
