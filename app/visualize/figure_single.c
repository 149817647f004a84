// SPDX-License-Identifier: MIT
// The figure of one explanation: the picture, and what the method says of it.
#include "app/visualize/figures.h"

#include "nn/base/memory.h"

#include <string.h>

#define SIDE 430.0

// Where the numbers of a projection are large, whatever their colour.
static nn_status add_strength(const app_subject *s, app_figure *f, const nn_explain_map *map,
                              nn_error *err)
{
    const app_map planes = {map->data, map->channels, map->height, map->width};
    float *numbers = nn_calloc((size_t)map->height * (size_t)map->width, sizeof *numbers);
    if (!numbers)
        return nn_fail(err, NN_ENOMEM, "no memory for a map of %dx%d", map->width, map->height);
    app_map_strength(&planes, numbers);
    const app_map all = {numbers, 1, map->height, map->width};
    app_map seen;
    nn_status status = app_seen_cut_map(&seen, &all, &s->placed, &s->seen, err);
    if (status == NN_OK) {
        app_figure_cell *cell = app_figure_add(f);
        cell->title = g_strdup("Strength");
        cell->note = g_strdup("largest magnitude of the colours");
        cell->scale = app_map_scale(&seen, 0.995);
        cell->has_bar = true;
        status = app_map_paint(&cell->image, &seen, &cell->scale, err);
        nn_free((float *)seen.data);
    }
    nn_free(numbers);
    return status;
}

static void title(const app_subject *s, app_figure *f, const nn_explain_map *map)
{
    g_autofree char *what = app_subject_target(s, map);
    f->title = g_strdup_printf("%s of %s", app_method_title(s->method), what);
    if (map->layer < 0)
        return;
    const nn_explain_layer layer = nn_explainer_layer(s->e, map->layer);
    g_autofree char *shape = app_layer_shape(&layer);
    app_figure_add_fact(f, "layer %s, %s", layer.name, shape);
}

static void say_score(const app_subject *s, app_figure *f, const nn_explain_map *map)
{
    const nn_box *box = app_subject_box(s, map);
    const bool of_layer = s->how && !s->how->cam && map->layer >= 0;
    if (of_layer)
        app_figure_add_fact(f, "activation %.4g", (double)map->score);
    else if (box && strcmp(nn_explainer_card(s->e)->task, "classify") == 0 &&
             box == nn_explainer_result(s->e)->boxes)
        app_figure_add_fact(f, "%.4g at the output", (double)map->score); // the rest is a fact, too
    else if (box)
        app_figure_add_fact(f, "%s %.3f (%.4g at the output)", app_subject_label(s, box->label),
                            (double)box->score, (double)map->score);
    else if (s->label >= 0 && nn_card_finds_boxes(nn_explainer_card(s->e)))
        app_figure_add_fact(f, "no %s found (%.4g at the output)", app_subject_label(s, s->label),
                            (double)map->score);
    else
        app_figure_add_fact(f, "%.4g at the output", (double)map->score);
}

static void keep_numbers(const app_subject *s, app_raw *raw, const nn_explain_map *map)
{
    const nn_shape shape = nn_shape_4d(1, map->channels, map->height, map->width);
    const nn_tensor data = nn_tensor_dense(NN_F32, shape, map->data);
    app_raw_add(raw, &data, "map");
    if (map->cells) {
        const nn_shape cells = nn_shape_4d(1, 1, map->cells_h, map->cells_w);
        const nn_tensor coarse = nn_tensor_dense(NN_F32, cells, map->cells);
        app_raw_add(raw, &coarse, "cells");
    }
    if (map->layer >= 0)
        app_raw_note(raw, "layer", "%s", nn_explainer_layer(s->e, map->layer).name);
    app_raw_note(raw, "channel", "%d", map->channel);
    app_raw_note(raw, "score", "%.9g", (double)map->score);
    app_raw_note(raw, "forward_passes", "%.4g", map->forward_passes);
}

nn_status app_figure_single(app_subject *s, app_figure *f, app_raw *raw, nn_error *err)
{
    nn_explain_map map = {0};
    const int strongest = s->job->strongest;
    nn_status status =
        app_subject_explain(s, s->layer, s->job->channel, strongest, false, &map, err);
    if (status == NN_OK) {
        title(s, f, &map);
        say_score(s, f, &map);
        app_subject_facts(s, f);
        app_subject_size(s, f, SIDE);
        status = app_subject_add_picture(s, f, err);
    }
    if (status == NN_OK)
        f->cells[0].note =
            g_strdup(s->seen.width < s->picture->width || s->seen.height < s->picture->height
                         ? "the part that the network sees"
                         : "all that the network sees");
    if (status == NN_OK)
        status = app_subject_add_map(s, f, &map, true, NULL, err);
    if (status == NN_OK) {
        app_figure_cell *cell = &f->cells[f->count - 1];
        const bool picture = map.channels == 3;
        cell->title = g_strdup(picture ? app_method_title(s->method) : "Where");
        cell->note = picture
                         ? g_strdup("in the colours of the input; grey is zero")
                         : g_strdup_printf("heat of %d \u00d7 %d places", map.cells_w, map.cells_h);
    }
    if (status == NN_OK && map.channels == 3)
        status = add_strength(s, f, &map, err);
    if (status == NN_OK) {
        keep_numbers(s, raw, &map);
        char which[64] = "";
        if (strongest > 0)
            g_snprintf(which, sizeof which, "the %d strongest activations alone;  ", strongest);
        f->footer =
            g_strdup_printf("%scost of %.3g forward passes; %.1f MiB of memory", which,
                            map.forward_passes, (double)nn_explainer_bytes(s->e) / (1 << 20));
    }
    nn_explain_map_release(&map);
    return status;
}
