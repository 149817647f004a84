// SPDX-License-Identifier: MIT
// x within low and high.
static void run_clamp(const float *x, float *y, float low, float high, int count)
{
    for (int i = 0; i < count; i++)
        y[i] = x[i] < low ? low : x[i] > high ? high : x[i];
}
