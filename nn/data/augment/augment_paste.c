// SPDX-License-Identifier: MIT
// Objects of other pictures pasted into a view (Ghiasi 2021), cut out by their boxes.
#include "nn/base/memory.h"
#include "nn/data/augment/augment_parts.h"
#include "nn/data/balance.h"
#include "nn/data/crop_resize.h"

#include <math.h>

// pixels: least side of an object in its own picture, and twice that of the pasted one
#define LEAST_SIDE 10.0
#define MOST_SIDE 0.5 // largest side, as a part of the view's
// largest part of an existing object that may be hidden, or of the new one on ignore boxes
#define MOST_HIDDEN 0.3
#define MOST_SHARED 0.1 // largest part of the cut-out that other objects of its picture may cover
#define RIM 0.08        // where the cut-out fades, as a part of its sides
enum { ATTEMPTS = 6, PLACES = 10 };

static double area_of(const nn_truth *t)
{
    return ((double)t->x1 - (double)t->x0) * ((double)t->y1 - (double)t->y0);
}

static double shared_area(const nn_truth *a, const nn_truth *b)
{
    const double w = fmin((double)a->x1, (double)b->x1) - fmax((double)a->x0, (double)b->x0);
    const double h = fmin((double)a->y1, (double)b->y1) - fmax((double)a->y0, (double)b->y0);
    return w > 0 && h > 0 ? w * h : 0;
}

// Whether an object is completely visible and alone.
static bool can_be_cut(const nn_sample *s, const nn_truth *t)
{
    const double w = (double)(t->x1 - t->x0), h = (double)(t->y1 - t->y0), rim = 1;
    if (t->ignore || w < LEAST_SIDE || h < LEAST_SIDE || (double)t->x0 < rim ||
        (double)t->y0 < rim || (double)t->x1 > s->width - rim || (double)t->y1 > s->height - rim)
        return false;
    for (int i = 0; i < s->truth_count; i++)
        if (&s->truths[i] != t && s->truths[i].ignore != NN_IGNORE_CLASS &&
            shared_area(&s->truths[i], t) > MOST_SHARED * area_of(t))
            return false;
    return true;
}

// Picks an object of a random class; *index: its sample. NULL: none was found.
static const nn_truth *pick_object(nn_dataset *data, nn_rng *rng, int *index)
{
    for (int i = 0; i < ATTEMPTS; i++) {
        int32_t label;
        const nn_truth *pick = NULL;
        int members = 0;
        if (!nn_balance_pick(data, true, rng, index, &label))
            return NULL;
        const nn_sample *s = &data->samples[*index];
        for (int k = 0; k < s->truth_count; k++)
            if (s->truths[k].label == label && can_be_cut(s, &s->truths[k]) &&
                nn_rng_below(rng, ++members) == 0)
                pick = &s->truths[k];
        if (pick)
            return pick;
    }
    return NULL;
}

// Finds a place in the view for an object of t->x1 x t->y1 where it hides little; false: there is
// none.
static bool find_place(const nn_canvas *c, nn_truth *t, nn_rng *rng)
{
    const nn_truth size = *t;
    for (int n = 0; n < PLACES; n++) {
        const float x = nn_rng_uniform(rng) * ((float)c->view_w - size.x1);
        const float y = nn_rng_uniform(rng) * ((float)c->view_h - size.y1);
        bool free = true;
        t->x0 = x;
        t->y0 = y;
        t->x1 = x + size.x1;
        t->y1 = y + size.y1;
        const float rim_x = (float)RIM * size.x1, rim_y = (float)RIM * size.y1;
        const nn_truth drawn = {.x0 = x - rim_x,
                                .y0 = y - rim_y,
                                .x1 = t->x1 + rim_x,
                                .y1 = t->y1 + rim_y,
                                .label = t->label};
        for (int i = 0; i < c->truth_count && free; i++) {
            const nn_truth *o = &c->truths[i];
            const double most = MOST_HIDDEN * fmin(area_of(o), area_of(t));
            free = o->ignore == NN_IGNORE_CLASS || shared_area(o, &drawn) <= most;
        }
        if (free)
            return true;
    }
    return false;
}

// Weight along a side of n pixels: 0 at its ends, 1 between the rims.
static float fade(int i, int n)
{
    const float rim = fmaxf((float)RIM * (float)n, 1);
    const float from = fminf((float)i + 0.5f, (float)(n - i) - 0.5f) / rim;
    const float u = fminf(from, 1);
    return u * u * (3 - 2 * u);
}

// Blends a cut-out (3 x h x w) into the canvas at (x, y).
static void blend_cut(const nn_canvas *c, const float *cut, int h, int w, int x, int y)
{
    for (int i = 0; i < h; i++) {
        const float row_part = fade(i, h);
        if (y + i < 0 || y + i >= c->height)
            continue;
        for (int k = 0; k < w; k++) {
            const float part = row_part * fade(k, w);
            if (x + k < 0 || x + k >= c->width)
                continue;
            for (int p = 0; p < 3; p++) {
                float *to = c->planes + ((size_t)p * c->height + y + i) * c->width + x + k;
                *to += part * (cut[((size_t)p * h + i) * w + k] - *to);
            }
        }
    }
}

