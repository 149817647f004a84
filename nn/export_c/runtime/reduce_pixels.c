// SPDX-License-Identifier: MIT
// A number for each channel: the mean, sum or maximum over all pixels.
enum { REDUCE_MAX = 1 }; // kind; all others are sums times `part`

static void run_reduce_pixels(int kind, double part, const float *x, float *y, int channels,
                              int pixels)
{
    for (int c = 0; c < channels; c++) {
        double sum = 0;
        float most = x[c];
        for (int i = 0; i < pixels; i++) {
            const float v = x[i * channels + c];
            sum += (double)v;
            most = v > most ? v : most;
        }
        y[c] = kind == REDUCE_MAX ? most : (float)(sum * part);
    }
}
