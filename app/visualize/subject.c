// SPDX-License-Identifier: MIT
// Finds what is asked about a model, looks at pictures, and turns explanations into cells.
#include "app/visualize/subject.h"

#include "nn/base/memory.h"
#include "nn/base/spelling.h"
#include "nn/vision/palette.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FEW_BOXES = 5 };    // of so many all have names
#define WIDE 1.7           // width to height of pictures that are drawn below each other
#define PICTURE_PART 0.998 // of a projection's numbers stay within the scale
#define HEAT_PART 0.9995

// --- the question ---

static const char *const own_methods[] = {APP_METHOD_FEATURES, APP_METHOD_FILTERS,
                                          APP_METHOD_MAXIMIZE};

// Lists the methods, with the nearest one.
static nn_status refuse_method(const char *word, nn_error *err)
{
    int count;
    const nn_explain_method *const *all = nn_explain_methods(&count);
    g_autofree const char **words = g_new0(const char *, (gsize)count + G_N_ELEMENTS(own_methods));
    g_autoptr(GString) list = g_string_new(NULL);
    for (int i = 0; i < count; i++) {
        words[i] = all[i]->word;
        g_string_append_printf(list, "%s, ", words[i]);
    }
    for (int i = 0; i < (int)G_N_ELEMENTS(own_methods); i++)
        words[count++] = own_methods[i];
    const char *near = nn_spelling_nearest(word, words, count);
    return nn_fail(err, NN_EINVAL, "--method %s: %s%s%s; there are %sfeatures, filters, maximize",
                   word, near ? "is '" : "no such method", near ? near : "", near ? "' meant?" : "",
                   list->str);
}

// The method: the one that is named, else one that suits what is named.
static nn_status find_method(app_subject *s, nn_error *err)
{
    const app_visualize *job = s->job;
    const nn_card *card = nn_explainer_card(s->e);
    s->method = job->method;
    if (!s->method && (job->channel >= 0 || job->strongest >= 0 || job->top_over))
        s->method = "deconv";
    if (!s->method)
        s->method = *card->task ? "gradcam" : APP_METHOD_FEATURES;
    for (int i = 0; i < (int)G_N_ELEMENTS(own_methods); i++)
        if (strcmp(s->method, own_methods[i]) == 0)
            return NN_OK;
    s->how = nn_explain_method_find(s->method);
    return s->how ? NN_OK : refuse_method(s->method, err);
}

static nn_status find_layer(app_subject *s, nn_error *err)
{
    s->layer = -1;
    if (!s->job->layer)
        return NN_OK;
    s->layer = nn_explainer_find_layer(s->e, s->job->layer, err);
    return s->layer < 0 ? err->status : NN_OK;
}

static nn_status find_class(app_subject *s, nn_error *err)
{
    const char *text = s->job->of_class;
    const nn_card *card = nn_explainer_card(s->e);
    s->label = -1;
    if (!text)
        return NN_OK;
    for (int i = 0; i < card->label_count && s->label < 0; i++)
        if (g_ascii_strcasecmp(card->labels[i], text) == 0)
            s->label = i;
    char *end;
    const long number = strtol(text, &end, 10);
    if (s->label < 0 && *text && !*end && number >= 0 &&
        (number < card->label_count || card->label_count == 0))
        s->label = (int)number;
    if (s->label >= 0)
        return NN_OK;
    const char *near =
        nn_spelling_nearest(text, (const char *const *)card->labels, card->label_count);
    return nn_fail(err, NN_EINVAL,
                   "--class %s: %s%s%s; the model has %d classes, 0 (%s) to %d (%s)", text,
                   near ? "is '" : "no such class", near ? near : "", near ? "' meant?" : "",
                   card->label_count, app_subject_label(s, 0), card->label_count - 1,
                   app_subject_label(s, card->label_count - 1));
}

