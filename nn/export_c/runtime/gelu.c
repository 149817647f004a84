// SPDX-License-Identifier: MIT
// x P(X <= x) of a standard normal variable X.
#include "nn/export_c/runtime/exponential_float.c"

// P(X <= -a) for 0 <= a <= 14.5: e^(-a^2 / 2) times a polynomial of 1 / (1 + 0.35 a) through nine
// Chebyshev points; a times its error is below 7e-8.
static float gelu_tail(float a)
{
    static const float part[] = {-5.21038055e-05f, 0.140774444f,   0.12913917f,
                                 0.174928248f,     -0.0673885942f, 0.321820289f,
                                 -0.28004092f,     0.0898546427f,  -0.00903516263f};
    const float u = 1 / (1 + 0.35f * a);
    float sum = part[8];
    for (int i = 7; i >= 0; i--)
        sum = sum * u + part[i];
    return sum * exponential_float(-0.5f * a * a);
}

static void run_gelu(const float *x, float *y, int count)
{
    for (int i = 0; i < count; i++) {
        const float a = x[i] < 0 ? -x[i] : x[i], most = a > 14.5f ? 14.5f : a;
        y[i] = (x[i] < 0 ? 0 : x[i]) - most * gelu_tail(most);
    }
}
