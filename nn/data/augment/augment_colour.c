// SPDX-License-Identifier: MIT
// Random colours of a view, and its normalisation.
#include "nn/base/arith.h"
#include "nn/data/augment/augment_parts.h"

#include <math.h>
#include <string.h>

// m (3 x 3) = a * m
static void multiply(float m[9], const float a[9])
{
    float r[9];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            r[3 * i + j] = a[3 * i] * m[j] + a[3 * i + 1] * m[3 + j] + a[3 * i + 2] * m[6 + j];
    memcpy(m, r, sizeof r);
}

// Random colour matrix; saturation and hue as in SVG 1.1, section 15.10.
static void random_colour(const nn_augment_options *o, nn_rng *rng, float m[9], float offset[3])
{
    float gain = 1 + nn_rng_range(rng, -o->contrast * o->colour, o->contrast * o->colour);
    float s = 1 + nn_rng_range(rng, -o->saturation * o->colour, o->saturation * o->colour);
    float turn = 6.28318531f * nn_rng_range(rng, -o->hue, o->hue);
    offset[0] = offset[1] = offset[2] =
        255 * nn_rng_range(rng, -o->brightness * o->colour, o->brightness * o->colour);
    const float luma[3] = {0.213f, 0.715f, 0.072f};
    const float swing[9] = {-0.213f, -0.715f, 0.928f, 0.143f, 0.140f,
                            -0.283f, -0.787f, 0.715f, 0.072f};
    float c = cosf(turn), n = sinf(turn), saturation[9], hue[9];
    for (int i = 0; i < 9; i++) {
        float one = i % 4 == 0, grey = luma[i % 3];
        m[i] = one * gain;
        saturation[i] = grey + s * (one - grey);
        hue[i] = grey + c * (one - grey) + n * swing[i];
    }
    multiply(m, saturation);
    multiply(m, hue);
}

// Shift along the principal axes of colours (Krizhevsky 2012, section 4.1). Axes (columns) and
// variances are those of ImageNet's training pictures for levels of 0..1, as published with
// fb.resnet.torch. A data set of a few hundred pictures would give worse ones.
static void add_lighting(float offset[3], float deviation, nn_rng *rng)
{
    static const float axes[3][3] = {{-0.5675f, 0.7192f, 0.4009f},
                                     {-0.5808f, -0.0045f, -0.8140f},
                                     {-0.5836f, -0.6948f, 0.4203f}};
    static const float variance[3] = {0.2175f, 0.0188f, 0.0045f};
    for (int k = 0; k < 3; k++) {
        const float along = 255 * deviation * variance[k] * nn_rng_normal(rng);
        for (int c = 0; c < 3; c++)
            offset[c] += axes[c][k] * along;
    }
}

// Unlike fminf and fmaxf these become one instruction each.
// Channel of the hexcone model (Smith 1978) that is `lag` sixths behind red.
static float from_hsv(float lag, float hue, float chroma, float value)
{
    float k = lag + hue;
    k = k < 6 ? k : k - 6;
    return value - chroma * nn_max_float(0, nn_min_float(nn_min_float(k, 4 - k), 1));
}

// hue in sixths of a turn, 0..6.
static float hue_of(float r, float g, float b, float top, float chroma)
{
    if (chroma <= 0)
        return 0;
    const float h = top == r   ? (g - b) / chroma
                    : top == g ? 2 + (b - r) / chroma
                               : 4 + (r - g) / chroma;
    return h < 0 ? h + 6 : h;
}

static void change_hsv(float *planes, int64_t n, const float range[3], nn_rng *rng)
{
    float turn = 6 * nn_rng_range(rng, -range[0], range[0]);
    const float saturation = 1 + nn_rng_range(rng, -range[1], range[1]);
    const float light = 1 + nn_rng_range(rng, -range[2], range[2]);
    float *r = planes, *g = planes + n, *b = planes + 2 * n;
    turn = turn < 0 ? turn + 6 : turn;
    for (int64_t i = 0; i < n; i++) {
        const float top = nn_max_float(r[i], nn_max_float(g[i], b[i])),
                    low = nn_min_float(r[i], nn_min_float(g[i], b[i]));
        float hue = hue_of(r[i], g[i], b[i], top, top - low) + turn;
        hue = hue < 6 ? hue : hue - 6;
        const float value = nn_min_float(top * light, 255);
        const float chroma = top > 0 ? value * nn_min_float((top - low) / top * saturation, 1) : 0;
        r[i] = from_hsv(5, hue, chroma, value);
        g[i] = from_hsv(3, hue, chroma, value);
        b[i] = from_hsv(1, hue, chroma, value);
    }
}

void nn_augment_colour(float *planes, int64_t n, const nn_augment_options *o, nn_rng *rng)
{
    float m[9], offset[3], scale[3], shift[3];
    if (o->hsv[0] > 0 || o->hsv[1] > 0 || o->hsv[2] > 0)
        change_hsv(planes, n, o->hsv, rng);
    random_colour(o, rng, m, offset);
    if (o->lighting > 0)
        add_lighting(offset, o->lighting, rng);
    for (int c = 0; c < 3; c++) {
        scale[c] = 1 / (255 * o->std[c]);
        shift[c] = -o->mean[c] / o->std[c];
    }
    float *r = planes, *g = planes + n, *b = planes + 2 * n;
    for (int64_t i = 0; i < n; i++) {
        float x = r[i], y = g[i], z = b[i];
        r[i] = nn_augment_clip(m[0] * x + m[1] * y + m[2] * z + offset[0]) * scale[0] + shift[0];
        g[i] = nn_augment_clip(m[3] * x + m[4] * y + m[5] * z + offset[1]) * scale[1] + shift[1];
        b[i] = nn_augment_clip(m[6] * x + m[7] * y + m[8] * z + offset[2]) * scale[2] + shift[2];
    }
}
