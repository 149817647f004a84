// SPDX-License-Identifier: MIT
// Simple fog, rain and snow: veils, streaks and flakes.
#include "nn/data/augment/camera_effects.h"

#include "nn/base/arith.h"

#include <math.h>

// Blends towards a level, by `top` at the upper edge and `bottom` at the lower one.
static void veil(const nn_camera_view *v, float level, float top, float bottom)
{
    const ptrdiff_t n = nn_camera_pixels(v);
    for (int y = 0; y < v->h; y++) {
        const float part = top + (bottom - top) * ((float)y + 0.5f) / (float)v->h;
        for (int c = 0; c < 3; c++) {
            float *row = v->planes + c * n + (ptrdiff_t)y * v->w;
            for (int x = 0; x < v->w; x++)
                row[x] += part * (level - row[x]);
        }
    }
}

nn_status nn_camera_fog(const nn_camera_view *v, float amount, nn_rng *rng, nn_error *err)
{
    (void)err;
    // The upper part of a picture is usually farther away.
    const float bottom = 0.75f * amount * nn_rng_range(rng, 0.3f, 1);
    veil(v, nn_rng_range(rng, 150, 235), 0.75f * amount, bottom);
    return NN_OK;
}

// Blends a pixel towards a level.
static void touch(const nn_camera_view *v, int x, int y, float level, float part)
{
    if (x < 0 || y < 0 || x >= v->w || y >= v->h || !(part > 0))
        return;
    const ptrdiff_t n = nn_camera_pixels(v);
    float *p = v->planes + (ptrdiff_t)y * v->w + x;
    for (int c = 0; c < 3; c++, p += n)
        *p += nn_min_float(part, 1) * (level - *p);
}

// Draws a streak down from (x, y), `slope` pixels to the right a row.
static void draw_streak(const nn_camera_view *v, float x, float y, float length, float slope,
                        float level, float part)
{
    for (int i = 0; i < (int)length; i++, x += slope) {
        const float left = floorf(x), rest = x - left;
        touch(v, (int)left, (int)y + i, level, part * (1 - rest));
        touch(v, (int)left + 1, (int)y + i, level, part * rest);
    }
}

nn_status nn_camera_rain(const nn_camera_view *v, float amount, nn_rng *rng, nn_error *err)
{
    (void)err;
    const float size = (float)nn_max(v->h, v->w);
    const float slope = nn_rng_range(rng, -0.4f, 0.4f), level = nn_rng_range(rng, 160, 230);
    const int count = (int)(amount * 0.003f * (float)nn_camera_pixels(v));
    veil(v, 150, 0.25f * amount, 0.25f * amount);
    for (int i = 0; i < count; i++) {
        const float x = nn_rng_range(rng, 0, (float)v->w), length = size * 0.02f;
        const float y = nn_rng_range(rng, -length, (float)v->h);
        draw_streak(v, x, y, length * nn_rng_range(rng, 0.6f, 2.4f), slope, level,
                    nn_rng_range(rng, 0.1f, 0.45f));
    }
    return NN_OK;
}

static void draw_flake(const nn_camera_view *v, float x, float y, float radius, float part)
{
    const int reach = (int)ceilf(radius);
    for (int dy = -reach; dy <= reach; dy++)
        for (int dx = -reach; dx <= reach; dx++) {
            const float far = sqrtf((float)(dx * dx + dy * dy)) / (radius + 0.5f);
            touch(v, (int)x + dx, (int)y + dy, 245, part * (1 - far * far));
        }
}

nn_status nn_camera_snow(const nn_camera_view *v, float amount, nn_rng *rng, nn_error *err)
{
    (void)err;
    const float size = (float)nn_max(v->h, v->w) / 416;
    const int count = (int)(amount * 0.0025f * (float)nn_camera_pixels(v));
    veil(v, 205, 0.3f * amount, 0.2f * amount);
    for (int i = 0; i < count; i++) {
        const float u = nn_rng_uniform(rng); // near flakes are large and few
        const float radius = size * (0.5f + 2.5f * u * u * u);
        const float x = nn_rng_range(rng, 0, (float)v->w), y = nn_rng_range(rng, 0, (float)v->h);
        draw_flake(v, x, y, radius, nn_rng_range(rng, 0.4f, 0.95f));
    }
    return NN_OK;
}
