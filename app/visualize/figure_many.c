// SPDX-License-Identifier: MIT
// Figures of many explanations: the strongest channels of a layer, or all layers.
#include "app/visualize/figures.h"

#include "app/cli/progress.h"
#include "app/visualize/choose.h"
#include "nn/base/memory.h"
#include "nn/vision/palette.h"

enum { CHANNELS = 11, LAYERS = 60, SHEET_STRONGEST = 9, LEAST_PATCH = 24 };
#define SIDE 160.0

static void keep(app_raw *raw, const nn_explain_map *map, const char *name)
{
    const nn_shape shape = map->cells ? nn_shape_4d(1, 1, map->cells_h, map->cells_w)
                                      : nn_shape_4d(1, map->channels, map->height, map->width);
    const nn_tensor t = nn_tensor_dense(NN_F32, shape, map->cells ? map->cells : map->data);
    app_raw_add(raw, &t, "%s", name);
}

// Adds one explanation of several. `note` is taken over.
static nn_status add(app_subject *s, app_figure *f, const nn_explain_map *map, char *title,
                     char *note, nn_error *err)
{
    app_scale scale;
    const nn_status status = app_subject_add_map(s, f, map, false, &scale, err);
    if (status == NN_OK) {
        app_figure_cell *cell = &f->cells[f->count - 1];
        cell->title = title;
        cell->note =
            g_strdup_printf("%s%s%.2g", note, scale.low < 0 ? "\u00b1" : "up to ", scale.high);
    } else {
        g_free(title);
    }
    g_free(note);
    return status;
}

// Adds the part of the picture that caused an activation, beside its projection, and marks it in
// the input, which is the first cell.
static nn_status add_patch(const app_subject *s, app_figure *f, const nn_explain_map *map,
                           int channel, nn_error *err)
{
    const app_map planes = {map->data, map->channels, map->height, map->width};
    const app_seen part = app_seen_around(&s->seen, &planes, &s->placed, LEAST_PATCH);
    app_figure_cell *cell = app_figure_add(f);
    app_map seen;
    int reduced;
    cell->scale = app_map_scale(&planes, 0.9995);
    cell->title = g_strdup_printf("channel %d", channel);
    cell->note =
        g_strdup_printf("activation %.3g,  \u00b1%.2g", (double)map->score, cell->scale.high);
    nn_status status = app_seen_cut(&cell->image, s->picture, &part, f->height, &reduced, err);
    if (status == NN_OK)
        status = app_seen_cut_map(&seen, &planes, &s->placed, &part, err);
    if (status != NN_OK)
        return status;
    status = app_map_paint(&cell->second, &seen, &cell->scale, err);
    nn_free((float *)seen.data);
    app_figure_cell *input = &f->cells[0];
    const float zoom = (float)input->image.width / (float)s->seen.width;
    g_autofree char *name = g_strdup_printf("%d", channel);
    if (part.width < s->seen.width)
        app_figure_mark(
            input, zoom * (float)(part.x - s->seen.x), zoom * (float)(part.y - s->seen.y),
            zoom * (float)(part.x + part.width - s->seen.x),
            zoom * (float)(part.y + part.height - s->seen.y), nn_palette(f->count), name);
    return status;
}

static void say_channels(const app_subject *s, app_figure *f, const nn_explain_layer *layer,
                         int strongest)
{
    g_autofree char *shape = app_layer_shape(layer);
    f->title = g_strdup_printf("%s of %s: its strongest channels", app_method_title(s->method),
                               layer->name);
    app_figure_add_fact(f, "layer %s, %s", layer->name, shape);
    app_subject_facts(s, f);
    g_autofree char *which = strongest == 1 ? g_strdup("the strongest activation")
                             : strongest > 1
                                 ? g_strdup_printf("the %d strongest activations", strongest)
                                 : g_strdup("all activations");
    f->footer =
        g_strdup_printf("%s of each channel: what caused it, and its projection, where grey "
                        "is zero and the colours end at the number above",
                        which);
}

nn_status app_figure_channels(app_subject *s, app_figure *f, app_raw *raw, nn_error *err)
{
    const nn_explain_layer layer = nn_explainer_layer(s->e, s->layer);
    const int most = s->job->top > 0 ? s->job->top : CHANNELS;
    const int strongest = s->job->strongest >= 0 ? s->job->strongest : 1;
    g_autofree int *channel = g_new(int, (gsize)layer.channels);
    const int count = app_choose_channels(nn_explainer_values(s->e, s->layer), most, channel);
    app_progress progress;
    nn_explain_map map = {0};
    double cost = 0;
    say_channels(s, f, &layer, strongest);
    app_subject_size(s, f, SIDE);
    f->width = 2 * f->width + 4;
    app_progress_begin(&progress, "channels", 0, count);
    nn_status status = app_subject_add_picture(s, f, err);
    for (int i = 0; i < count && status == NN_OK; i++) {
        status = app_subject_explain(s, s->layer, channel[i], strongest, false, &map, err);
        if (status != NN_OK)
            break;
        g_autofree char *name = g_strdup_printf("channel.%d", channel[i]);
        keep(raw, &map, name);
        app_raw_note(raw, name, "%.9g", (double)map.score);
        cost += map.forward_passes;
        status = add_patch(s, f, &map, channel[i], err);
        app_progress_late(&progress, i + 1, "");
    }
    app_progress_clear(&progress);
    app_raw_note(raw, "layer", "%s", layer.name);
    app_raw_note(raw, "forward_passes", "%.4g", cost);
    nn_explain_map_release(&map);
    return status;
}

nn_status app_figure_layers(app_subject *s, app_figure *f, app_raw *raw, nn_error *err)
{
    const int strongest = s->job->strongest >= 0 ? s->job->strongest : SHEET_STRONGEST;
    g_autofree int *layer = g_new(int, (gsize)nn_explainer_layer_count(s->e));
    const int count = app_choose_layers(s->e, LAYERS, layer);
    app_progress progress;
    nn_explain_map map = {0};
    double cost = 0;
    app_subject_facts(s, f);
    app_subject_size(s, f, SIDE);
    app_progress_begin(&progress, "layers", 0, count);
    nn_status status = app_subject_add_picture(s, f, err);
    for (int i = 0; i < count && status == NN_OK; i++) {
        const nn_explain_layer l = nn_explainer_layer(s->e, layer[i]);
        status = app_subject_explain(s, layer[i], s->job->channel, strongest, false, &map, err);
        if (status != NN_OK)
            break;
        keep(raw, &map, l.name);
        cost += map.forward_passes;
        if (!f->title) {
            g_autofree char *what = s->how->cam ? app_subject_target(s, &map) : NULL;
            f->title = g_strdup_printf("%s of %s", app_method_title(s->method),
                                       what ? what : "each layer");
        }
        char *shape = app_layer_shape(&l);
        char *note = g_strconcat(shape, ",  ", NULL);
        g_free(shape);
        status = add(s, f, &map, g_strdup(l.name), note, err);
        app_progress_late(&progress, i + 1, l.name);
    }
    app_progress_clear(&progress);
    app_raw_note(raw, "forward_passes", "%.4g", cost);
    if (!s->how->cam && strongest > 0)
        f->footer = g_strdup_printf(
            "the %d strongest activations of each layer; each picture ends at its own number",
            strongest);
    else
        f->footer = g_strdup("each picture ends at its own number");
    nn_explain_map_release(&map);
    return status;
}
