// SPDX-License-Identifier: MIT
// The patches of a data set that excite channels most, beside their projections (Zeiler, Fergus
// 2014, figure 2).
#include "app/visualize/figures.h"

#include "app/cli/progress.h"
#include "app/visualize/gallery.h"
#include "app/visualize/mosaic.h"
#include "nn/base/memory.h"
#include "nn/explain/top_over.h"

#include <math.h>
#include <string.h>

enum { CHANNELS = 64, TILE = 56, LEAST_PATCH = 12 };

typedef struct work {
    app_subject *s;
    nn_top_over *top;
    app_gallery *source;
    app_progress progress;
    app_mosaic *patches, *projections; // one for each channel that is shown
    int *channel, count;
    int side; // of the mosaics, squares
} work;

static bool tell(void *ctx, int64_t done, int64_t of)
{
    work *w = ctx;
    w->progress.total = of;
    if (of > 0)
        app_progress_show(&w->progress, done, "");
    else
        app_progress_count(&w->progress, done, "pictures");
    return true;
}

static int place_of(const work *w, int channel)
{
    for (int i = 0; i < w->count; i++)
        if (w->channel[i] == channel)
            return i;
    return -1;
}

// The patch and its projection without the rim that hardly counts.
static nn_status put(work *w, int i, const nn_top_patch *p, const app_area *a, nn_error *err)
{
    const app_map planes = {p->projection, 3, p->height, p->width};
    nn_image patch = {a->x1 - a->x0, a->y1 - a->y0, NULL}, painted = {0};
    app_map part = {0};
    patch.rgb = nn_alloc((size_t)3 * (size_t)patch.width * (size_t)patch.height);
    if (!patch.rgb)
        return nn_fail(err, NN_ENOMEM, "no memory for a patch");
    for (int y = a->y0; y < a->y1; y++)
        memcpy(patch.rgb + (size_t)3 * (size_t)(y - a->y0) * (size_t)patch.width,
               p->rgb + 3 * ((size_t)y * (size_t)p->width + (size_t)a->x0),
               (size_t)3 * (size_t)patch.width);
    nn_status status = app_map_cut(&part, &planes, a, err);
    if (status == NN_OK) {
        const app_scale scale = app_map_scale(&part, 0.998);
        status = app_map_paint(&painted, &part, &scale, err);
    }
    if (status == NN_OK) {
        app_mosaic_put(&w->patches[i], p->rank, &patch);
        app_mosaic_put(&w->projections[i], p->rank, &painted);
    }
    nn_free((float *)part.data);
    nn_image_release(&painted);
    nn_image_release(&patch);
    return status;
}

static nn_status take(void *ctx, const nn_top_patch *p, nn_error *err)
{
    work *w = ctx;
    const int i = place_of(w, p->channel);
    const app_map planes = {p->projection, 3, p->height, p->width};
    const app_area all = {0, 0, p->width, p->height};
    app_area a = all;
    if (i < 0)
        return NN_OK;
    if (app_map_around(&planes, &a))
        app_area_square(&a, LEAST_PATCH, &all);
    else
        a = all;
    return put(w, i, p, &a, err);
}

// The channels that are searched: the one that was named, or the first ones.
static void choose(work *w, const nn_explain_layer *layer)
{
    const app_visualize *job = w->s->job;
    const int most = job->top > 0 ? job->top : CHANNELS;
    w->count = job->channel >= 0 ? 1 : MIN(most, layer->channels);
    w->channel = g_new(int, (gsize)w->count);
    for (int i = 0; i < w->count; i++)
        w->channel[i] = job->channel >= 0 ? job->channel : i;
}

static nn_status search(work *w, int layer, nn_error *err)
{
    const nn_picture_source source = app_gallery_reader(w->source);
    const nn_top_over_options options = {
        .layers = &layer,
        .layer_count = 1,
        .channels = w->channel,
        .channel_count = w->count,
        .method = w->s->how && w->s->how->kind == NN_EXPLAIN_PICTURE ? w->s->method : "deconv"};
    nn_status status = nn_top_over_new(&w->top, w->s->e, &options, err);
    app_progress_begin(&w->progress, "search", 0, source.count);
    if (status == NN_OK)
        status = nn_top_over_search(w->top, &source, tell, w, err);
    app_progress_clear(&w->progress);
    if (status == NN_OK && nn_top_over_pictures(w->top, NULL) == 0)
        return nn_fail(err, NN_ENOTFOUND, "no picture of the data could be read");
    return status;
}

static nn_status project(work *w, nn_error *err)
{
    const nn_picture_source source = app_gallery_reader(w->source);
    nn_status status = NN_OK;
    w->patches = g_new0(app_mosaic, (gsize)w->count);
    w->projections = g_new0(app_mosaic, (gsize)w->count);
    for (int i = 0; i < w->count && status == NN_OK; i++) {
        status = app_mosaic_init(&w->patches[i], w->side, w->side, TILE, err);
        if (status == NN_OK)
            status = app_mosaic_init(&w->projections[i], w->side, w->side, TILE, err);
    }
    app_progress_begin(&w->progress, "project", 0, 0);
    if (status == NN_OK)
        status = nn_top_over_project(w->top, &source, take, w, tell, w, err);
    app_progress_clear(&w->progress);
    return status;
}

