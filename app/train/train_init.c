// SPDX-License-Identifier: MIT
// Opens the model that a training starts from, and makes the model to train from it.
#include "app/train/train_init.h"

#include "app/cli/open_model.h"
#include "app/train/train_taken.h"
#include "nn/graph/pass.h"
#include "nn/graph/pretrained.h"
#include "nn/graph/quantized.h"
#include "nn/io/io.h"
#include "nn/io/model_graph.h"
#include "nn/predict/load_model.h"
#include "nn/zoo/heads.h"

#include <stdio.h>
#include <string.h>

// The options of a card without those that begin so (NULL ends the list).
static char *without(const char *options, const char *const *prefixes)
{
    char **list = g_strsplit(options, ",", -1);
    GString *text = g_string_new(NULL);
    for (int i = 0; list[i]; i++) {
        bool left_out = false;
        for (int k = 0; prefixes[k]; k++)
            left_out = left_out || g_str_has_prefix(list[i], prefixes[k]);
        if (!left_out)
            g_string_append_printf(text, "%s%s", text->len ? "," : "", list[i]);
    }
    g_strfreev(list);
    return g_string_free(text, FALSE);
}

// What the data tell is left out.
static char *without_classes(const char *options)
{
    return without(options, (const char *const[]){"classes=", "keypoints=", NULL});
}

// The same for another head on the same network.
static char *plain_options(const char *options)
{
    return without(options, (const char *const[]){"classes=", "keypoints=", "prototypes=", NULL});
}

// Whether a tensor file names its network.
static bool is_whole(const char *path)
{
    nn_bundle b;
    nn_error err = {0};
    if (nn_bundle_load(&b, path, &err) != NN_OK)
        return true; // no tensor file: opening it tells more
    const bool whole = nn_bundle_meta(&b, "neroscale") != NULL;
    nn_bundle_release(&b);
    return whole;
}

// Whether a model of ours for the task of this card starts one for the task of the options: the
// same, or both find boxes, which the same layers do. Pretrained ones start every task that reads
// pictures in colour.
static bool starts(const app_train_options *o, const nn_card *card)
{
    const nn_train_task *task = nn_train_task_find(o->task);
    return strcmp(card->task, o->task) == 0 ||
           (nn_card_is_pretrained(card) && strcmp(o->task, "upscale") != 0) ||
           (task && task->transfer == NN_TRANSFER_HEAD && nn_card_finds_boxes(card));
}

static void inherit_from(app_train_options *o, const nn_card *card)
{
    const bool same = strcmp(card->task, o->task) == 0;
    if (app_train_has_graph(o))
        return;
    o->network = g_strdup(card->network);
    if (!*o->options) {
        g_free(o->options);
        o->options = same ? without_classes(card->options) : plain_options(card->options);
    }
    if (!o->head && *card->head && same)
        o->head = g_strdup(card->head);
}

// Joins activations that a file stores as several nodes (sum, clip, product, division). Training
// splits them from their layer again.
static nn_status gather_activations(app_train_options *o, nn_error *err)
{
    const unsigned others = NN_PASS_DROPOUT | NN_PASS_AUXILIARY | NN_PASS_NORM | NN_PASS_ADD;
    return nn_model_fuse(&o->start, others, err);
}

bool app_train_keeps_size(const app_train_options *o)
{
    const nn_card *card = o->start ? &o->start->card : NULL;
    return card && card->input_w > 0 && card->input_h > 0 &&
           (!nn_card_is_pretrained(card) || strcmp(o->task, "pretrain") == 0 ||
            strcmp(o->task, "classify") == 0);
}

void app_train_fit_size(nn_model **m, const char *path, const char *size)
{
    nn_error why; // ignored: the layer that needs the size reports it
    const nn_card *card = &(*m)->card;
    g_autofree char *own = g_strdup_printf("%dx%d", card->input_w, card->input_h);
    if ((*m)->fixed_inputs && size && strcmp(size, own) != 0)
        app_make_dynamic(m, path, &why);
}

// Unknown tasks are refused later.
static nn_transfer_kind transfer_of(const char *task)
{
    const nn_train_task *t = nn_train_task_find(task);
    return t ? t->transfer : NN_TRANSFER_HEAD;
}

