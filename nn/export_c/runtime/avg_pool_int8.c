// SPDX-License-Identifier: MIT
// The mean of each window of bytes.
#include "nn/export_c/runtime/clip.c"
#include "nn/export_c/runtime/nearest.c"

typedef struct avg_pool_int8 {
    pool p;
    float in_scale, in_zero, out_scale, out_zero;
} avg_pool_int8;

static void run_avg_pool_int8(const avg_pool_int8 *a, const uint8_t *x, uint8_t *y)
{
    const pool *p = &a->p;
    for (int i = 0; i < p->out_h * p->out_w; i++) {
        const clip w = pool_clip(p, i / p->out_w, i % p->out_w);
        const float taps = (float)((w.bottom - w.top) * (w.right - w.left));
        const float scale = a->in_scale / (a->out_scale * (float)w.divisor);
        const float shift = a->out_zero - a->in_zero * taps * scale;
        for (int c = 0; c < p->channels; c++) {
            int32_t sum = 0;
            for (int row = w.top; row < w.bottom; row++)
                for (int column = w.left; column < w.right; column++)
                    sum += x[(row * p->in_w + column) * p->channels + c];
            float v = (float)sum * scale + shift;
            v = v > 0 ? v : 0;
            v = v < 255 ? v : 255;
            *y++ = (uint8_t)nearest(v);
        }
    }
}
