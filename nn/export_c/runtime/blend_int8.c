// SPDX-License-Identifier: MIT
// Pixels of bytes between two rows and two columns: bilinear resizing.
#include "nn/export_c/runtime/between.c"
#include "nn/export_c/runtime/fused.c"
#include "nn/export_c/runtime/nearest.c"

// Zero points of input and output, and the scale of the input over that of the output.
typedef struct blend_int8 {
    float zero, scale, out_zero;
} blend_int8;

static uint8_t blend_byte(const blend_int8 *b, float mixed)
{
    float v = (mixed - b->zero) * b->scale;
    v = v < -b->out_zero ? -b->out_zero : v;
    v = v > 255 - b->out_zero ? 255 - b->out_zero : v;
    return (uint8_t)(nearest(v) + (int32_t)b->out_zero);
}

static void run_blend_int8(const blend_int8 *blend, const between *rows, const between *columns,
                           const uint8_t *x, uint8_t *y, int in_w, int channels, int out_h,
                           int out_w)
{
    for (int i = 0; i < out_h * out_w; i++) {
        const between r = rows[i / out_w], c = columns[i % out_w];
        const uint8_t *top = x + r.a * in_w * channels, *bottom = x + r.b * in_w * channels;
        for (int k = 0; k < channels; k++) {
            const int a = c.a * channels + k, b = c.b * channels + k;
            const float upper = fused(c.weight, (float)(top[b] - top[a]), top[a]);
            const float lower = fused(c.weight, (float)(bottom[b] - bottom[a]), bottom[a]);
            *y++ = blend_byte(blend, fused(r.weight, lower - upper, upper));
        }
    }
}
