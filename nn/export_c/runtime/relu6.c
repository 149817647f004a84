// SPDX-License-Identifier: MIT
// x within 0 and 6.
static void run_relu6(const float *x, float *y, int count)
{
    for (int i = 0; i < count; i++)
        y[i] = x[i] < 0 ? 0 : x[i] > 6 ? 6 : x[i];
}