// Draws the object `from` of a sample at `to` in the view, mirrored or not.
static nn_status draw_object(const nn_canvas *c, nn_dataset *data, int index, const nn_truth *from,
                             const nn_truth *to, bool mirror, const nn_kernels *k, nn_error *err)
{
    const nn_sample *s = &data->samples[index];
    nn_image image;
    bool borrowed;
    nn_status status = nn_dataset_picture(data, index, &image, &borrowed, err);
    if (status != NN_OK)
        return status;
    // The cut-out has a rim around the box, which fades out.
    const double bw = (double)(to->x1 - to->x0), bh = (double)(to->y1 - to->y0);
    const int rim_x = (int)ceil(RIM * bw), rim_y = (int)ceil(RIM * bh);
    const int w = (int)ceil(bw) + 2 * rim_x, h = (int)ceil(bh) + 2 * rim_y;
    const double sx = bw / (double)(from->x1 - from->x0), sy = bh / (double)(from->y1 - from->y0);
    const double begin = (double)(mirror ? from->x1 : from->x0) * (mirror ? -sx : sx);
    const nn_crop_resize crop = {.scale_x = (mirror ? -sx : sx) * s->width / image.width,
                                 .scale_y = sy * s->height / image.height,
                                 .shift_x = rim_x - begin,
                                 .shift_y = rim_y - (double)from->y0 * sy,
                                 .x1 = w,
                                 .y1 = h,
                                 .extend = true};
    float *cut = nn_alloc(sizeof(float) * 3 * (size_t)w * (size_t)h);
    status = cut ? nn_crop_resize_draw(cut, h, w, &image, &crop, k, err)
                 : nn_fail(err, NN_ENOMEM, "no memory for an object of %dx%d", w, h);
    if (status == NN_OK)
        blend_cut(c, cut, h, w, c->left + (int)to->x0 - rim_x, c->top + (int)to->y0 - rim_y);
    nn_free(cut);
    if (!borrowed)
        nn_image_release(&image);
    return status;
}

// What the object has besides its box, at the place of the pasted one.
static nn_status place_detail(nn_canvas *c, const nn_dataset *data, const nn_sample *s,
                              const nn_truth *from, nn_truth *to, bool mirror, nn_error *err)
{
    const double sx = (double)(to->x1 - to->x0) / (double)(from->x1 - from->x0);
    const double sy = (double)(to->y1 - to->y0) / (double)(from->y1 - from->y0);
    const nn_crop_resize crop = {.scale_x = mirror ? -sx : sx,
                                 .scale_y = sy,
                                 .shift_x = mirror ? (double)to->x0 + (double)from->x1 * sx
                                                   : (double)to->x0 - (double)from->x0 * sx,
                                 .shift_y = (double)to->y0 - (double)from->y0 * sy};
    const double open[4] = {-INFINITY, -INFINITY, INFINITY, INFINITY};
    return nn_augment_detail_place(c, to, &s->details, from->detail, &crop, open, &data->keypoints,
                                   err);
}

static nn_status paste_one(nn_canvas *c, nn_dataset *data, const nn_augment_options *o,
                           const nn_kernels *k, nn_rng *rng, nn_error *err)
{
    int index;
    const nn_truth *from = pick_object(data, rng, &index);
    if (!from || c->truth_count >= c->capacity)
        return NN_OK;
    const nn_sample *s = &data->samples[index];
    const double w = (double)(from->x1 - from->x0), h = (double)(from->y1 - from->y0);
    const float *own = data->sources[s->source].scale;
    const float *range = own[0] > 0 && own[1] >= own[0] ? own : o->scale;
    const double fit = fmin((double)o->fit_w / s->width, (double)o->fit_h / s->height);
    double size = fit * (double)expf(nn_rng_range(rng, logf(range[0]), logf(range[1])));
    size = fmin(size, MOST_SIDE * fmin(c->view_w / w, c->view_h / h));
    const bool may = !c->details || data->keypoints.count == 0 || data->keypoints.flips;
    const bool mirror = nn_rng_uniform(rng) < o->flip_h && may;
    nn_truth to = {.x1 = (float)(size * w), .y1 = (float)(size * h), .label = from->label};
    if (fmin(size * w, size * h) < LEAST_SIDE / 2 || !find_place(c, &to, rng))
        return NN_OK;
    // Whole pixels: the cut-out begins at a pixel.
    const float dx = to.x0 - floorf(to.x0), dy = to.y0 - floorf(to.y0);
    to.x0 -= dx, to.x1 -= dx;
    to.y0 -= dy, to.y1 -= dy;
    nn_status status = draw_object(c, data, index, from, &to, mirror, k, err);
    if (status == NN_OK)
        status = place_detail(c, data, s, from, &to, mirror, err);
    if (status == NN_OK)
        c->truths[c->truth_count++] = to;
    return status;
}

nn_status nn_augment_paste(nn_canvas *c, nn_dataset *data, const nn_augment_options *o,
                           const nn_kernels *k, nn_rng *rng, nn_error *err)
{
    if (!(o->paste > 0) || !(o->paste_most >= 1) || !(nn_rng_uniform(rng) < o->paste))
        return NN_OK;
    const int count = 1 + (int)nn_rng_below(rng, (int64_t)o->paste_most);
    nn_status status = NN_OK;
    for (int i = 0; i < count && status == NN_OK; i++)
        status = paste_one(c, data, o, k, rng, err);
    return status;
}
