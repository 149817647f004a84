// SPDX-License-Identifier: MIT
// The product of two images of bytes.
#include "nn/export_c/runtime/nearest.c"

typedef struct mul_int8 {
    int32_t zero[2], out_zero;
    float scale, low, high;
} mul_int8;

static void run_mul_int8(const mul_int8 *m, const uint8_t *a, const uint8_t *b, uint8_t *y,
                         int count)
{
    for (int i = 0; i < count; i++) {
        float v = (float)((a[i] - m->zero[0]) * (b[i] - m->zero[1])) * m->scale;
        v = v < m->low ? m->low : v;
        v = v > m->high ? m->high : v;
        y[i] = (uint8_t)(nearest(v) + m->out_zero);
    }
}
