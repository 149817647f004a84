// SPDX-License-Identifier: MIT
// Random views: the sequence of steps.
#include "nn/data/augment/augment.h"

#include "nn/base/memory.h"
#include "nn/data/augment/augment_enlarge.h"
#include "nn/data/augment/augment_parts.h"
#include "nn/data/balance.h"

#include <string.h>

// out (3 x h x w) = in (3 x w x h), rotated to the left: the point (x, y) goes to (y, h - x).
static void turn_left(float *out, const float *in, int h, int w, nn_truth *t, int count)
{
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
                out[((size_t)c * h + y) * w + x] = in[((size_t)c * w + x) * h + h - 1 - y];
    for (int i = 0; i < count; i++) {
        nn_truth o = t[i];
        t[i].x0 = o.y0;
        t[i].x1 = o.y1;
        t[i].y0 = h - o.x1;
        t[i].y1 = h - o.x0;
    }
}

typedef struct turn {
    int h;
} turn;

static void turn_point(const void *ctx, double at[2])
{
    const double x = at[0];
    at[0] = at[1];
    at[1] = ((const turn *)ctx)->h - x;
}

static void turn_details_left(const nn_view *v, int count)
{
    const turn t = {v->height};
    const nn_augment_move move = {turn_point, &t};
    for (int i = 0; i < count && v->details; i++) {
        nn_detail *one = nn_details_at(v->details, v->truths[i].detail);
        if (one)
            nn_augment_detail_move(v->details, one, &move);
    }
}

static void turn_labels_left(uint8_t *out, const uint8_t *in, int h, int w)
{
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            out[(size_t)y * w + x] = in[(size_t)x * h + h - 1 - y];
}

static void set_targets(const nn_view *v, const nn_sample *s)
{
    memset(v->targets, 0, v->classes * sizeof *v->targets);
    for (int i = 0; i < s->class_count; i++)
        if (s->classes[i] >= 0 && s->classes[i] < v->classes)
            v->targets[s->classes[i]] = 1;
}

// One of the picture's captions; with but one no random number is drawn.
static void draw_text(const nn_view *v, const nn_sample *s, nn_rng *rng)
{
    *v->text = s->text_count > 0 ? s->texts[nn_rng_below(rng, s->text_count)] : "";
}

// Everything that a view is made of before it is blended with another one.
typedef struct drawing {
    nn_dataset *data;
    const nn_augment_options *options;
    const nn_kernels *kernels;
    nn_rng *rng;
} drawing;

// Buffers of the steps: laid out, warped and rotated; `view` is the final one.
typedef struct stages {
    const nn_view *view;
    float *laid_out, *warped;
    uint8_t *laid_labels, *warped_labels; // NULL: no mask
} stages;

static nn_status allocate(stages *s, const nn_view *view, const nn_canvas *c, bool warp, bool turn,
                          nn_error *err)
{
    const size_t area = (size_t)c->view_h * c->view_w, canvas = (size_t)c->height * c->width;
    const bool mask = view->labels;
    s->view = view;
    s->warped = turn ? nn_alloc(sizeof(float) * 3 * area) : view->planes;
    s->laid_out = warp ? nn_alloc(sizeof(float) * 3 * canvas) : s->warped;
    s->warped_labels = turn && mask ? nn_alloc(area) : view->labels;
    s->laid_labels = warp && mask ? nn_alloc(canvas) : s->warped_labels;
    return s->laid_out && s->warped && (!mask || (s->laid_labels && s->warped_labels))
               ? NN_OK
               : nn_fail(err, NN_ENOMEM, "no memory to turn a picture");
}

static void release(const stages *s)
{
    if (s->laid_out != s->warped)
        nn_free(s->laid_out);
    if (s->warped != s->view->planes)
        nn_free(s->warped);
    if (s->laid_labels != s->warped_labels)
        nn_free(s->laid_labels);
    if (s->warped_labels != s->view->labels)
        nn_free(s->warped_labels);
}

// Applies the remaining geometry to the laid out picture.
static nn_status finish_geometry(const stages *s, nn_canvas *c, const nn_affine *t, bool turns,
                                 const nn_augment_options *o, nn_error *err)
{
    const nn_view *v = s->view;
    if (t->moves) {
        const nn_status status = nn_affine_apply(s->warped, s->warped_labels, c, t, o, err);
        if (status != NN_OK)
            return status;
    }
    if (!turns)
        return NN_OK;
    turn_left(v->planes, s->warped, v->height, v->width, v->truths, c->truth_count);
    turn_details_left(v, c->truth_count);
    if (v->labels)
        turn_labels_left(v->labels, s->warped_labels, v->height, v->width);
    return NN_OK;
}

