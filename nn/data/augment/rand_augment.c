// SPDX-License-Identifier: MIT
// RandAugment (Cubuk 2020, section 3): a few random operations, all with the same strength.
#include "nn/base/memory.h"
#include "nn/data/augment/augment_parts.h"

#include <math.h>
#include <string.h>

// Strength 10 (1 here) is the largest that AutoAugment uses (Cubuk 2019, table 6), except for
// translation, which is relative to the view.
#define MAX_TURN 30.0   // degrees
#define MAX_SHEAR 0.3   // pixels per pixel
#define MAX_SHIFT 0.3   // part of the view
#define MAX_CHANGE 0.9f // of factors around 1

typedef struct operation {
    const char *name;
    bool two_sided; // the strength has a random sign
    void (*move)(nn_affine *t, double strength, int h, int w);
    nn_status (*colour)(float *planes, int h, int w, float strength, nn_error *err);
} operation;

static void turn(nn_affine *t, double strength, int h, int w)
{
    const double angle = strength * MAX_TURN * 3.14159265358979323846 / 180;
    const double c = cos(angle), s = sin(angle);
    nn_affine_append(t, (double[4]){c, -s, s, c}, 0, 0, h, w);
}

static void shear_x(nn_affine *t, double strength, int h, int w)
{
    nn_affine_append(t, (double[4]){1, strength * MAX_SHEAR, 0, 1}, 0, 0, h, w);
}

static void shear_y(nn_affine *t, double strength, int h, int w)
{
    nn_affine_append(t, (double[4]){1, 0, strength * MAX_SHEAR, 1}, 0, 0, h, w);
}

static void shift_x(nn_affine *t, double strength, int h, int w)
{
    nn_affine_append(t, (double[4]){1, 0, 0, 1}, strength * MAX_SHIFT * w, 0, h, w);
}

static void shift_y(nn_affine *t, double strength, int h, int w)
{
    nn_affine_append(t, (double[4]){1, 0, 0, 1}, 0, strength * MAX_SHIFT * h, h, w);
}

// Stretches each channel over all levels.
static nn_status stretch_levels(float *planes, int h, int w, float strength, nn_error *err)
{
    (void)strength;
    (void)err;
    const int64_t n = (int64_t)h * w;
    for (float *p = planes; p < planes + 3 * n; p += n) {
        float low = p[0], high = p[0];
        for (int64_t i = 1; i < n; i++) {
            low = p[i] < low ? p[i] : low;
            high = p[i] > high ? p[i] : high;
        }
        for (int64_t i = 0; i < n && high - low > 1; i++)
            p[i] = (p[i] - low) * (255 / (high - low));
    }
    return NN_OK;
}

// Histogram equalisation of each channel: the level of a pixel becomes its rank.
static nn_status equalise(float *planes, int h, int w, float strength, nn_error *err)
{
    (void)strength;
    (void)err;
    const int64_t n = (int64_t)h * w;
    for (float *p = planes; p < planes + 3 * n; p += n) {
        int64_t below[257] = {0};
        for (int64_t i = 0; i < n; i++)
            below[(int)(nn_augment_clip(p[i]) + 0.5f) + 1]++;
        for (int i = 0; i < 256; i++)
            below[i + 1] += below[i];
        for (int64_t i = 0; i < n; i++) {
            const int level = (int)(nn_augment_clip(p[i]) + 0.5f);
            p[i] = 255 * (0.5f * (float)(below[level] + below[level + 1])) / (float)n;
        }
    }
    return NN_OK;
}

// Reduces the number of levels: 8 bits down to 4.
static nn_status posterise(float *planes, int h, int w, float strength, nn_error *err)
{
    (void)err;
    const float step = (float)(1 << (int)(4 * strength + 0.5f));
    for (int64_t i = 0; i < (int64_t)3 * h * w; i++)
        planes[i] = floorf(nn_augment_clip(planes[i]) / step) * step;
    return NN_OK;
}

// Inverts levels above a threshold.
static nn_status solarise(float *planes, int h, int w, float strength, nn_error *err)
{
    (void)err;
    const float threshold = 256 * (1 - strength);
    for (int64_t i = 0; i < (int64_t)3 * h * w; i++)
        planes[i] = planes[i] < threshold ? planes[i] : 255 - planes[i];
    return NN_OK;
}

static nn_status brighten(float *planes, int h, int w, float strength, nn_error *err)
{
    (void)err;
    for (int64_t i = 0; i < (int64_t)3 * h * w; i++)
        planes[i] = nn_augment_clip(planes[i] * (1 + MAX_CHANGE * strength));
    return NN_OK;
}

