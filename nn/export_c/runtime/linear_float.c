// SPDX-License-Identifier: MIT
// A dense layer.
static void run_linear_float(const float *weight, const float *bias, const float *x, float *y,
                             int rows, int inputs, int outputs)
{
    for (int r = 0; r < rows; r++, x += inputs, y += outputs)
        for (int o = 0; o < outputs; o++) {
            double sum = 0;
            for (int i = 0; i < inputs; i++)
                sum += (double)weight[o * inputs + i] * (double)x[i];
            y[o] = (float)sum;
            if (bias)
                y[o] = y[o] + bias[o];
        }
}
