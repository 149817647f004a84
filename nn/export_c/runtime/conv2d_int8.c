// SPDX-License-Identifier: MIT
// Convolution of bytes.
#include "nn/export_c/runtime/dot.c"
#include "nn/export_c/runtime/patch.c"
#include "nn/export_c/runtime/requant_byte.c"

typedef struct conv2d_int8 {
    window w;
    int groups, outputs; // outputs of a group
    int quads;           // inputs of a sum / 4
    uint8_t direct;      // a sum reads the bytes of a pixel where they lie
    uint8_t real;        // results are float
    const uint8_t *border;
    const int8_t *weight;
    const int32_t *start;
    requant r;
} conv2d_int8;

static void conv2d_int8_store(const conv2d_int8 *c, void *y, const uint8_t *skip, int pixel,
                              int channel, int32_t sum)
{
    const int at = pixel * c->groups * c->outputs + channel;
    skip = skip ? skip + at : skip;
    if (c->real)
        ((float *)y)[at] = requant_real(&c->r, channel, sum, skip);
    else
        ((uint8_t *)y)[at] = (uint8_t)requant_byte(&c->r, channel, sum, skip);
}

// One or two pixels, all outputs of a group.
static void conv2d_int8_pixels(const conv2d_int8 *c, int group, const uint8_t *x0,
                               const uint8_t *x1, void *y, const uint8_t *skip, int pixel, int two)
{
    const int pairs = (c->outputs + 1) / 2;
    const int8_t *weight = c->weight + group * pairs * c->quads * 8;
    const int32_t *start = c->start + group * pairs * 2;
    for (int o = 0; o < c->outputs; o += 2, start += 2, weight += c->quads * 8) {
        int32_t sum[4] = {start[0], start[1], start[0], start[1]};
        const int channel = group * c->outputs + o, both = o + 1 < c->outputs;
        dot_pairs(sum, x0, x1, weight, c->quads);
        conv2d_int8_store(c, y, skip, pixel, channel, sum[0]);
        if (both)
            conv2d_int8_store(c, y, skip, pixel, channel + 1, sum[1]);
        if (two)
            conv2d_int8_store(c, y, skip, pixel + 1, channel, sum[2]);
        if (two && both)
            conv2d_int8_store(c, y, skip, pixel + 1, channel + 1, sum[3]);
    }
}

static void run_conv2d_int8(const conv2d_int8 *c, const uint8_t *x, void *y, const uint8_t *skip,
                            uint8_t *scratch)
{
    const window *w = &c->w;
    const int pixels = w->out_h * w->out_w, part = w->channels / c->groups;
    uint8_t *patch = scratch, *next = scratch + 4 * c->quads;
    for (int g = 0; g < c->groups; g++)
        for (int i = 0; i < pixels; i += 2) {
            const int two = i + 1 < pixels;
            const uint8_t *x0 = patch, *x1 = two ? next : patch;
            if (c->direct) {
                x0 = x + i * w->channels;
                x1 = two ? x0 + w->channels : x0;
            } else {
                copy_patch(w, x + g * part, c->border, part, w->channels, i, patch);
                if (two)
                    copy_patch(w, x + g * part, c->border, part, w->channels, i + 1, next);
            }
            conv2d_int8_pixels(c, g, x0, x1, y, skip, i, two);
        }
}
