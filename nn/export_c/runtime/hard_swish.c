// SPDX-License-Identifier: MIT
// x times (x + 3) / 6 within 0 and 1.
static void run_hard_swish(const float *x, float *y, int count)
{
    for (int i = 0; i < count; i++) {
        const float v = x[i] + 3, part = v < 0 ? 0 : v > 6 ? 6 : v;
        y[i] = x[i] * (part * (1.0f / 6));
    }
}
