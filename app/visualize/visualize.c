// SPDX-License-Identifier: MIT
// Draws figures of pictures, one after the other, and says what is in them.
#include "app/visualize/visualize.h"

#include "app/cli/files.h"
#include "app/cli/folder.h"
#include "app/cli/json_file.h"
#include "app/visualize/figures.h"
#include "app/visualize/film.h"
#include "pipeline/input.h"

#include <stdio.h>
#include <string.h>

// What the inputs are, and where results go.
typedef struct work {
    const app_visualize *job;
    app_subject subject;
    GPtrArray *names; // pictures
    const char *out;  // borrowed
    char *video;      // owned; NULL: pictures
    char *folder;     // owned; NULL: one picture, in `out`
    cJSON *list;      // of what was drawn
} work;

static nn_status sort_inputs(work *w, char *const *inputs, nn_error *err)
{
    for (int i = 0; inputs[i]; i++) {
        vp_input in;
        nn_status status = vp_input_parse(&in, inputs[i], err);
        if (status != NN_OK)
            return status;
        for (int k = 0; in.kind == VP_INPUT_IMAGE && in.names[k]; k++)
            g_ptr_array_add(w->names, g_strdup(in.names[k]));
        if (in.kind != VP_INPUT_IMAGE && (i > 0 || inputs[1]))
            status = nn_fail(err, NN_EINVAL, "'%s' is a video: name it alone", inputs[i]);
        else if (in.kind != VP_INPUT_IMAGE)
            w->video = g_strdup(inputs[i]);
        vp_input_release(&in);
        if (status != NN_OK)
            return status;
    }
    return NN_OK;
}

// The name of a picture without folder and ending.
static char *stem(const char *name)
{
    char *base = g_path_get_basename(name), *dot = strrchr(base, '.');
    if (dot && dot != base)
        *dot = '\0';
    return base;
}

// "yard/a.jpg" becomes "DIR/a.png"; a second "a" becomes "a-2".
static char *figure_path(const work *w, guint i)
{
    if (!w->folder)
        return g_strdup(w->out);
    g_autofree char *name = stem(w->names->pdata[i]);
    int same = 1;
    for (guint k = 0; k < i; k++) {
        g_autofree char *other = stem(w->names->pdata[k]);
        same += strcmp(other, name) == 0;
    }
    g_autofree char *file =
        same > 1 ? g_strdup_printf("%s-%d.png", name, same) : g_strconcat(name, ".png", NULL);
    return g_build_filename(w->folder, file, NULL);
}

static nn_status claim(work *w, char *const *inputs, nn_error *err)
{
    const app_visualize *job = w->job;
    w->out = job->out ? job->out : w->video ? "visualize.mp4" : "visualize.png";
    if (!job->out && w->names->len > 1)
        w->out = "visualize";
    const bool is_video = g_str_has_suffix(w->out, ".mp4") || g_str_has_suffix(w->out, ".mkv");
    app_files files = {0};
    if (w->video && !is_video)
        return nn_fail(err, NN_EINVAL, "--out %s: of a video, write a video: .mp4 or .mkv", w->out);
    if (!w->video && is_video)
        return nn_fail(err, NN_EINVAL, "--out %s: of pictures, write .png or a folder", w->out);
    if (!inputs[0] && !g_str_has_suffix(w->out, ".png"))
        return nn_fail(err, NN_EINVAL, "--out %s: the figure is a .png", w->out);
    if (!w->video && (w->names->len > 1 || !g_str_has_suffix(w->out, ".png")))
        w->folder = g_strdup(w->out);
    if (w->folder && g_str_has_suffix(w->folder, ".png"))
        return nn_fail(err, NN_EINVAL, "--out %s: several pictures need a folder", w->folder);
    if (job->raw && (w->video || w->names->len > 1))
        return nn_fail(err, NN_EINVAL, "--raw is for one picture");
    app_files_read(&files, "MODEL", job->model);
    app_files_read(&files, "--top-over", job->top_over);
    for (int i = 0; inputs[i] && files.count < APP_FILES_MAX - 4; i++)
        app_files_read(&files, "the input", inputs[i]);
    g_autofree char *first = w->folder ? figure_path(w, 0) : NULL;
    g_autofree char *mark = first ? g_path_get_basename(first) : NULL;
    if (w->folder)
        app_files_write_folder(&files, "--out", w->folder, mark);
    else
        app_files_write(&files, "--out", w->out);
    app_files_write(&files, "--raw", job->raw);
    app_files_refresh(&files, "--json", job->json);
    return app_files_claim(&files, job->force, err);
}

static nn_status fill(app_subject *s, app_figure *f, app_raw *raw, nn_error *err)
{
    const bool channels = s->how && !s->how->cam && s->layer >= 0 && s->job->channel < 0 &&
                          nn_explainer_layer(s->e, s->layer).channels > 1 &&
                          (s->job->strongest < 0 || s->job->top > 0);
    if (s->job->invariance)
        return app_figure_invariance(s, f, raw, err);
    if (s->job->occlusion)
        return app_figure_occlusion(s, f, raw, err);
    if (!s->how)
        return app_figure_features(s, f, raw, err);
    if (s->job->all_layers)
        return app_figure_layers(s, f, raw, err);
    return channels ? app_figure_channels(s, f, raw, err) : app_figure_single(s, f, raw, err);
}