static float luma(const float *planes, int64_t n, int64_t i)
{
    return 0.299f * planes[i] + 0.587f * planes[n + i] + 0.114f * planes[2 * n + i];
}

// Moves values away from the mean grey of the picture, or towards it.
static nn_status change_contrast(float *planes, int h, int w, float strength, nn_error *err)
{
    (void)err;
    const int64_t n = (int64_t)h * w;
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += (double)luma(planes, n, i);
    const float mean = (float)(sum / (double)n), factor = 1 + MAX_CHANGE * strength;
    for (int64_t i = 0; i < 3 * n; i++)
        planes[i] = nn_augment_clip(mean + factor * (planes[i] - mean));
    return NN_OK;
}

// Moves values away from the grey of the pixel, or towards it.
static nn_status saturate(float *planes, int h, int w, float strength, nn_error *err)
{
    (void)err;
    const int64_t n = (int64_t)h * w;
    const float factor = 1 + MAX_CHANGE * strength;
    for (int64_t i = 0; i < n; i++) {
        const float grey = luma(planes, n, i);
        for (int c = 0; c < 3; c++)
            planes[c * n + i] = nn_augment_clip(grey + factor * (planes[c * n + i] - grey));
    }
    return NN_OK;
}

// Moves values away from the mean of the 3 x 3 pixels around (own weight 5), or towards it.
static nn_status sharpen(float *planes, int h, int w, float strength, nn_error *err)
{
    const int64_t n = (int64_t)h * w;
    const float factor = 1 + MAX_CHANGE * strength;
    float *old = nn_alloc(n * sizeof(float));
    if (!old)
        return nn_fail(err, NN_ENOMEM, "no memory to sharpen a picture");
    for (float *p = planes; p < planes + 3 * n; p += n) {
        memcpy(old, p, n * sizeof(float));
        for (int y = 1; y + 1 < h; y++)
            for (int x = 1; x + 1 < w; x++) {
                const float *q = old + (size_t)y * w + x;
                const float around =
                    q[-w - 1] + q[-w] + q[-w + 1] + q[-1] + q[1] + q[w - 1] + q[w] + q[w + 1];
                const float smooth = (around + 5 * q[0]) / 13;
                p[(size_t)y * w + x] = nn_augment_clip(smooth + factor * (q[0] - smooth));
            }
    }
    nn_free(old);
    return NN_OK;
}

static const operation operations[] = {
    {.name = "nothing"},
    {.name = "turn", .two_sided = true, .move = turn},
    {.name = "shear x", .two_sided = true, .move = shear_x},
    {.name = "shear y", .two_sided = true, .move = shear_y},
    {.name = "shift x", .two_sided = true, .move = shift_x},
    {.name = "shift y", .two_sided = true, .move = shift_y},
    {.name = "autocontrast", .colour = stretch_levels},
    {.name = "equalise", .colour = equalise},
    {.name = "posterise", .colour = posterise},
    {.name = "solarise", .colour = solarise},
    {.name = "brightness", .two_sided = true, .colour = brighten},
    {.name = "contrast", .two_sided = true, .colour = change_contrast},
    {.name = "saturation", .two_sided = true, .colour = saturate},
    {.name = "sharpness", .two_sided = true, .colour = sharpen},
};

enum { OPERATIONS = sizeof operations / sizeof *operations };

const char *nn_rand_name(int op)
{
    return op >= 0 && op < OPERATIONS ? operations[op].name : NULL;
}

nn_rand_plan nn_rand_draw(const nn_augment_options *o, nn_rng *rng)
{
    nn_rand_plan p = {.count = o->rand_count};
    for (int i = 0; i < p.count; i++) {
        p.step[i].op = (int)nn_rng_below(rng, OPERATIONS);
        p.step[i].strength = o->rand_strength / 10;
        if (operations[p.step[i].op].two_sided && nn_rng_uniform(rng) < 0.5f)
            p.step[i].strength = -p.step[i].strength;
    }
    return p;
}

void nn_rand_move(const nn_rand_plan *p, nn_affine *t, int h, int w)
{
    for (int i = 0; i < p->count; i++)
        if (operations[p->step[i].op].move)
            operations[p->step[i].op].move(t, (double)p->step[i].strength, h, w);
}

nn_status nn_rand_colour(const nn_rand_plan *p, float *planes, int h, int w, nn_error *err)
{
    nn_status status = NN_OK;
    for (int i = 0; i < p->count && status == NN_OK; i++)
        if (operations[p->step[i].op].colour)
            status = operations[p->step[i].op].colour(planes, h, w, p->step[i].strength, err);
    return status;
}
