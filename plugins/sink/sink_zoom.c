// SPDX-License-Identifier: MIT
// Zooms, moves and follows, inside of the picture's borders.
#include "plugins/sink/sink_zoom.h"

#include <math.h>

static float scale_of(const NeroZoom *z)
{
    return z->scale > 1 ? z->scale : 1;
}

static void keep_inside(NeroZoom *z)
{
    const float half = 0.5f / scale_of(z);
    z->x = CLAMP(z->x, half, 1 - half);
    z->y = CLAMP(z->y, half, 1 - half);
}

SDL_Rect nero_zoom_area(const NeroZoom *z, const SDL_Rect *fit)
{
    const float s = scale_of(z);
    if (s <= 1)
        return *fit;
    SDL_Rect r = {0, 0, (int)lrintf((float)fit->w * s), (int)lrintf((float)fit->h * s)};
    r.x = fit->x + fit->w / 2 - (int)lrintf(z->x * (float)r.w);
    r.y = fit->y + fit->h / 2 - (int)lrintf(z->y * (float)r.h);
    r.x = CLAMP(r.x, fit->x + fit->w - r.w, fit->x);
    r.y = CLAMP(r.y, fit->y + fit->h - r.h, fit->y);
    return r;
}

void nero_zoom_wheel(NeroZoom *z, const SDL_Rect *fit, float x, float y, float steps)
{
    const SDL_Rect before = nero_zoom_area(z, fit);
    const float px = (x - (float)before.x) / (float)MAX(before.w, 1);
    const float py = (y - (float)before.y) / (float)MAX(before.h, 1);
    const float scale = CLAMP(scale_of(z) * powf(1.25f, steps), 1, NERO_ZOOM_MOST);
    z->scale = scale < 1.01f ? 1 : scale;
    z->follows = FALSE;
    z->x = px + ((float)fit->x + (float)fit->w / 2 - x) / ((float)MAX(fit->w, 1) * z->scale);
    z->y = py + ((float)fit->y + (float)fit->h / 2 - y) / ((float)MAX(fit->h, 1) * z->scale);
    keep_inside(z);
}

void nero_zoom_drag(NeroZoom *z, const SDL_Rect *fit, float dx, float dy)
{
    z->x -= dx / ((float)MAX(fit->w, 1) * scale_of(z));
    z->y -= dy / ((float)MAX(fit->h, 1) * scale_of(z));
    keep_inside(z);
}

void nero_zoom_follow(NeroZoom *z, const nn_box *b, int width, int height)
{
    const float step = 0.15f, w = (float)MAX(width, 1), h = (float)MAX(height, 1);
    const float part = fmaxf((b->y1 - b->y0) / h, (b->x1 - b->x0) / w);
    const float want = CLAMP(1 / (3 * fmaxf(part, 1e-3f)), 1, NERO_ZOOM_MOST / 2);
    if (!(z->scale > 1)) {
        z->scale = 1;
        z->x = z->y = 0.5f;
    }
    z->scale += step * (want - z->scale);
    z->x += step * ((b->x0 + b->x1) / (2 * w) - z->x);
    z->y += step * ((b->y0 + b->y1) / (2 * h) - z->y);
    keep_inside(z);
}
