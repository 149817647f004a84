// SPDX-License-Identifier: MIT
// A number for each pixel: the mean, sum or maximum over all channels.
enum { CHANNELS_MAX = 1 }; // kind; all others are sums times `part`

static void run_reduce_channels(int kind, double part, const float *x, float *y, int channels,
                                int pixels)
{
    for (int i = 0; i < pixels; i++, x += channels) {
        double sum = 0;
        float most = x[0];
        for (int c = 0; c < channels; c++) {
            sum += (double)x[c];
            most = x[c] > most ? x[c] : most;
        }
        y[i] = kind == CHANNELS_MAX ? most : (float)(sum * part);
    }
}
