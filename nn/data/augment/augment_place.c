// SPDX-License-Identifier: MIT
// Places pictures and their boxes in a view: random sizes and positions, windows and mosaics.
#include "nn/base/memory.h"
#include "nn/data/augment/augment_parts.h"
#include "nn/data/classifier_crop.h"
#include "nn/data/crop_resize.h"

#include <math.h>
#include <string.h>

// Where one picture is placed.
typedef struct placing {
    nn_canvas *canvas;
    nn_dataset *data;
    const nn_augment_options *options;
    const nn_kernels *kernels;
    nn_rng *rng;
    int32_t label;
} placing;

// Picks a box to have inside of the view: first a class among those of the picture, then a box of
// it.
static const nn_truth *pick_focus(const nn_sample *s, int32_t label, nn_rng *rng)
{
    const nn_truth *pick = NULL;
    int classes = 0, members = 0;
    for (int i = 0; i < s->truth_count && label == NN_AUGMENT_ANY_LABEL; i++) {
        const nn_truth *t = &s->truths[i];
        bool seen = t->ignore;
        for (int j = 0; j < i && !seen; j++)
            seen = !s->truths[j].ignore && s->truths[j].label == t->label;
        if (!seen && nn_rng_below(rng, ++classes) == 0)
            pick = t;
    }
    label = pick ? pick->label : label;
    for (int i = 0; i < s->truth_count && label != NN_AUGMENT_ANY_LABEL; i++)
        if (!s->truths[i].ignore && s->truths[i].label == label &&
            nn_rng_below(rng, ++members) == 0)
            pick = &s->truths[i];
    return pick;
}

// Finds what to have inside of the view: the centre of a box, or a pixel of the mask; false:
// nothing.
static bool find_focus(const nn_sample *s, int32_t label, nn_rng *rng, double *x, double *y)
{
    if (s->mask.runs) {
        float at[2];
        if (label == NN_AUGMENT_ANY_LABEL && s->class_count > 0)
            label = s->classes[nn_rng_below(rng, s->class_count)];
        if (label < 0 || !nn_mask_pick(&s->mask, label, rng, &at[0], &at[1]))
            return false;
        *x = (double)at[0];
        *y = (double)at[1];
        return true;
    }
    const nn_truth *t = pick_focus(s, label, rng);
    if (t) {
        *x = 0.5 * (t->x0 + t->x1);
        *y = 0.5 * (t->y0 + t->y1);
    }
    return t;
}

// Random shift of an axis that leaves no more empty space than needed; with a focus it is random
// around that.
static double random_shift(double picture, double room, double focus, nn_rng *rng)
{
    double low = fmin(0, room - picture), high = fmax(0, room - picture);
    double u = nn_rng_uniform(rng);
    if (focus < 0)
        return low + (high - low) * u;
    return fmin(fmax((0.1 + 0.8 * u) * room - focus, low), high);
}

// Scale and shift from pixels of the full picture to the part x0..y1 of the view.
static void random_crop(const placing *p, const nn_sample *s, nn_crop_resize *crop)
{
    const nn_augment_options *o = p->options;
    const float *own = p->data->sources[s->source].scale;
    const float *range = own[0] > 0 && own[1] >= own[0] ? own : o->scale;
    double fit = fmin((double)o->fit_w / s->width, (double)o->fit_h / s->height);
    double size = exp(nn_rng_range(p->rng, logf(range[0]), logf(range[1])));
    double sy = fit * size, sx = sy * (1 + nn_rng_range(p->rng, -o->aspect, o->aspect));
    bool wanted = nn_rng_uniform(p->rng) < o->focus || p->label != NN_AUGMENT_ANY_LABEL;
    double fx = -1, fy = -1;
    bool focus = wanted && find_focus(s, p->label, p->rng, &fx, &fy);
    // Without their pairs, keypoints of a mirrored object would be those of the wrong side.
    const nn_keypoint_set *set = &p->data->keypoints;
    const bool may = !p->canvas->details || set->count == 0 || set->flips;
    bool mirror_x = nn_rng_uniform(p->rng) < o->flip_h && may,
         mirror_y = nn_rng_uniform(p->rng) < o->flip_v && may;
    if (focus && mirror_x)
        fx = s->width - fx;
    if (focus && mirror_y)
        fy = s->height - fy;
    double w = s->width * sx, h = s->height * sy;
    double tx = crop->x0 + random_shift(w, crop->x1 - crop->x0, fx * sx, p->rng);
    double ty = crop->y0 + random_shift(h, crop->y1 - crop->y0, fy * sy, p->rng);
    crop->scale_x = mirror_x ? -sx : sx;
    crop->scale_y = mirror_y ? -sy : sy;
    crop->shift_x = mirror_x ? tx + w : tx;
    crop->shift_y = mirror_y ? ty + h : ty;
}

