// SPDX-License-Identifier: MIT
// Grids that need no picture: filters, and pictures that excite classes and channels most.
#include "app/visualize/figures.h"

#include "app/cli/progress.h"
#include "nn/explain/grid.h"
#include "nn/explain/maximize.h"

#include <math.h>

enum { FILTERS = 96, PICTURES = 9 };

// The layer that was named, or the first one with filters.
static nn_status get_filters(app_subject *s, const nn_grid_choice *choice, nn_explain_grid *g,
                             int *layer, nn_error *err)
{
    *layer = s->layer;
    if (s->layer >= 0)
        return nn_explain_filters(s->e, s->layer, choice, g, err);
    for (*layer = 0; *layer < nn_explainer_layer_count(s->e); ++*layer)
        if (nn_explain_filters(s->e, *layer, choice, g, NULL) == NN_OK)
            return NN_OK;
    return nn_fail(err, NN_EUNSUPPORTED, "no layer has filters of more than one pixel");
}

static void name_model(const app_subject *s, app_figure *f)
{
    g_autofree char *model = g_path_get_basename(s->job->model);
    app_figure_add_fact(f, "%s", model);
}

static nn_status show_filters(app_figure *f, const nn_explain_grid *g, nn_error *err)
{
    const size_t size = (size_t)g->planes * (size_t)g->height * (size_t)g->width;
    const app_map all = {g->data, g->count * g->planes, g->height, g->width};
    const double most = app_map_magnitude(&all, 0.999);
    app_scale scale = {.colours = NN_COLOUR_SIGNED, .low = -most, .high = most};
    nn_status status = NN_OK;
    scale.balanced = g->planes == 3;
    scale.colours = scale.balanced ? NN_COLOUR_GREY : NN_COLOUR_SIGNED;
    scale.low = most > 0 ? -most : -1;
    scale.high = most > 0 ? most : 1;
    for (int i = 0; i < g->count && status == NN_OK; i++) {
        const app_map m = {g->data + (size_t)i * size, g->planes, g->height, g->width};
        app_figure_cell *cell = app_figure_add(f);
        cell->title = g->planes == 3 ? g_strdup_printf("%d", g->channel[i])
                                     : g_strdup_printf("%d \u2190 %d", g->channel[i], g->input[i]);
        status = app_map_paint(&cell->image, &m, &scale, err);
    }
    f->scale = scale;
    f->bar_at_right = true;
    return status;
}

nn_status app_figure_filters(app_subject *s, app_figure *f, app_raw *raw, nn_error *err)
{
    const int one = s->job->channel;
    const nn_grid_choice choice = {.channels = one >= 0 ? &one : NULL,
                                   .count = one >= 0          ? 1
                                            : s->job->top > 0 ? s->job->top
                                                              : FILTERS,
                                   .order =
                                       s->job->top > 0 ? NN_GRID_STRONGEST : NN_GRID_BY_NUMBER};
    nn_explain_grid g = {0};
    int index;
    nn_status status = get_filters(s, &choice, &g, &index, err);
    if (status == NN_OK) {
        const nn_explain_layer layer = nn_explainer_layer(s->e, index);
        f->title = g_strdup_printf("Filters of %s", layer.name);
        name_model(s, f);
        app_figure_add_fact(f, g.count < layer.channels ? "%d of %d filters" : "all %d filters",
                            g.count, layer.channels);
        app_figure_add_fact(f, "%d \u00d7 %d weights", g.width, g.height);
        if (g.planes == 1)
            f->footer = g_strdup("output \u2190 input channel: of each filter the plane with the "
                                 "largest norm");
        else
            f->footer = g_strdup("weights of red, green and blue; grey is zero");
        f->width = g.count > 40 ? 64 : 88;
        f->height = MAX(1, f->width * g.height / g.width);
        f->pixels = true;
        status = show_filters(f, &g, err);
        const nn_shape shape = nn_shape_4d(g.count, g.planes, g.height, g.width);
        const nn_tensor t = nn_tensor_dense(NN_F32, shape, g.data);
        app_raw_add(raw, &t, "filters");
        app_raw_note(raw, "layer", "%s", layer.name);
    }
    nn_explain_grid_release(&g);
    return status;
}

// --- activation maximisation ---

typedef struct climb {
    app_progress progress;
    int done, of; // pictures
} climb;

static bool tell(void *ctx, int64_t done, int64_t of)
{
    climb *c = ctx;
    app_progress_late(&c->progress, (int64_t)c->done * of + done, "");
    return true;
}

static nn_status add_maximized(app_subject *s, app_figure *f, app_raw *raw,
                               const nn_explain_target *t, const nn_maximize_settings *settings,
                               climb *c, nn_error *err)
{
    nn_maximized m = {0};
    nn_status status = nn_maximize(s->e, t, settings, &m, tell, c, err);
    if (status == NN_OK) {
        app_figure_cell *cell = app_figure_add(f);
        cell->title = t->layer >= 0                     ? g_strdup_printf("channel %d", t->channel)
                      : nn_explainer_card(s->e)->labels ? g_strdup(app_subject_label(s, t->channel))
                                                        : g_strdup_printf("class %d", t->channel);
        cell->note =
            g_strdup_printf("from %.3g to %.3g", (double)m.score[0], (double)m.score[m.steps]);
        f->width = 3 * m.image.width / 2 > 260 ? 260 : MAX(120, 3 * m.image.width / 2);
        f->height = MAX(1, f->width * m.image.height / m.image.width);
        cell->image = m.image;
        m.image = (nn_image){0};
        const nn_shape shape = nn_shape_4d(1, 1, 1, m.steps + 1);
        const nn_tensor scores = nn_tensor_dense(NN_F32, shape, m.score);
        app_raw_add(raw, &scores, "scores.%d", t->channel);
    }
    nn_maximized_release(&m);
    return status;
}

nn_status app_figure_maximize(app_subject *s, app_figure *f, app_raw *raw, nn_error *err)
{
    const nn_card *card = nn_explainer_card(s->e);
    nn_explain_target t;
    nn_maximize_settings settings;
    nn_explain_target_init(&t);
    nn_maximize_settings_init(&settings);
    t.layer = s->layer;
    settings.steps = s->job->steps > 0 ? s->job->steps : settings.steps;
    settings.seed = s->job->settings.seed;
    const int all =
        s->layer >= 0 ? nn_explainer_layer(s->e, s->layer).channels : MAX(1, card->label_count);
    const int one = s->layer >= 0 ? s->job->channel : s->label;
    const int most = s->job->top > 0 ? s->job->top : PICTURES;
    climb c = {.of = one >= 0 ? 1 : MIN(most, all)};
    nn_status status = NN_OK;
    const char *of = s->layer >= 0 ? nn_explainer_layer(s->e, s->layer).name : "the classes";
    f->title = g_strdup_printf("What would excite %s most", of);
    name_model(s, f);
    app_figure_add_fact(f, "%d steps from noise", settings.steps);
    app_progress_begin(&c.progress, "maximize", 0, (int64_t)c.of * settings.steps);
    for (; c.done < c.of && status == NN_OK; c.done++) {
        t.channel = one >= 0 ? one : c.done;
        status = add_maximized(s, f, raw, &t, &settings, &c, err);
    }
    app_progress_clear(&c.progress);
    f->footer =
        g_strdup("pictures made by gradient ascent; below each name what they raise, before "
                 "and after");
    return status;
}