nn_status app_train_inherit(app_train_options *o, bool sized, nn_error *err)
{
    char path[4096], size[32];
    nn_model *m = NULL;
    if (!o->init || o->network || nn_model_find(o->init, path, sizeof path, NULL) != NN_OK ||
        !is_whole(path))
        return NN_OK;
    const nn_status status = nn_model_load(&m, path, err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "--init");
    if (nn_graph_is_quantized(m->graph)) {
        nn_model_free(m);
        return nn_fail(err, NN_EUNSUPPORTED,
                       "--init %s is a model of 8-bit integers: start from its float32 model",
                       o->init);
    }
    const bool ours = nn_model_is_zoo(m);
    // Weights alone are taken, by name, from our networks for another task and from foreign
    // networks for a task that cannot replace their last layers.
    if (ours ? !starts(o, &m->card) : transfer_of(o->task) == NN_TRANSFER_WEIGHTS) {
        nn_model_free(m);
        return NN_OK;
    }
    o->start = m;
    inherit_from(o, &m->card);
    snprintf(size, sizeof size, "%dx%d", o->input_w, o->input_h);
    app_train_fit_size(&o->start, path, sized ? size : NULL);
    return app_train_has_graph(o) && !o->taps ? gather_activations(o, err) : NN_OK;
}

bool app_train_has_graph(const app_train_options *o)
{
    return o->start && !nn_model_is_zoo(o->start);
}

// How old classes contribute to new ones (nn_class_parts); *known gets the number of new classes
// with a contribution. Free with g_free.
static float *find_parts(const app_train_options *o, const char *const *labels, int count,
                         int *known)
{
    const nn_card *card = &o->start->card;
    float *part = g_new0(float, (gsize)count *(gsize)MAX(nn_card_classes(card), 1));
    *known = nn_class_parts(part, labels, count, (const char *const *)card->labels,
                            nn_card_classes(card), o->sources.map);
    return part;
}

// Prints what was taken from the model. Class outputs, whose names begin with `prefix`, count by
// the number of known classes. `how` and `where` describe the last layers.
static nn_status say_taken(const nn_model *m, const app_train_options *o,
                           const nn_transfer_options *options, const char *prefix, int known,
                           const char *how, const char *where, nn_error *err)
{
    const int count = options->classes.count;
    const app_taken taken = app_taken_but(m, prefix, count > 0 ? (double)known / count : 1);
    g_autofree char *classes =
        app_taken_classes(m, options->classes.part, options->classes.old, known);
    g_autofree char *more = g_strdup_printf(", %s %s%s", how, where, classes);
    return app_taken_say(&taken, o, more, err);
}

static nn_status keep_own_head(nn_model **out, const app_train_options *o,
                               const nn_transfer_options *options, int known, nn_error *err)
{
    nn_transfer_report report;
    const nn_status status = nn_keep_head(out, o->start, options, &report, err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "--init %s: its own head cannot be trained on", o->init);
    return say_taken(*out, o, options, "head.cls", known, "with its last layers", report.text, err);
}

static nn_status replace_head(nn_model **out, const app_train_options *o,
                              const nn_transfer_options *options, nn_error *err)
{
    nn_transfer_report report;
    const nn_status status = nn_replace_head(out, o->start, options, &report, err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "--init %s", o->init);
    const app_taken taken = app_taken_but(*out, "head.", 0);
    g_autofree char *more = g_strdup_printf(", with our head on %s", report.text);
    return app_taken_say(&taken, o, more, err);
}

void app_train_describe(nn_card *card, const app_train_options *o)
{
    const nn_train_task *task = nn_train_task_find(o->task);
    if (task->describe)
        task->describe(card, &o->trainer.task);
}

// The classifier with its last layer replaced.
static nn_status replace_classifier(nn_model **out, const app_train_options *o,
                                    nn_transfer_options *options, nn_error *err)
{
    nn_transfer_report report;
    int known;
    if (strcmp(o->head, "auto") != 0 || *o->options || o->taps)
        return nn_fail(err, NN_EINVAL, "--head, --taps and --options are not for the classifier %s",
                       o->init);
    float *part = find_parts(o, options->classes.labels, options->classes.count, &known);
    options->classes.part = part;
    const nn_status status = nn_replace_classifier(out, o->start, options, &report, err);
    if (status != NN_OK) {
        g_free(part);
        return nn_fail_prefix(err, status, "--init %s", o->init);
    }
    app_train_describe(&(*out)->card, o);
    (*out)->card.stretch = o->stretch;
    const nn_status said = say_taken(*out, o, options, "head.", known,
                                     "with a new layer in place of", report.text, err);
    g_free(part);
    return said;
}