// Words that contradict each other.
static nn_status check(const app_subject *s, nn_error *err)
{
    const app_visualize *job = s->job;
    const bool cam = s->how && s->how->cam, of_output = job->of_class || job->box >= 0;
    if (cam && (job->channel >= 0 || job->strongest >= 0))
        return nn_fail(err, NN_EINVAL,
                       "%s explains a class or box; --channel and --strongest are for deconv, "
                       "guided, gradient and their like",
                       s->method);
    if (!s->how && of_output && strcmp(s->method, APP_METHOD_MAXIMIZE) != 0)
        return nn_fail(err, NN_EINVAL, "--method %s shows a layer, not a class or box", s->method);
    if (!cam && of_output && !job->invariance && (job->layer || job->all_layers))
        return nn_fail(err, NN_EINVAL,
                       "%s explains either a layer or a class: leave out one of --layer and %s",
                       s->method, job->of_class ? "--class" : "--box");
    if (job->channel >= 0 && !job->layer && !job->all_layers)
        return nn_fail(err, NN_EINVAL, "--channel %d: of which --layer? --list-layers names them",
                       job->channel);
    if (s->layer < 0 || job->channel < 0)
        return NN_OK;
    const nn_explain_layer l = nn_explainer_layer(s->e, s->layer);
    if (job->channel >= l.channels)
        return nn_fail(err, NN_EINVAL, "--channel %d: %s has %d channels, 0 to %d", job->channel,
                       l.name, l.channels, l.channels - 1);
    return NN_OK;
}

nn_status app_subject_open(app_subject *s, const app_visualize *job, nn_error *err)
{
    *s = (app_subject){.job = job};
    nn_status status = nn_explainer_open(&s->e, job->model, &job->model_options, err);
    if (status == NN_OK)
        status = find_method(s, err);
    if (status == NN_OK)
        status = find_layer(s, err);
    if (status == NN_OK)
        status = find_class(s, err);
    if (status == NN_OK)
        status = check(s, err);
    if (status != NN_OK)
        app_subject_close(s);
    return status;
}

void app_subject_close(app_subject *s)
{
    nn_explainer_free(s->e);
    s->e = NULL;
}

nn_status app_subject_see(app_subject *s, const nn_image *picture, const char *name, nn_error *err)
{
    const nn_frame frame = nn_image_frame(picture);
    s->picture = picture;
    s->name = name;
    const nn_status status = nn_explainer_see(s->e, &frame, err);
    if (status != NN_OK)
        return status;
    s->placed = nn_explainer_letterbox(s->e);
    s->seen = app_seen_find(&s->placed);
    return NN_OK;
}

// Sets the target at the output: a class or a box.
static nn_status aim_at_output(const app_subject *s, bool by_class, nn_explain_target *t,
                               nn_error *err)
{
    const nn_result *r = nn_explainer_result(s->e);
    const bool detects = nn_card_finds_boxes(nn_explainer_card(s->e));
    t->channel = s->label;
    if (s->job->box >= 0 && (!detects || s->job->box >= r->count))
        return nn_fail(err, NN_EINVAL, "--box %d: %s%d box%s found in %s", s->job->box + 1,
                       detects ? "" : "for detectors; ", detects ? r->count : 0,
                       r->count == 1 ? " was" : "es were", s->name);
    if (s->job->box >= 0)
        t->box = s->job->box;
    else if (detects && s->label < 0 && r->count > 0 && !by_class)
        t->box = 0;
    else if (detects && s->label < 0 && r->count > 0)
        t->channel = r->boxes[0].label;
    return NN_OK;
}

nn_status app_subject_explain(app_subject *s, int layer, int channel, int strongest, bool by_class,
                              nn_explain_map *map, nn_error *err)
{
    nn_explain_target t;
    nn_explain_settings settings = s->job->settings;
    nn_status status = NN_OK;
    nn_explain_target_init(&t);
    settings.cam_layer = layer;
    if (!s->how->cam && layer >= 0) {
        t.layer = layer;
        t.channel = channel;
        t.strongest = MAX(0, strongest);
    } else {
        status = aim_at_output(s, by_class, &t, err);
    }
    return status == NN_OK ? nn_explain(s->e, s->method, &t, &settings, map, err) : status;
}