static void map_axis(double scale, double shift, float a, float b, double *low, double *high)
{
    double p = a * scale + shift, q = b * scale + shift;
    *low = fmin(p, q);
    *high = fmax(p, q);
}

// The sides of a part of the view; infinite where the view has margins.
typedef struct limits {
    double x0, y0, x1, y1;
} limits;

static limits find_limits(const nn_canvas *c, const nn_crop_resize *part)
{
    limits l = {part->x0, part->y0, part->x1, part->y1};
    if (!c->margins)
        return l;
    l.x0 = part->x0 > 0 ? l.x0 : -INFINITY;
    l.y0 = part->y0 > 0 ? l.y0 : -INFINITY;
    l.x1 = part->x1 < c->view_w ? l.x1 : INFINITY;
    l.y1 = part->y1 < c->view_h ? l.y1 : INFINITY;
    return l;
}

// Adds a box as far as it is visible inside the limits.
static nn_status place_truth(const placing *p, const nn_sample *s, const nn_truth *t,
                             const nn_crop_resize *crop, const limits *limits, nn_error *err)
{
    double x0, y0, x1, y1;
    map_axis(crop->scale_x, crop->shift_x, t->x0, t->x1, &x0, &x1);
    map_axis(crop->scale_y, crop->shift_y, t->y0, t->y1, &y0, &y1);
    double area = (x1 - x0) * (y1 - y0);
    x0 = fmax(x0, limits->x0);
    y0 = fmax(y0, limits->y0);
    x1 = fmin(x1, limits->x1);
    y1 = fmin(y1, limits->y1);
    nn_canvas *c = p->canvas;
    if (x1 <= x0 || y1 <= y0 || c->truth_count >= c->capacity)
        return NN_OK;
    const nn_augment_options *o = p->options;
    bool poor = (x1 - x0) * (y1 - y0) < o->min_visible * area || x1 - x0 < o->min_side ||
                y1 - y0 < o->min_side;
    const uint8_t ignore = t->ignore ? t->ignore : poor ? NN_IGNORE_BOX : NN_IGNORE_NOT;
    nn_truth *placed = &c->truths[c->truth_count++];
    *placed = (nn_truth){.x0 = (float)x0,
                         .y0 = (float)y0,
                         .x1 = (float)x1,
                         .y1 = (float)y1,
                         .label = t->label,
                         .ignore = ignore};
    const double side[4] = {limits->x0, limits->y0, limits->x1, limits->y1};
    return nn_augment_detail_place(c, placed, &s->details, t->detail, crop, side,
                                   &p->data->keypoints, err);
}

// The transform in pixels of the canvas and of the stored picture, which may be smaller than the
// full one. The picture extends into the margins. Classifiers never see grey in inference.
static nn_crop_resize on_canvas(const nn_canvas *c, const nn_crop_resize *crop, const nn_sample *s,
                                const nn_image *image)
{
    const limits open = find_limits(c, crop);
    return (nn_crop_resize){.scale_x = crop->scale_x * ((double)s->width / image->width),
                            .scale_y = crop->scale_y * ((double)s->height / image->height),
                            .shift_x = crop->shift_x + c->left,
                            .shift_y = crop->shift_y + c->top,
                            .x0 = isinf(open.x0) ? 0 : crop->x0 + c->left,
                            .y0 = isinf(open.y0) ? 0 : crop->y0 + c->top,
                            .x1 = isinf(open.x1) ? c->width : crop->x1 + c->left,
                            .y1 = isinf(open.y1) ? c->height : crop->y1 + c->top,
                            .extend = c->window && c->margins};
}