// Reads "neck=N", the only --options of our head on another network.
static nn_status read_neck(const char *text, int *neck, nn_error *err)
{
    int end = 0;
    if (!*text)
        return NN_OK;
    if (sscanf(text, "neck=%d%n", neck, &end) != 1 || text[end] || *neck < 1 || *neck > 1024)
        return nn_fail(err, NN_EINVAL,
                       "--options %s: our head on another network has neck=N, its channels", text);
    return NN_OK;
}

nn_status app_train_from_graph(nn_model **out, const app_train_options *o, const nn_names *labels,
                               int keypoints, nn_error *err)
{
    const bool choose = strcmp(o->head, "auto") == 0;
    nn_transfer_options options = {.classes = {.labels = (const char *const *)labels->name,
                                               .count = labels->count,
                                               .old = nn_card_classes(&o->start->card)},
                                   .input_h = o->input_h,
                                   .input_w = o->input_w,
                                   .seed = o->trainer.seed,
                                   .taps = o->taps,
                                   .keypoints = keypoints};
    int known = 0;
    if (transfer_of(o->task) == NN_TRANSFER_LAST_LAYER)
        return replace_classifier(out, o, &options, err);
    nn_status status = read_neck(o->options, &options.neck, err);
    const char *ours = nn_zoo_head_of(o->task)->name;
    const bool boxes = strcmp(o->task, "detect") == 0; // other heads say more than a model's own
    if (status == NN_OK && (strcmp(o->head, "own") != 0 || !boxes) && strcmp(o->head, ours) != 0 &&
        !choose)
        status = nn_fail(err, NN_EINVAL, "--head %s: a model of --init %sgets a new one (%s)",
                         o->head, boxes ? "keeps its own head (own) or " : "", ours);
    if (status != NN_OK)
        return status;
    options.head = ours;
    if (strcmp(o->head, ours) == 0 || (choose && (o->taps || !boxes)))
        return replace_head(out, o, &options, err);
    float *part = find_parts(o, options.classes.labels, labels->count, &known);
    options.classes.part = part;
    status = keep_own_head(out, o, &options, known, err);
    if (status == NN_EUNSUPPORTED && choose) {
        fprintf(stderr, "note: %s\n", err->text);
        status = replace_head(out, o, &options, err);
    }
    g_free(part);
    return status;
}

// Fills one tensor of the class outputs, weights or biases, row by row. Rows of new classes come
// from `fresh`, which has the shape of `to`.
static void take_rows(nn_tensor *to, const nn_tensor *fresh, const nn_tensor *from,
                      const float *part, int old)
{
    const int64_t count = to->shape.dim[0], row = nn_shape_count(&to->shape) / count;
    for (int64_t i = 0; i < count; i++)
        for (int64_t k = 0; k < row; k++) {
            float sum = 0, parts = 0;
            for (int o = 0; o < old; o++) {
                sum += part[i * old + o] * nn_tensor_f32(from)[o * row + k];
                parts += part[i * old + o];
            }
            nn_tensor_f32(to)[i * row + k] = parts > 0 ? sum : nn_tensor_f32(fresh)[i * row + k];
        }
}

static bool same_rows(const nn_tensor *a, const nn_tensor *b)
{
    return nn_shape_count(&a->shape) / a->shape.dim[0] ==
           nn_shape_count(&b->shape) / b->shape.dim[0];
}

char *app_train_take_classes(nn_model *m, const nn_model *fresh, const app_train_options *o,
                             double *rows)
{
    static const char *const leaf[] = {"weight", "bias"};
    const int old = nn_card_classes(&o->start->card), count = nn_card_classes(&m->card);
    int known;
    if (transfer_of(m->card.task) != NN_TRANSFER_HEAD || old < 1)
        return NULL;
    float *part = find_parts(o, (const char *const *)m->card.labels, count, &known);
    for (int stride = 4; stride <= 64; stride *= 2)
        for (int i = 0; i < 2; i++) {
            char name[64];
            snprintf(name, sizeof name, "head.cls%d.%s", stride, leaf[i]);
            nn_tensor *to = nn_model_param(m, name);
            const nn_tensor *from = nn_model_param(o->start, name);
            if (to && from && from->shape.dim[0] == old && same_rows(to, from))
                take_rows(to, nn_model_param((nn_model *)fresh, name), from, part, old);
        }
    char *text = app_taken_classes(m, part, old, known);
    *rows = (double)known / MAX(count, 1);
    g_free(part);
    return text;
}
