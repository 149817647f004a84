// SPDX-License-Identifier: MIT
// Reads the pictures of the strongest activations again, and projects these back to the pixels.
#include "nn/explain/explain_internal.h"
#include "nn/explain/top_over_internal.h"

#include "nn/base/memory.h"

#include <math.h>
#include <string.h>

// What is at hand for the picture that is projected.
typedef struct showing {
    nn_top_over *t;
    nn_receptive_field *field;
    int field_h, field_w; // the input size that `field` is for
    nn_explain_map map;
    uint8_t *rgb; // of the largest field: the whole input
    float *projection;
    nn_top_patch_fn *take;
    void *ctx;
} showing;

static void release(showing *s)
{
    nn_receptive_field_free(s->field);
    nn_explain_map_release(&s->map);
    nn_free(s->rgb);
    nn_free(s->projection);
}

// Makes fields and buffers for the input size of the picture that was seen.
static nn_status fit_input(showing *s, nn_error *err)
{
    const nn_explainer *e = s->t->e;
    const nn_graph *g = e->model->graph;
    const size_t values = (size_t)nn_graph_value_count(g);
    const size_t pixels = (size_t)e->plan_h * (size_t)e->plan_w;
    if (s->field && s->field_h == e->plan_h && s->field_w == e->plan_w)
        return NN_OK;
    nn_receptive_field_free(s->field);
    nn_free(s->rgb);
    nn_free(s->projection);
    s->field = NULL;
    s->rgb = nn_alloc(3 * pixels);
    s->projection = nn_alloc(3 * pixels * sizeof *s->projection);
    nn_shape *shapes = nn_calloc(values, sizeof *shapes);
    nn_status status = NN_OK;
    if (!s->rgb || !s->projection || !shapes)
        status = nn_fail(err, NN_ENOMEM, "no memory for patches of %dx%d", e->plan_w, e->plan_h);
    for (size_t v = 0; v < values && status == NN_OK; v++)
        shapes[v] = *nn_plan_shape(e->plan, (nn_value)v);
    if (status == NN_OK)
        status = nn_receptive_field_new(&s->field, e->model, shapes, err);
    nn_free(shapes);
    s->field_h = e->plan_h;
    s->field_w = e->plan_w;
    return status;
}

// The input as it was before its normalisation.
static void copy_rgb(const showing *s, const nn_patch *field)
{
    const nn_explainer *e = s->t->e;
    const nn_card *card = &e->model->card;
    const size_t plane = (size_t)e->plan_h * (size_t)e->plan_w;
    uint8_t *to = s->rgb;
    for (int y = field->y0; y < field->y1; y++)
        for (int x = field->x0; x < field->x1; x++)
            for (int c = 0; c < 3; c++) {
                const int from = card->bgr ? 2 - c : c;
                const float v =
                    e->picture
                        .data[(size_t)from * plane + (size_t)y * (size_t)e->plan_w + (size_t)x];
                const float level = (v * card->std[c] + card->mean[c]) * 255;
                *to++ = (uint8_t)(nn_min_float(nn_max_float(level, 0), 255) + 0.5f);
            }
}

static void copy_projection(const showing *s, const nn_patch *field)
{
    const size_t w = (size_t)s->map.width, h = (size_t)s->map.height;
    const size_t columns = (size_t)(field->x1 - field->x0);
    float *to = s->projection;
    for (size_t c = 0; c < 3; c++)
        for (int y = field->y0; y < field->y1; y++, to += columns)
            memcpy(to, s->map.data + (c * h + (size_t)y) * w + field->x0, columns * sizeof *to);
}

static float on_frame(float at, float scale, float pad, int size)
{
    return fminf(fmaxf((at - pad) / scale, 0), (float)size);
}

