// SPDX-License-Identifier: MIT
// Rows, columns and channels of `value` around an image, or cut off where a count is negative.

// Sides of the input, of the output, and what is added before the input.
typedef struct pad_sides {
    int in_h, in_w, in_channels, out_h, out_w, out_channels, top, left, front;
} pad_sides;

static void run_pad_float(const pad_sides *p, float value, const float *x, float *y)
{
    for (int h = 0; h < p->out_h; h++)
        for (int w = 0; w < p->out_w; w++)
            for (int c = 0; c < p->out_channels; c++) {
                const int row = h - p->top, column = w - p->left, channel = c - p->front;
                const int inside = row >= 0 && row < p->in_h && column >= 0 && column < p->in_w &&
                                   channel >= 0 && channel < p->in_channels;
                *y++ = inside ? x[(row * p->in_w + column) * p->in_channels + channel] : value;
            }
}
