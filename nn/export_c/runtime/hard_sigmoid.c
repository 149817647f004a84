// SPDX-License-Identifier: MIT
// a x + b within 0 and 1.
static void run_hard_sigmoid(const float *x, float *y, float a, float b, int count)
{
    for (int i = 0; i < count; i++) {
        const float product = a * x[i], v = product + b;
        y[i] = v < 0 ? 0 : v > 1 ? 1 : v;
    }
}
