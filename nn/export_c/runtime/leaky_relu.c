// SPDX-License-Identifier: MIT
// x, and a part of what is below 0.
static void run_leaky_relu(const float *x, float *y, int count, float slope)
{
    for (int i = 0; i < count; i++)
        y[i] = x[i] < 0 ? slope * x[i] : x[i];
}