static void note(const work *w, app_raw *raw, const char *picture, const char *figure)
{
    const app_subject *s = &w->subject;
    app_raw_note(raw, "model", "%s", w->job->model);
    app_raw_note(raw, "method", "%s", s->method);
    app_raw_note(raw, "figure", "%s", figure);
    if (picture) {
        app_raw_note(raw, "picture", "%s", picture);
        app_raw_note(raw, "input", "%dx%d", s->placed.input_w, s->placed.input_h);
    }
    app_raw_note(raw, "bytes", "%zu", nn_explainer_bytes(s->e));
}

// Writes a figure with its numbers, and says so.
static nn_status finish(work *w, app_figure *f, app_raw *raw, const char *path, nn_error *err)
{
    nn_status status = app_figure_write(f, path, err);
    if (status == NN_OK && w->job->raw)
        status = app_raw_save(raw, w->job->raw, err);
    if (status != NN_OK)
        return status;
    fprintf(stderr, "%s: %s, %.1f MiB of memory\n", path, f->title,
            (double)nn_explainer_bytes(w->subject.e) / (1 << 20));
    cJSON_AddItemToArray(w->list, app_raw_json(raw));
    return NN_OK;
}

static nn_status draw(work *w, guint i, nn_error *err)
{
    const char *name = w->names->pdata[i];
    g_autofree char *path = figure_path(w, i), *base = g_path_get_basename(name);
    nn_image picture = {0};
    app_figure f = {0};
    app_raw *raw = app_raw_new(w->job->raw != NULL);
    nn_status status = nn_image_load(&picture, name, err);
    if (status == NN_OK)
        status = app_subject_see(&w->subject, &picture, base, err);
    if (status == NN_OK)
        note(w, raw, name, path);
    if (status == NN_OK)
        status = fill(&w->subject, &f, raw, err);
    if (status == NN_OK)
        status = finish(w, &f, raw, path, err);
    app_raw_free(raw);
    app_figure_release(&f);
    nn_image_release(&picture);
    return status;
}

// A figure of the network alone, or of a data set.
static nn_status draw_alone(work *w, nn_error *err)
{
    app_subject *s = &w->subject;
    app_figure f = {0};
    app_raw *raw = app_raw_new(w->job->raw != NULL);
    nn_status status = w->job->top_over ? app_figure_top_over(s, w->job->top_over, &f, raw, err)
                       : strcmp(s->method, APP_METHOD_FILTERS) == 0
                           ? app_figure_filters(s, &f, raw, err)
                           : app_figure_maximize(s, &f, raw, err);
    note(w, raw, NULL, w->out);
    if (status == NN_OK)
        status = finish(w, &f, raw, w->out, err);
    app_raw_free(raw);
    app_figure_release(&f);
    return status;
}

static nn_status run(work *w, char *const *inputs, nn_error *err)
{
    nn_status status = sort_inputs(w, inputs, err);
    if (status == NN_OK)
        status = claim(w, inputs, err);
    if (status == NN_OK)
        status = app_subject_open(&w->subject, w->job, err);
    if (status == NN_OK && w->folder)
        status = app_folder_make("--out", w->folder, err);
    if (status == NN_OK && w->video)
        status = app_film_draw(&w->subject, w->video, w->out, w->list, err);
    if (status == NN_OK && !inputs[0])
        status = draw_alone(w, err);
    for (guint i = 0; i < w->names->len && status == NN_OK; i++)
        status = draw(w, i, err);
    if (status == NN_OK && w->job->json)
        status = app_json_write(w->list, w->job->json, err);
    app_subject_close(&w->subject);
    return status;
}

nn_status app_visualize_run(const app_visualize *job, char *const *inputs, nn_error *err)
{
    work w = {.job = job, .names = g_ptr_array_new_with_free_func(g_free)};
    w.list = cJSON_CreateArray();
    const nn_status status = run(&w, inputs, err);
    g_ptr_array_free(w.names, TRUE);
    g_free(w.video);
    g_free(w.folder);
    cJSON_Delete(w.list);
    return status;
}

nn_status app_visualize_list_layers(const app_visualize *job, nn_error *err)
{
    nn_explainer *e;
    int wide = 5;
    nn_status status = nn_explainer_open(&e, job->model, &job->model_options, err);
    if (status != NN_OK)
        return status;
    for (int i = 0; i < nn_explainer_layer_count(e); i++)
        wide = MAX(wide, (int)strlen(nn_explainer_layer(e, i).name));
    printf("%-*s  %-19s %8s %12s\n", wide, "layer", "type", "channels", "map");
    for (int i = 0; i < nn_explainer_layer_count(e); i++) {
        const nn_explain_layer l = nn_explainer_layer(e, i);
        g_autofree char *size =
            l.height ? g_strdup_printf("%dx%d", l.width, l.height) : g_strdup("vector");
        printf("%-*s  %-19s %8d %12s%s\n", wide, l.name, l.op, l.channels, size,
               i == nn_explainer_default_layer(e) ? "   the one of Grad-CAM" : "");
    }
    nn_explainer_free(e);
    return NN_OK;
}