// --- words ---

const char *app_method_title(const char *word)
{
    static const char *const titles[][2] = {
        {"deconv", "Deconvnet"},
        {"guided", "Guided backpropagation"},
        {"gradient", "Gradient"},
        {"smoothgrad", "SmoothGrad"},
        {"integrated", "Integrated gradients"},
        {"gradcam", "Grad-CAM"},
        {"gradcam++", "Grad-CAM++"},
        {"layercam", "Layer-CAM"},
        {"occlusion", "Occlusion sensitivity"},
        {APP_METHOD_FEATURES, "Feature maps"},
    };
    for (int i = 0; i < (int)G_N_ELEMENTS(titles); i++)
        if (strcmp(titles[i][0], word) == 0)
            return titles[i][1];
    return word;
}

const char *app_subject_label(const app_subject *s, int label)
{
    const nn_card *card = nn_explainer_card(s->e);
    return label >= 0 && label < card->label_count ? card->labels[label] : "?";
}

char *app_layer_shape(const nn_explain_layer *layer)
{
    if (layer->height == 0)
        return g_strdup_printf("%d", layer->channels);
    return g_strdup_printf("%d \u00d7 %d \u00d7 %d", layer->channels, layer->height, layer->width);
}

const nn_box *app_subject_box(const app_subject *s, const nn_explain_map *map)
{
    const nn_result *r = nn_explainer_result(s->e);
    if (s->job->box >= 0)
        return &r->boxes[s->job->box];
    const int label = s->label >= 0 ? s->label : map ? map->channel : -1;
    for (int i = 0; i < r->count; i++)
        if (label < 0 || r->boxes[i].label == label)
            return &r->boxes[i];
    return NULL;
}

char *app_subject_target(const app_subject *s, const nn_explain_map *map)
{
    const bool of_layer = s->how && !s->how->cam && map->layer >= 0;
    if (of_layer) {
        const char *name = nn_explainer_layer(s->e, map->layer).name;
        return map->channel >= 0 ? g_strdup_printf("%s, channel %d", name, map->channel)
                                 : g_strdup(name);
    }
    const nn_box *box = app_subject_box(s, map);
    if (box)
        return g_strdup(app_subject_label(s, box->label));
    if (s->label >= 0)
        return g_strdup(app_subject_label(s, s->label));
    if (map->channel >= 0 && map->channel < nn_explainer_card(s->e)->label_count)
        return g_strdup(app_subject_label(s, map->channel));
    return map->channel >= 0 ? g_strdup_printf("class %d", map->channel) : g_strdup("the output");
}

void app_subject_facts(const app_subject *s, app_figure *f)
{
    const nn_card *card = nn_explainer_card(s->e);
    const nn_result *r = nn_explainer_result(s->e);
    g_autofree char *model = g_path_get_basename(s->job->model);
    const bool own = *card->network && strcmp(card->network, model) != 0;
    app_figure_add_fact(f, "%s%s%s%s", model, own ? " (" : "", own ? card->network : "",
                        own ? ")" : "");
    app_figure_add_fact(f, "%s, %d \u00d7 %d, seen at %d \u00d7 %d", s->name, s->picture->width,
                        s->picture->height, s->placed.input_w, s->placed.input_h);
    if (strcmp(card->task, "classify") == 0 && r->count > 1)
        app_figure_add_fact(f, "%s %.3f, then %s %.3f", app_subject_label(s, r->boxes[0].label),
                            (double)r->boxes[0].score, app_subject_label(s, r->boxes[1].label),
                            (double)r->boxes[1].score);
    else if (nn_card_finds_boxes(card))
        app_figure_add_fact(f, r->count == 1 ? "%d box found" : "%d boxes found", r->count);
}

// --- cells ---

