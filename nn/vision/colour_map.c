// SPDX-License-Identifier: MIT
// Colour maps as curves through OKLab, walked at a constant speed.
#include "nn/vision/colour_map.h"

#include <math.h>
#include <stdbool.h>

enum { SAMPLES = 1024 };
#define PI 3.14159265358979323846

// Lightness 0 .. 1 and the two colour axes.
typedef struct lab {
    double l, a, b;
} lab;

// Linear sRGB, which may lie outside of 0 .. 1.
static void to_linear(const lab *c, double rgb[3])
{
    const double l = pow(c->l + 0.3963377774 * c->a + 0.2158037573 * c->b, 3);
    const double m = pow(c->l - 0.1055613458 * c->a - 0.0638541728 * c->b, 3);
    const double s = pow(c->l - 0.0894841775 * c->a - 1.2914855480 * c->b, 3);
    rgb[0] = 4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s;
    rgb[1] = -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s;
    rgb[2] = -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s;
}

static uint32_t to_rgb(const lab *c)
{
    double linear[3];
    uint32_t rgb = 0;
    to_linear(c, linear);
    for (int i = 0; i < 3; i++) {
        const double x = fmin(fmax(linear[i], 0), 1);
        const double y = x <= 0.0031308 ? 12.92 * x : 1.055 * pow(x, 1 / 2.4) - 0.055; // IEC 61966
        rgb = rgb << 8 | (uint32_t)lround(255 * y);
    }
    return rgb;
}

static lab polar(double lightness, double chroma, double degrees)
{
    const double angle = PI * degrees / 180;
    return (lab){lightness, chroma * cos(angle), chroma * sin(angle)};
}

static bool is_shown(const lab *c)
{
    double linear[3];
    to_linear(c, linear);
    for (int i = 0; i < 3; i++)
        if (linear[i] < 0 || linear[i] > 1)
            return false;
    return true;
}

// The most saturated colour that a screen shows with this lightness and hue.
static double find_chroma(double lightness, double degrees)
{
    double low = 0, high = 0.4;
    for (int i = 0; i < 30; i++) {
        const double middle = (low + high) / 2;
        const lab c = polar(lightness, middle, degrees);
        if (is_shown(&c))
            low = middle;
        else
            high = middle;
    }
    return low;
}

// The curve of a map at t in 0 .. 1.
static lab find_point(nn_colour_map map, double t)
{
    if (map == NN_COLOUR_HEAT) {
        const double lightness = 0.14 + 0.83 * t, degrees = 285 + 182 * t;
        return polar(lightness, fmin(0.92 * find_chroma(lightness, degrees), 0.19), degrees);
    }
    if (map == NN_COLOUR_SIGNED) {
        const double far = fabs(2 * t - 1);
        return polar(0.98 - 0.5 * far, 0.17 * far, t < 0.5 ? 258 : 27);
    }
    return (lab){t, 0, 0};
}

static double distance(const lab *p, const lab *q)
{
    return sqrt(pow(p->l - q->l, 2) + pow(p->a - q->a, 2) + pow(p->b - q->b, 2));
}

void nn_colour_map_fill(nn_colour_map map, uint32_t rgb[NN_COLOUR_STEPS])
{
    lab at[SAMPLES];
    double way[SAMPLES] = {0};
    for (int i = 0; i < SAMPLES; i++) {
        at[i] = find_point(map, (double)i / (SAMPLES - 1));
        way[i] = i ? way[i - 1] + distance(&at[i - 1], &at[i]) : 0;
    }
    for (int i = 0, k = 0; i < NN_COLOUR_STEPS; i++) {
        const double wanted = way[SAMPLES - 1] * i / (NN_COLOUR_STEPS - 1);
        while (k < SAMPLES - 2 && way[k + 1] < wanted)
            k++;
        const double part = fmin((wanted - way[k]) / (way[k + 1] - way[k]), 1);
        const lab c = {at[k].l + part * (at[k + 1].l - at[k].l),
                       at[k].a + part * (at[k + 1].a - at[k].a),
                       at[k].b + part * (at[k + 1].b - at[k].b)};
        rgb[i] = to_rgb(&c);
    }
}
