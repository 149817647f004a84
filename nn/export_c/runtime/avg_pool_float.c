// SPDX-License-Identifier: MIT
// The mean of each window.
#include "nn/export_c/runtime/clip.c"

static void run_avg_pool_float(const pool *p, const float *x, float *y)
{
    for (int i = 0; i < p->out_h * p->out_w; i++) {
        const clip w = pool_clip(p, i / p->out_w, i % p->out_w);
        const float part = 1.0f / (float)w.divisor;
        for (int c = 0; c < p->channels; c++) {
            double sum = 0;
            for (int row = w.top; row < w.bottom; row++)
                for (int column = w.left; column < w.right; column++)
                    sum += (double)x[(row * p->in_w + column) * p->channels + c];
            *y++ = (float)(sum * (double)part);
        }
    }
}
