// SPDX-License-Identifier: MIT
// Compound scaling: depth, width and input of a network from one number.
#include "nn/zoo/scaling.h"

#include <math.h>
#include <string.h>

enum { GRID = 32 };

static const struct {
    const char *name;
    double phi;
} scales[] = {{"nano", -6}, {"s", -3}, {"m", 0}, {"l", 2}, {"x", 4}};

double nn_zoo_scale_phi(const char *scale)
{
    for (size_t i = 0; i < sizeof scales / sizeof *scales; i++)
        if (strcmp(scales[i].name, scale) == 0)
            return scales[i].phi;
    return 0;
}

// Rounded, so that every libm gives the same number, and a card is easy to read.
static float power(double base, double phi)
{
    return (float)(round(100 * pow(base, phi)) / 100);
}

void nn_zoo_scale(const nn_zoo_scaling *s, double phi, float *alpha, float *beta)
{
    *alpha = power(s->width, phi);
    *beta = power(s->depth, phi);
}

int nn_zoo_scale_side(const nn_zoo_scaling *s, double phi, int side)
{
    const int cells = (int)(side * pow(s->input, phi) / GRID + 0.5);
    return (cells > 0 ? cells : 1) * GRID;
}