static nn_status show_hit(showing *s, int layer, int row, int rank, nn_error *err)
{
    nn_top_over *t = s->t;
    const nn_top_layer *top = &t->layers[layer];
    const nn_top_hit *hit = &t->hits[(size_t)row * (size_t)t->hit_count + (size_t)rank];
    const int channel = top->channels[row - top->first];
    nn_explain_target target;
    nn_explain_target_init(&target);
    target.layer = top->layer;
    target.channel = channel;
    target.y = hit->y;
    target.x = hit->x;
    const nn_patch f =
        nn_receptive_field_local(s->field, t->e->layers[top->layer], channel, hit->y, hit->x);
    const nn_status status = nn_explain(t->e, t->method, &target, NULL, &s->map, err);
    if (status != NN_OK)
        return status;
    if (s->map.kind != NN_EXPLAIN_PICTURE)
        return nn_fail(err, NN_EINVAL, "the method %s gives heat, no projection", t->method);
    copy_rgb(s, &f);
    copy_projection(s, &f);
    const nn_letterbox l = nn_explainer_letterbox(t->e);
    return s->take(s->ctx,
                   &(nn_top_patch){.layer = layer,
                                   .channel = channel,
                                   .rank = rank,
                                   .hit = *hit,
                                   .field = f,
                                   .x0 = on_frame((float)f.x0, l.scale_x, l.pad_x, l.frame_w),
                                   .y0 = on_frame((float)f.y0, l.scale_y, l.pad_y, l.frame_h),
                                   .x1 = on_frame((float)f.x1, l.scale_x, l.pad_x, l.frame_w),
                                   .y1 = on_frame((float)f.y1, l.scale_y, l.pad_y, l.frame_h),
                                   .frame_w = l.frame_w,
                                   .frame_h = l.frame_h,
                                   .width = f.x1 - f.x0,
                                   .height = f.y1 - f.y0,
                                   .rgb = s->rgb,
                                   .projection = s->projection},
                   err);
}

// All hits of a picture that was seen.
static nn_status show_picture(showing *s, int64_t picture, nn_error *err)
{
    nn_top_over *t = s->t;
    nn_status status = fit_input(s, err);
    for (int l = 0; l < t->layer_count; l++)
        for (int i = 0; i < t->layers[l].count; i++) {
            const int row = t->layers[l].first + i;
            for (int k = 0; k < t->counts[row] && status == NN_OK; k++)
                if (t->hits[(size_t)row * (size_t)t->hit_count + (size_t)k].picture == picture)
                    status = show_hit(s, l, row, k, err);
        }
    return status;
}

// The next picture behind `after` that has hits, and how many hits it and all others have; -1:
// none.
static int64_t next_picture(const nn_top_over *t, int64_t after, int64_t *done, int64_t *of)
{
    int64_t next = -1;
    *done = *of = 0;
    for (int row = 0; row < t->row_count; row++)
        for (int k = 0; k < t->counts[row]; k++) {
            const int64_t p = t->hits[(size_t)row * (size_t)t->hit_count + (size_t)k].picture;
            ++*of;
            *done += p <= after;
            if (p > after && (next < 0 || p < next))
                next = p;
        }
    return next;
}

nn_status nn_top_over_project(nn_top_over *t, const nn_picture_source *source,
                              nn_top_patch_fn *take, void *take_ctx, nn_explain_progress *progress,
                              void *ctx, nn_error *err)
{
    showing s = {.t = t, .take = take, .ctx = take_ctx};
    nn_status status = NN_OK;
    int64_t done, of;
    for (int64_t p = next_picture(t, -1, &done, &of);
         p >= 0 && status == NN_OK && (!progress || progress(ctx, done, of));
         p = next_picture(t, p, &done, &of)) {
        nn_frame frame;
        int64_t time;
        const int got = source->read(source->ctx, p, &frame, &time, err);
        if (got == NN_SOURCE_FAILED)
            status = err && err->status ? err->status : NN_EIO;
        else if (got != NN_SOURCE_FRAME)
            status = nn_fail(err, NN_EIO, "picture %lld could be read once, and not again",
                             (long long)p);
        if (status == NN_OK)
            status = nn_explainer_see(t->e, &frame, err);
        if (status == NN_OK)
            status = show_picture(&s, p, err);
    }
    if (status == NN_OK && progress)
        progress(ctx, done, of);
    release(&s);
    return status;
}
