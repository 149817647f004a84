// SPDX-License-Identifier: MIT
// Erases rectangles, and blends views with others.
#include "nn/data/augment/augment_parts.h"

#include <math.h>
#include <string.h>

typedef struct rectangle {
    int x0, y0, x1, y1;
} rectangle;

// Places a rectangle of this area (as a part of the view) and ratio of height to width inside the
// view.
static bool place_rectangle(rectangle *r, int h, int w, double area, double ratio, nn_rng *rng)
{
    const int height = (int)(sqrt(area * h * w * ratio) + 0.5);
    const int width = (int)(sqrt(area * h * w / ratio) + 0.5);
    if (height < 1 || width < 1 || height > h || width > w)
        return false;
    r->x0 = (int)nn_rng_below(rng, w - width + 1);
    r->y0 = (int)nn_rng_below(rng, h - height + 1);
    r->x1 = r->x0 + width;
    r->y1 = r->y0 + height;
    return true;
}

void nn_augment_erase(float *planes, uint8_t *labels, int h, int w, const nn_augment_options *o,
                      nn_rng *rng)
{
    enum { ATTEMPTS = 20 };
    const float slim = logf(0.3f); // ratios of 0.3 to 1 / 0.3 (Zhong 2020, section 4.1)
    rectangle r;
    bool found = false;
    if (!(o->erase > 0) || !(nn_rng_uniform(rng) < o->erase))
        return;
    for (int i = 0; i < ATTEMPTS && !found; i++) {
        const double area = nn_rng_range(rng, o->erase_area[0], o->erase_area[1]);
        found = place_rectangle(&r, h, w, area, exp(nn_rng_range(rng, slim, -slim)), rng);
    }
    for (int c = 0; c < 3 && found; c++) {
        const float scale = 1 / o->std[c], shift = -o->mean[c] / o->std[c];
        for (int y = r.y0; y < r.y1; y++)
            for (int x = r.x0; x < r.x1; x++)
                planes[((size_t)c * h + y) * w + x] = nn_rng_uniform(rng) * scale + shift;
    }
    for (int y = r.y0; y < r.y1 && found && labels; y++)
        memset(labels + (size_t)y * w + r.x0, NN_MASK_IGNORE, (size_t)(r.x1 - r.x0));
}

// Draws from Gamma(a, 1) by squeeze and rejection (Marsaglia, Tsang 2000); a < 1 by raising a
// (section 6).
static double draw_gamma(double a, nn_rng *rng)
{
    const double u = 1 - (double)nn_rng_uniform(rng); // above 0
    const double raise = a < 1 ? pow(u, 1 / a) : 1;
    const double d = (a < 1 ? a + 1 : a) - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        const double x = (double)nn_rng_normal(rng), root = 1 + c * x, v = root * root * root;
        const double test = 1 - (double)nn_rng_uniform(rng);
        if (v > 0 && log(test) < 0.5 * x * x + d - d * v + d * log(v))
            return d * v * raise;
    }
}

double nn_augment_beta(double a, nn_rng *rng)
{
    const double x = draw_gamma(a, rng), y = draw_gamma(a, rng);
    return x + y > 0 ? x / (x + y) : nn_rng_uniform(rng) < 0.5f; // both underflowed
}

bool nn_augment_wants_mix(const nn_view *v, const nn_augment_options *o, nn_rng *rng)
{
    const bool any = o->mixup > 0 || (o->cutmix > 0 && v->classes > 0);
    return any && !v->labels && !v->text && o->mix > 0 && nn_rng_uniform(rng) < o->mix;
}

// Pastes a rectangle with about 1 - keep of the area from the same place of the other view, around
// a random centre (Yun 2019, section 3.1). Returns the part that is kept.
static double paste(nn_view *v, const nn_view *other, double keep, nn_rng *rng)
{
    const int h = v->height, w = v->width;
    const double side = sqrt(1 - keep);
    const int height = (int)(side * h), width = (int)(side * w);
    const int y = (int)nn_rng_below(rng, h) - height / 2;
    const int x = (int)nn_rng_below(rng, w) - width / 2;
    const int y0 = y > 0 ? y : 0, y1 = y + height < h ? y + height : h;
    const int x0 = x > 0 ? x : 0, x1 = x + width < w ? x + width : w;
    for (int c = 0; c < 3; c++)
        for (int row = y0; row < y1; row++) {
            const size_t at = ((size_t)c * h + row) * w + x0;
            memcpy(v->planes + at, other->planes + at, sizeof(float) * (size_t)(x1 - x0));
        }
    return 1 - (double)(y1 - y0) * (x1 - x0) / ((double)h * w);
}

static void blend(float *a, const float *b, double keep, int64_t n)
{
    const float rest = (float)(1 - keep);
    for (int64_t i = 0; i < n; i++)
        a[i] += rest * (b[i] - a[i]);
}

// Turns boxes of a picture that is hardly visible into ignore boxes.
static void weaken(nn_truth *t, int count)
{
    for (int i = 0; i < count; i++)
        t[i].ignore = t[i].ignore ? t[i].ignore : NN_IGNORE_BOX;
}

static nn_status mix_boxes(nn_view *v, const nn_view *other, const nn_augment_options *o,
                           nn_rng *rng, nn_error *err)
{
    const double keep = nn_augment_beta((double)o->mixup, rng), least = 0.25;
    const int count = v->truth_count, room = v->capacity - count;
    const int more = other->truth_count < room ? other->truth_count : room;
    blend(v->planes, other->planes, keep, (int64_t)3 * v->height * v->width);
    if (more > 0)
        memcpy(v->truths + count, other->truths, (size_t)more * sizeof *v->truths);
    v->truth_count += more;
    for (int i = count; i < v->truth_count && v->details; i++)
        if (nn_details_append(v->details, other->details, v->truths[i].detail,
                              &v->truths[i].detail) != NN_OK)
            return nn_fail(err, NN_ENOMEM, "no memory for the outlines and keypoints of a view");
    if (keep < least)
        weaken(v->truths, count);
    if (1 - keep < least)
        weaken(v->truths + count, more);
    return NN_OK;
}

nn_status nn_augment_mix(nn_view *v, const nn_view *other, const nn_augment_options *o, nn_rng *rng,
                         nn_error *err)
{
    if (v->classes == 0)
        return mix_boxes(v, other, o, rng, err);
    const bool both = o->mixup > 0 && o->cutmix > 0;
    const bool cut = both ? nn_rng_uniform(rng) < 0.5f : o->cutmix > 0;
    double keep = nn_augment_beta((double)(cut ? o->cutmix : o->mixup), rng);
    if (cut)
        keep = paste(v, other, keep, rng);
    else
        blend(v->planes, other->planes, keep, (int64_t)3 * v->height * v->width);
    blend(v->targets, other->targets, keep, v->classes);
    return NN_OK;
}