// Draws the mask of a picture by the same transform, which is in pixels of the view.
static nn_status place_mask(nn_canvas *c, const nn_mask *m, const nn_crop_resize *crop,
                            nn_error *err)
{
    const nn_sample unscaled = {.width = m->width, .height = m->height};
    const nn_image same = {m->width, m->height, NULL};
    const nn_crop_resize stored = on_canvas(c, crop, &unscaled, &same);
    if (!m->runs)
        return NN_OK;
    uint8_t *labels = nn_alloc((size_t)m->width * m->height);
    if (!labels)
        return nn_fail(err, NN_ENOMEM, "no memory for a mask of %dx%d", m->width, m->height);
    nn_mask_unpack(m, labels);
    nn_crop_resize_labels(c->labels, c->width, labels, m->height, m->width, &stored);
    nn_free(labels);
    return NN_OK;
}

static nn_status place_picture(const placing *p, int index, nn_crop_resize *crop, nn_error *err)
{
    const nn_sample *s = &p->data->samples[index];
    nn_canvas *c = p->canvas;
    nn_image image;
    bool borrowed;
    nn_status status = nn_dataset_picture(p->data, index, &image, &borrowed, err);
    if (status != NN_OK)
        return status;
    if (c->window)
        nn_classifier_crop_draw(crop, s, c->view_h, c->view_w, p->options, p->rng);
    else
        random_crop(p, s, crop);
    const limits limits = find_limits(c, crop);
    for (int i = 0; i < s->truth_count && !c->window && status == NN_OK; i++)
        status = place_truth(p, s, &s->truths[i], crop, &limits, err);
    const nn_crop_resize stored = on_canvas(c, crop, s, &image);
    if (status == NN_OK)
        status =
            nn_crop_resize_draw(c->planes, c->height, c->width, &image, &stored, p->kernels, err);
    if (!borrowed)
        nn_image_release(&image);
    return status == NN_OK && c->labels ? place_mask(c, &s->mask, crop, err) : status;
}

nn_status nn_augment_place(nn_canvas *c, nn_dataset *data, int index, const int others[3],
                           int32_t label, const nn_augment_options *o, const nn_kernels *k,
                           nn_rng *rng, nn_error *err)
{
    const placing p = {c, data, o, k, rng, label};
    int w = c->view_w, h = c->view_h;
    nn_crop_resize whole = {.x1 = w, .y1 = h};
    const int64_t levels = (int64_t)3 * c->height * c->width;
    for (int64_t i = 0; i < levels; i++)
        c->planes[i] = NN_AUGMENT_GREY;
    if (c->labels)
        memset(c->labels, NN_MASK_IGNORE, (size_t)c->height * c->width);
    c->truth_count = 0;
    if (c->details)
        nn_details_clear(c->details);
    if (c->window || !(nn_rng_uniform(rng) < o->mosaic))
        return place_picture(&p, index, &whole, err);
    int cx = (int)(w * nn_rng_range(rng, 0.3f, 0.7f));
    int cy = (int)(h * nn_rng_range(rng, 0.3f, 0.7f));
    nn_status status = NN_OK;
    for (int i = 0; i < 4 && status == NN_OK; i++) {
        nn_crop_resize part = {
            .x0 = i & 1 ? cx : 0, .x1 = i & 1 ? w : cx, .y0 = i & 2 ? cy : 0, .y1 = i & 2 ? h : cy};
        placing one = p;
        one.label = i ? NN_AUGMENT_ANY_LABEL : label;
        status = place_picture(&one, i ? others[i - 1] : index, &part, err);
    }
    return status;
}
