// SPDX-License-Identifier: MIT
// x, and a tenth of what is below 0.
static void run_leaky_relu(const float *x, float *y, int count)
{
    for (int i = 0; i < count; i++)
        y[i] = x[i] < 0 ? 0.1f * x[i] : x[i];
}