// value, picture, y, x of each hit.
static void keep(const work *w, app_raw *raw)
{
    const int hits = NN_TOP_OVER_HITS;
    g_autofree float *rows = g_new0(float, (gsize)w->count *(gsize)hits * 4);
    for (int i = 0; i < w->count; i++) {
        const nn_top_hit *hit;
        const int n = nn_top_over_hits(w->top, 0, w->channel[i], &hit);
        for (int k = 0; k < n; k++) {
            float *to = rows + 4 * (i * hits + k);
            g_autofree char *key = g_strdup_printf("picture.%lld", (long long)hit[k].picture);
            g_autofree char *name = app_gallery_name(w->source, hit[k].picture);
            to[0] = hit[k].value;
            to[1] = (float)hit[k].picture;
            to[2] = (float)hit[k].y;
            to[3] = (float)hit[k].x;
            app_raw_note(raw, key, "%s", name);
        }
    }
    const nn_tensor t = nn_tensor_dense(NN_F32, nn_shape_4d(1, w->count, hits, 4), rows);
    app_raw_add(raw, &t, "hits");
    app_raw_note(raw, "columns", "value, picture, y, x");
}

static void fill(work *w, app_figure *f)
{
    for (int i = 0; i < w->count; i++) {
        const nn_top_hit *hit;
        const int n = nn_top_over_hits(w->top, 0, w->channel[i], &hit);
        app_figure_cell *cell = app_figure_add(f);
        cell->title = g_strdup_printf("channel %d", w->channel[i]);
        cell->note =
            n > 0 ? g_strdup_printf("%.3g to %.3g", (double)hit[0].value, (double)hit[n - 1].value)
                  : g_strdup("never above 0");
        cell->image = w->patches[i].image;
        cell->second = w->projections[i].image;
        w->patches[i].image = w->projections[i].image = (nn_image){0};
    }
    f->width = 2 * w->patches[0].tile * w->side + 4 + 4 * (w->side - 1);
    f->height = w->patches[0].tile * w->side + 2 * (w->side - 1);
}

static void say(const work *w, app_figure *f, const nn_explain_layer *layer, const char *data)
{
    int64_t skipped;
    const int64_t pictures = nn_top_over_pictures(w->top, &skipped);
    g_autofree char *shape = app_layer_shape(layer), *base = g_path_get_basename(data);
    g_autofree char *model = g_path_get_basename(w->s->job->model);
    f->title = g_strdup_printf("What excites %s most", layer->name);
    app_figure_add_fact(f, "%s", model);
    app_figure_add_fact(f, "layer %s, %s", layer->name, shape);
    app_figure_add_fact(f, "%lld pictures of %s", (long long)pictures, base);
    if (skipped > 0)
        app_figure_add_fact(f, "%lld could not be read", (long long)skipped);
    f->footer = g_strdup_printf(
        "the %d strongest activations of %s%d channels, at most one a picture: the patches that "
        "caused them, and their projections",
        NN_TOP_OVER_HITS, w->count < layer->channels ? "the first " : "all ", w->count);
}

static void release(work *w)
{
    for (int i = 0; i < w->count; i++) {
        if (w->patches)
            nn_image_release(&w->patches[i].image);
        if (w->projections)
            nn_image_release(&w->projections[i].image);
    }
    g_free(w->patches);
    g_free(w->projections);
    g_free(w->channel);
    nn_top_over_free(w->top);
    app_gallery_close(w->source);
}

nn_status app_figure_top_over(app_subject *s, const char *data, app_figure *f, app_raw *raw,
                              nn_error *err)
{
    const int index = s->layer >= 0 ? s->layer : nn_explainer_default_layer(s->e);
    if (index < 0)
        return nn_fail(err, NN_EINVAL, "which --layer? The model has no maps before its head");
    const nn_explain_layer layer = nn_explainer_layer(s->e, index);
    work w = {.s = s, .side = (int)ceil(sqrt(NN_TOP_OVER_HITS))};
    choose(&w, &layer);
    nn_status status = app_gallery_open(&w.source, data, s->job->interval, s->job->max_frames, err);
    if (status == NN_OK)
        status = search(&w, index, err);
    if (status == NN_OK)
        status = project(&w, err);
    if (status == NN_OK) {
        fill(&w, f);
        say(&w, f, &layer, data);
        keep(&w, raw);
        app_raw_note(raw, "layer", "%s", layer.name);
        app_raw_note(raw, "data", "%s", data);
    }
    release(&w);
    return status;
}
