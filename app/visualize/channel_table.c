// SPDX-License-Identifier: MIT
// A table of channels that do nothing for a data set, and of those that are always at their limit.
#include "app/cli/progress.h"
#include "app/visualize/gallery.h"
#include "app/visualize/visualize.h"
#include "nn/explain/channel_use.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

static nn_status look(nn_explainer *e, nn_channel_use *u, app_gallery *data, nn_error *err)
{
    const nn_picture_source source = app_gallery_reader(data);
    app_progress progress;
    nn_status status = NN_OK;
    app_progress_begin(&progress, "pictures", 0, source.count);
    for (int64_t i = 0; status == NN_OK; i++) {
        nn_frame frame;
        int64_t time;
        app_progress_late(&progress, i, "");
        const int got = source.read(source.ctx, i, &frame, &time, err);
        if (got == NN_SOURCE_END)
            break;
        if (got == NN_SOURCE_FAILED)
            status = err->status ? err->status : NN_EIO;
        if (got != NN_SOURCE_FRAME)
            continue;
        status = nn_explainer_see(e, &frame, err);
        if (status == NN_OK)
            nn_channel_use_add(u);
    }
    app_progress_clear(&progress);
    if (status == NN_OK && nn_channel_use_pictures(u) == 0)
        return nn_fail(err, NN_ENOTFOUND, "no picture of the data could be read");
    return status;
}

// The part of a layer's values that are 0, in percent.
static double zeros_of(const nn_channel_use *u, int layer, int channels)
{
    double sum = 0;
    for (int c = 0; c < channels; c++)
        sum += (double)nn_channel_use_facts(u, layer, c).zeros;
    return 100 * sum / MAX(1, channels);
}

static void print_table(const nn_explainer *e, const nn_channel_use *u)
{
    int wide = 5;
    for (int i = 0; i < nn_explainer_layer_count(e); i++)
        wide = MAX(wide, (int)strlen(nn_explainer_layer(e, i).name));
    printf("%-*s  %-19s %8s %8s %10s %8s\n", wide, "layer", "type", "channels", "dead", "saturated",
           "zeros");
    for (int i = 0; i < nn_explainer_layer_count(e); i++) {
        const nn_explain_layer l = nn_explainer_layer(e, i);
        int saturated;
        const int dead = nn_channel_use_dead(u, i, &saturated);
        printf("%-*s  %-19s %8d %8d %10d %6.1f %%\n", wide, l.name, l.op, l.channels, dead,
               saturated, zeros_of(u, i, l.channels));
    }
}

nn_status app_visualize_channel_use(const app_visualize *job, const char *data, nn_error *err)
{
    nn_explainer *e = NULL;
    nn_channel_use *u = NULL;
    app_gallery *pictures = NULL;
    nn_status status = app_gallery_open(&pictures, data, job->interval, job->max_frames, err);
    if (status == NN_OK)
        status = nn_explainer_open(&e, job->model, &job->model_options, err);
    if (status == NN_OK)
        status = nn_channel_use_new(&u, e, err);
    if (status == NN_OK)
        status = look(e, u, pictures, err);
    if (status == NN_OK)
        print_table(e, u);
    nn_channel_use_free(u);
    nn_explainer_free(e);
    app_gallery_close(pictures);
    return status;
}
