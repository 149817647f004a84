// SPDX-License-Identifier: MIT
// A factor and a sum for each channel.
static void run_affine_float(const float *scale, const float *shift, const float *x, float *y,
                             int channels, int pixels)
{
    for (int i = 0; i < pixels; i++)
        for (int c = 0; c < channels; c++) {
            const float product = *x++ * scale[c];
            *y++ = product + shift[c];
        }
}