void app_subject_size(const app_subject *s, app_figure *f, double side)
{
    const double shape = (double)s->seen.width / s->seen.height;
    const double width = shape > WIDE ? side * 1.75 : side * sqrt(shape);
    f->width = MAX(16, (int)(fmin(width, side * 1.75) + 0.5));
    f->height = MAX(8, (int)(f->width / shape + 0.5));
    if (f->height > 1.5 * side) {
        f->height = (int)(1.5 * side);
        f->width = MAX(8, (int)(f->height * shape + 0.5));
    }
}

static nn_status cut(const app_subject *s, const app_figure *f, nn_image *out, int *reduced,
                     nn_error *err)
{
    return app_seen_cut(out, s->picture, &s->seen, MIN(f->width, f->height), reduced, err);
}

// Marks boxes in a picture that was cut: all of the class that is explained, or one.
static void mark_boxes(const app_subject *s, app_figure_cell *cell, int reduced)
{
    const nn_result *r = nn_explainer_result(s->e);
    if (!nn_card_finds_boxes(nn_explainer_card(s->e)))
        return;
    for (int i = 0; i < r->count; i++) {
        const nn_box *b = &r->boxes[i];
        g_autofree char *text =
            g_strdup_printf("%s %.2f", app_subject_label(s, b->label), (double)b->score);
        const bool one = s->job->box >= 0 ? i == s->job->box : s->label < 0 && i == 0;
        if (s->job->box >= 0 ? i != s->job->box : s->label >= 0 && b->label != s->label)
            continue;
        app_figure_mark(cell, (b->x0 - (float)s->seen.x) / (float)reduced,
                        (b->y0 - (float)s->seen.y) / (float)reduced,
                        (b->x1 - (float)s->seen.x) / (float)reduced,
                        (b->y1 - (float)s->seen.y) / (float)reduced,
                        one || s->label >= 0 ? nn_palette(b->label) : 0xb8bcc4,
                        one || r->count <= FEW_BOXES ? text : NULL);
    }
}

nn_status app_subject_add_picture(const app_subject *s, app_figure *f, nn_error *err)
{
    app_figure_cell *cell = app_figure_add(f);
    int reduced;
    cell->title = g_strdup("Input");
    nn_status status = cut(s, f, &cell->image, &reduced, err);
    if (status == NN_OK && !(s->how && !s->how->cam && (s->layer >= 0 || s->job->all_layers)))
        mark_boxes(s, cell, reduced);
    return status;
}

static app_map map_of(const nn_explain_map *map)
{
    if (map->channels == 1 && map->cells)
        return (app_map){map->cells, 1, map->cells_h, map->cells_w};
    return (app_map){map->data, map->channels, map->height, map->width};
}

// Heat over the picture, smooth; where the network sees the whole input, so do its cells.
static nn_status lay_over(const app_subject *s, const app_figure *f, app_figure_cell *cell,
                          const nn_explain_map *map, nn_error *err)
{
    const app_map fine = {map->data, 1, map->height, map->width};
    app_map seen;
    int reduced;
    nn_status status = cut(s, f, &cell->image, &reduced, err);
    if (status == NN_OK)
        status = app_seen_cut_map(&seen, &fine, &s->placed, &s->seen, err);
    if (status == NN_OK)
        app_map_blend(&cell->image, &seen, &cell->scale, 0.78);
    if (status == NN_OK)
        nn_free((float *)seen.data);
    return status;
}

nn_status app_subject_add_map(const app_subject *s, app_figure *f, const nn_explain_map *map,
                              bool bar, app_scale *used, nn_error *err)
{
    const app_map numbers = map_of(map);
    app_figure_cell *cell = app_figure_add(f);
    cell->scale = app_map_scale(&numbers, numbers.channels == 3 ? PICTURE_PART : HEAT_PART);
    cell->has_bar = bar;
    if (used)
        *used = cell->scale;
    if (numbers.channels == 1)
        return lay_over(s, f, cell, map, err);
    app_map seen;
    nn_status status = app_seen_cut_map(&seen, &numbers, &s->placed, &s->seen, err);
    if (status != NN_OK)
        return status;
    status = app_map_paint(&cell->image, &seen, &cell->scale, err);
    nn_free((float *)seen.data);
    return status;
}
