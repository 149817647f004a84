// SPDX-License-Identifier: MIT
// Convolution of float images. Each sum is made of sums of eight products, which keeps rounding
// small.
#include "nn/export_c/runtime/patch.c"

typedef struct conv2d_float {
    window w;
    int groups, outputs, depth;          // outputs of a group; inputs of a sum
    const float *border, *weight, *bias; // bias NULL: 0
} conv2d_float;

static float conv2d_float_dot(const float *x, const float *w, int n, float sum)
{
    for (; n >= 8; n -= 8, x += 8, w += 8)
        sum += ((x[0] * w[0] + x[1] * w[1]) + (x[2] * w[2] + x[3] * w[3])) +
               ((x[4] * w[4] + x[5] * w[5]) + (x[6] * w[6] + x[7] * w[7]));
    float rest = 0;
    for (int i = 0; i < n; i++)
        rest += x[i] * w[i];
    return sum + rest;
}

// skip: added to the sums; NULL: nothing.
static void run_conv2d_float(const conv2d_float *c, const float *x, float *y, const float *skip,
                             float *patch)
{
    const int pixels = c->w.out_h * c->w.out_w, part = c->w.channels / c->groups;
    const int size = (int)sizeof(float);
    for (int i = 0; i < pixels; i++)
        for (int g = 0; g < c->groups; g++) {
            copy_patch(&c->w, (const uint8_t *)(x + g * part), (const uint8_t *)c->border,
                       part * size, c->w.channels * size, i, (uint8_t *)patch);
            for (int o = g * c->outputs; o < (g + 1) * c->outputs; o++) {
                float sum = conv2d_float_dot(patch, c->weight + o * c->depth, c->depth,
                                             c->bias ? c->bias[o] : 0);
                *y++ = skip ? sum + *skip++ : sum;
            }
        }
}
