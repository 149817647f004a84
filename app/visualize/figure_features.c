// SPDX-License-Identifier: MIT
// Feature maps as a grid: the channels of a layer, or the strongest ones of each layer.
#include "app/visualize/figures.h"

#include "app/visualize/choose.h"
#include "nn/base/memory.h"

#include <stdlib.h>

enum { MAPS = 63, ROW_MAPS = 8, ROWS = 16 };
#define SIDE 116.0
#define PART 0.9995

static int compare(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

// One channel of a layer's values.
static app_map channel_of(const nn_tensor *values, int channel)
{
    const int h = values->shape.rank > 2 ? (int)values->shape.dim[2] : 1;
    const int w = values->shape.rank > 3 ? (int)values->shape.dim[3] : 1;
    return (app_map){(const float *)values->data + (size_t)channel * (size_t)h * (size_t)w, 1, h,
                     w};
}

static nn_status add_map(const app_subject *s, app_figure *f, const app_map *m,
                         const app_scale *scale, char *title, nn_error *err)
{
    app_figure_cell *cell = app_figure_add(f);
    app_map seen;
    cell->title = title;
    cell->scale = *scale;
    nn_status status = app_seen_cut_map(&seen, m, &s->placed, &s->seen, err);
    if (status != NN_OK)
        return status;
    status = app_map_paint(&cell->image, &seen, scale, err);
    nn_free((float *)seen.data);
    return status;
}

// The scale of all channels that are shown.
static app_scale find_scale(const nn_tensor *values, const int *channel, int count)
{
    app_scale scale = {.colours = NN_COLOUR_HEAT};
    double least = 0, most = 0;
    for (int i = 0; i < count; i++) {
        const app_map m = channel_of(values, channel[i]);
        double low, high;
        app_map_range(&m, &low, &high);
        least = MIN(least, low);
        most = MAX(most, high);
        scale.high = MAX(scale.high, app_map_magnitude(&m, PART));
    }
    scale.high = scale.high > 0 ? scale.high : 1;
    if (app_map_is_signed(least, most)) {
        scale.low = -scale.high;
        scale.colours = NN_COLOUR_SIGNED;
    }
    return scale;
}

static nn_status show_layer(app_subject *s, app_figure *f, app_raw *raw, nn_error *err)
{
    const int index = s->layer >= 0 ? s->layer : nn_explainer_default_layer(s->e);
    if (index < 0)
        return nn_fail(err, NN_EINVAL, "which --layer? The model has no maps before its head");
    const nn_explain_layer layer = nn_explainer_layer(s->e, index);
    const nn_tensor *values = nn_explainer_values(s->e, index);
    const int most = s->job->channel >= 0 ? 1 : s->job->top > 0 ? s->job->top : MAPS;
    g_autofree int *channel = g_new(int, (gsize)layer.channels);
    g_autofree char *shape = app_layer_shape(&layer);
    if (layer.height == 0)
        return nn_fail(err, NN_EINVAL, "%s is a vector of %d numbers, without maps", layer.name,
                       layer.channels);
    const int count = app_choose_channels(values, most, channel);
    channel[0] = s->job->channel >= 0 ? s->job->channel : channel[0];
    qsort(channel, (size_t)count, sizeof *channel, compare);
    app_scale scale = find_scale(values, channel, count);
    f->title = g_strdup_printf("Feature maps of %s", layer.name);
    app_figure_add_fact(
        f, count < layer.channels ? "%s: the %d strongest channels" : "%s: all %d channels", shape,
        count);
    app_subject_facts(s, f);
    app_subject_size(s, f, count > 1 ? SIDE : 430);
    nn_status status = app_subject_add_picture(s, f, err);
    for (int i = 0; i < count && status == NN_OK; i++) {
        const app_map m = channel_of(values, channel[i]);
        status = add_map(s, f, &m, &scale, g_strdup_printf("%d", channel[i]), err);
    }
    f->bar_at_right = count > 1;
    f->scale = scale;
    if (count == 1 && status == NN_OK)
        f->cells[f->count - 1].has_bar = true;
    app_raw_add(raw, values, "values");
    app_raw_note(raw, "layer", "%s", layer.name);
    return status;
}

// A row for each layer: its strongest channels, each layer in a scale of its own.
static nn_status show_row(app_subject *s, app_figure *f, app_raw *raw, int index, int most,
                          nn_error *err)
{
    const nn_explain_layer layer = nn_explainer_layer(s->e, index);
    const nn_tensor *values = nn_explainer_values(s->e, index);
    g_autofree int *channel = g_new(int, (gsize)layer.channels);
    const int count = app_choose_channels(values, most, channel);
    const app_scale scale = find_scale(values, channel, count);
    nn_status status = NN_OK;
    app_raw_add(raw, values, "%s", layer.name);
    for (int i = 0; i < most && status == NN_OK; i++) {
        if (i >= count) {
            app_figure_add(f);
            continue;
        }
        const app_map m = channel_of(values, channel[i]);
        g_autofree char *shape = app_layer_shape(&layer);
        char *title = i == 0 ? g_strdup_printf("%s    %s", layer.name, shape) : NULL;
        status = add_map(s, f, &m, &scale, title, err);
        if (status == NN_OK)
            f->cells[f->count - 1].note = g_strdup_printf("channel %d", channel[i]);
    }
    if (status == NN_OK)
        f->cells[f->count - 1].has_bar = true;
    return status;
}

static nn_status show_layers(app_subject *s, app_figure *f, app_raw *raw, nn_error *err)
{
    const int most = s->job->top > 0 ? MIN(s->job->top, 40) : ROW_MAPS;
    g_autofree int *layer = g_new(int, (gsize)nn_explainer_layer_count(s->e));
    const int count = app_choose_layers(s->e, ROWS, layer);
    f->title = g_strdup("Feature maps of each layer");
    app_figure_add_fact(f, "the %d strongest channels of %d layers", most, count);
    app_subject_facts(s, f);
    app_subject_size(s, f, SIDE);
    f->columns = most;
    f->wide_titles = true;
    nn_status status = app_subject_add_picture(s, f, err);
    while (f->count < most)
        app_figure_add(f);
    for (int i = 0; i < count && status == NN_OK; i++)
        status = show_row(s, f, raw, layer[i], most, err);
    return status;
}

nn_status app_figure_features(app_subject *s, app_figure *f, app_raw *raw, nn_error *err)
{
    return s->job->all_layers ? show_layers(s, f, raw, err) : show_layer(s, f, raw, err);
}
