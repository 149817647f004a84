// SPDX-License-Identifier: MIT
// Figures of many explanations: the strongest channels of a layer, or all layers.
#include "app/visualize/figures.h"

#include "app/cli/progress.h"
#include "app/visualize/choose.h"

enum { CHANNELS = 11, LAYERS = 60, SHEET_STRONGEST = 9 };
#define SIDE 190.0

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

nn_status app_figure_channels(app_subject *s, app_figure *f, app_raw *raw, nn_error *err)
{
    const nn_explain_layer layer = nn_explainer_layer(s->e, s->layer);
    const int most = s->job->top > 0 ? s->job->top : CHANNELS;
    const int strongest = s->job->strongest >= 0 ? s->job->strongest : 1;
    g_autofree int *channel = g_new(int, (gsize)layer.channels);
    const int count = app_choose_channels(nn_explainer_values(s->e, s->layer), most, channel);
    g_autofree char *shape = app_layer_shape(&layer);
    app_progress progress;
    nn_explain_map map = {0};
    double cost = 0;
    f->title = g_strdup_printf("%s of %s: its strongest channels", app_method_title(s->method),
                               layer.name);
    app_figure_add_fact(f, "layer %s, %s", layer.name, shape);
    app_subject_facts(s, f);
    app_subject_size(s, f, SIDE);
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
        status = add(s, f, &map, g_strdup_printf("channel %d", channel[i]),
                     g_strdup_printf("activation %.3g,  ", (double)map.score), err);
        app_progress_late(&progress, i + 1, "");
    }
    app_progress_clear(&progress);
    app_raw_note(raw, "layer", "%s", layer.name);
    app_raw_note(raw, "forward_passes", "%.4g", cost);
    if (strongest == 1)
        f->footer = g_strdup("the strongest activation of each channel, in the colours of the "
                             "input; grey is zero, and each ends at its own number");
    else
        f->footer = g_strdup_printf("%s%d activations of each channel",
                                    strongest ? "the strongest " : "all ", strongest);
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
