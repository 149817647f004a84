// SPDX-License-Identifier: MIT
// The largest number of each window.
#include "nn/export_c/runtime/clip.c"

static void run_max_pool_float(const pool *p, const float *x, float *y)
{
    for (int i = 0; i < p->out_h * p->out_w; i++) {
        const clip w = pool_clip(p, i / p->out_w, i % p->out_w);
        for (int c = 0; c < p->channels; c++) {
            float most = x[(w.top * p->in_w + w.left) * p->channels + c];
            for (int row = w.top; row < w.bottom; row++)
                for (int column = w.left; column < w.right; column++) {
                    const float v = x[(row * p->in_w + column) * p->channels + c];
                    most = v > most ? v : most;
                }
            *y++ = most;
        }
    }
}