// Geometry and colour of one view.
static nn_status draw_one(nn_view *view, const drawing *d, int index, const int others[3],
                          nn_error *err)
{
    const nn_augment_options *o = d->options;
    const int h = view->height, w = view->width;
    const bool turn = nn_rng_uniform(d->rng) < o->rotate;
    int32_t label = NN_AUGMENT_ANY_LABEL;
    // A probability of 0 draws no random number: trainings without this option keep their random
    // sequence.
    if (o->balance > 0 && nn_rng_uniform(d->rng) < o->balance)
        nn_balance_pick(d->data, view->classes == 0 && !view->labels, d->rng, &index, &label);
    nn_canvas c = {.view_h = turn ? w : h,
                   .view_w = turn ? h : w,
                   .window = view->classes > 0 || view->text,
                   .truths = view->truths,
                   .details = view->details,
                   .capacity = view->capacity};
    const nn_rand_plan plan = nn_rand_draw(o, d->rng);
    nn_affine t = nn_affine_draw(o, c.view_h, c.view_w, d->rng);
    nn_rand_move(&plan, &t, c.view_h, c.view_w);
    nn_affine_margins(&c, &t);
    stages s = {0};
    nn_status status = allocate(&s, view, &c, t.moves, turn, err);
    c.planes = s.laid_out;
    c.labels = s.laid_labels;
    if (status == NN_OK)
        status = nn_augment_place(&c, d->data, index, others, label, o, d->kernels, d->rng, err);
    if (status == NN_OK && view->classes == 0 && !view->labels && !view->text)
        status = nn_augment_paste(&c, d->data, o, d->kernels, d->rng, err);
    if (status == NN_OK)
        status = finish_geometry(&s, &c, &t, turn, o, err);
    view->truth_count = c.truth_count;
    release(&s);
    if (status == NN_OK)
        status = nn_rand_colour(&plan, view->planes, h, w, err);
    if (status == NN_OK)
        status = nn_camera_apply(view->planes, h, w, o->camera, d->rng, err);
    if (status != NN_OK)
        return status;
    nn_augment_colour(view->planes, (int64_t)h * w, o, d->rng);
    nn_augment_erase(view->planes, view->labels, h, w, o, d->rng);
    if (view->classes > 0)
        set_targets(view, &d->data->samples[index]);
    if (view->text)
        draw_text(view, &d->data->samples[index], d->rng);
    return NN_OK;
}

static nn_status blend(nn_view *view, const drawing *d, const int others[3], nn_error *err)
{
    nn_view second = *view;
    nn_details details = {0};
    second.details = view->details ? &details : NULL;
    int pick[4] = {others[0], others[0], others[1], others[2]};
    // For detectors the other pictures are in the mosaic already.
    for (int i = 0; i < 4 && view->classes == 0; i++)
        pick[i] = (int)nn_rng_below(d->rng, d->data->count);
    second.planes = nn_alloc(sizeof(float) * 3 * view->height * view->width);
    second.targets = nn_alloc(sizeof(float) * (size_t)(view->classes + 1));
    second.truths = nn_alloc(sizeof(nn_truth) * (size_t)(view->capacity + 1));
    nn_status status = NN_OK;
    if (!second.planes || !second.targets || !second.truths)
        status = nn_fail(err, NN_ENOMEM, "no memory to blend pictures");
    if (status == NN_OK)
        status = draw_one(&second, d, pick[0], pick + 1, err);
    if (status == NN_OK)
        status = nn_augment_mix(view, &second, d->options, d->rng, err);
    nn_details_release(&details);
    nn_free(second.planes);
    nn_free(second.targets);
    nn_free(second.truths);
    return status;
}

nn_status nn_augment_draw(nn_view *view, nn_dataset *data, int index, const int others[3],
                          const nn_augment_options *o, const nn_kernels *k, nn_rng *rng,
                          nn_error *err)
{
    const drawing d = {data, o, k, rng};
    if (view->enlarged)
        return nn_augment_enlarge(view, data, index, o, rng, err);
    nn_status status = draw_one(view, &d, index, others, err);
    if (status == NN_OK && nn_augment_wants_mix(view, o, rng))
        status = blend(view, &d, others, err);
    return status;
}
