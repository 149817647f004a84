// SPDX-License-Identifier: MIT
// max(x, 0).
static void run_relu(const float *x, float *y, int count)
{
    for (int i = 0; i < count; i++)
        y[i] = x[i] < 0 ? 0 : x[i];
}
