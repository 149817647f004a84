// SPDX-License-Identifier: MIT
// x P(X <= x) of a standard normal variable X.
#include "nn/export_c/runtime/exponential.c"

// P(X <= -a) for a >= 0: the series of erf near 0, the continued fraction of erfc beyond.
static double gelu_tail(double a)
{
    const double density = 0.3989422804014327 * (double)exponential((float)(-0.5 * a * a));
    double term = a, sum = a, fraction = a;
    if (a > 2.5) {
        for (int n = 40; n > 0; n--)
            fraction = a + n / fraction;
        return density / fraction;
    }
    for (int n = 1; n < 40; n++) {
        term = term * a * a / (2 * n + 1);
        sum += term;
    }
    return 0.5 - density * sum;
}

static void run_gelu(const float *x, float *y, int count)
{
    for (int i = 0; i < count; i++) {
        const float a = x[i] < 0 ? -x[i] : x[i], most = a > 14.5f ? 14.5f : a;
        const float tail = most * (float)gelu_tail((double)most);
        y[i] = (x[i] < 0 ? 0 : x[i]) - tail;
    }
}
