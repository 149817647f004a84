// SPDX-License-Identifier: MIT
// The part of a frame that is enlarged.
#include "plugins/upscale/window.h"

#include <math.h>

gboolean nero_window_parse(NeroUpscaleWindow *w, const char *text)
{
    double v[4];
    const char *at = text;
    for (int i = 0; i < 4 && at; i++) {
        char *end;
        v[i] = g_ascii_strtod(at, &end);
        const gboolean good = end != at && v[i] >= 0 && v[i] <= 1 && *end == (i < 3 ? ',' : '\0');
        at = good ? end + 1 : NULL;
    }
    if (!at || !(v[0] < v[2] && v[1] < v[3]))
        return FALSE;
    *w = (NeroUpscaleWindow){v[0], v[1], v[2], v[3]};
    return TRUE;
}

int nero_window_side(int side, double part)
{
    if (part >= 1)
        return side;
    const int wanted = ((int)(side * part + 0.5) + 1) / 2 * 2;
    return CLAMP(wanted, MIN(side, 2), side);
}

// The first pixel of `length` ones around `middle`.
static int place(double middle, int length, int side, unsigned grain)
{
    const double first = fmin(fmax(floor(middle - length / 2.0 + 0.5), 0), side - length);
    return (int)first >> grain << grain;
}

void nero_window_place(NeroUpscalePlace *p, const NeroUpscaleWindow *w, const nn_box *box,
                       int width, int height, unsigned grain_x, unsigned grain_y)
{
    const double x = box ? ((double)box->x0 + (double)box->x1) / 2 : (w->x0 + w->x1) / 2 * width;
    const double y = box ? ((double)box->y0 + (double)box->y1) / 2 : (w->y0 + w->y1) / 2 * height;
    p->width = nero_window_side(width, w->x1 - w->x0);
    p->height = nero_window_side(height, w->y1 - w->y0);
    p->x = place(isfinite(x) ? x : 0, p->width, width, grain_x);
    p->y = place(isfinite(y) ? y : 0, p->height, height, grain_y);
}
