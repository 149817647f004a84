// SPDX-License-Identifier: MIT
// The largest byte of each window.
#include "nn/export_c/runtime/clip.c"

#include <stdint.h>

static void run_max_pool_int8(const pool *p, const uint8_t *x, uint8_t *y)
{
    for (int i = 0; i < p->out_h * p->out_w; i++) {
        const clip w = pool_clip(p, i / p->out_w, i % p->out_w);
        for (int c = 0; c < p->channels; c++) {
            uint8_t most = 0;
            for (int row = w.top; row < w.bottom; row++)
                for (int column = w.left; column < w.right; column++) {
                    const uint8_t v = x[(row * p->in_w + column) * p->channels + c];
                    most = v > most ? v : most;
                }
            *y++ = most;
        }
    }
}
