// SPDX-License-Identifier: MIT
// Pixels to planes, the order in which images become vectors; back with the counts exchanged.
static void run_planes(const float *x, float *y, int channels, int pixels)
{
    for (int c = 0; c < channels; c++)
        for (int i = 0; i < pixels; i++)
            *y++ = x[i * channels + c];
}
