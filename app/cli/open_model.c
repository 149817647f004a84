// SPDX-License-Identifier: MIT
// A model for the commands that take a file or the name of a network.
#include "app/cli/open_model.h"
#include "app/cli/shell_word.h"

#include "nn/graph/dynamic_size.h"
#include "nn/io/graph_format.h"
#include "nn/io/io.h"
#include "nn/predict/load_model.h"
#include "nn/zoo/zoo.h"

#include <glib.h>
#include <string.h>

static nn_status build_network(nn_model **out, const app_model_source *from, nn_error *err)
{
    nn_card card = {0};
    if (from->options &&
        g_strlcpy(card.options, from->options, sizeof card.options) >= sizeof card.options)
        return nn_fail(err, NN_EINVAL, "the options are too long");
    g_strlcpy(card.network, from->name, sizeof card.network);
    g_strlcpy(card.task, nn_zoo_own_task(nn_zoo_find(from->name)), sizeof card.task);
    if (!from->parameters)
        return nn_fail(err, NN_EINVAL,
                       "%s is a network without parameters: add --parameters FILE (or 'reference')",
                       from->name);
    return nn_zoo_build(out, &card, err);
}

nn_status app_find_model(const char *name, char *path, size_t size, nn_error *err)
{
    nn_error why = {0};
    const nn_status status = nn_model_find(name, path, size, &why);
    if (status == NN_OK)
        return NN_OK;
    const bool network = status == NN_ENOTFOUND && !strchr(name, '/') && !nn_zoo_find(name);
    return nn_fail(err, status, "%s%s", why.text,
                   network ? "; 'neroscale list' names the networks" : "");
}

static nn_status open_file(nn_model **out, const app_model_source *from, nn_error *err)
{
    char path[4096];
    if (from->options)
        return nn_fail(err, NN_EINVAL, "options are for networks by name; %s is a file",
                       from->name);
    nn_status status = app_find_model(from->name, path, sizeof path, err);
    if (status != NN_OK)
        return status;
    const nn_graph_load_options shapes = {.inputs = from->inputs, .n_inputs = from->n_inputs};
    const nn_graph_format *format = from->inputs ? nn_graph_format_find(path) : NULL;
    if (format)
        return format->load(out, path, &shapes, err);
    const nn_model_hints hints = {.head = from->head,
                                  .texts = from->texts,
                                  .labels = from->labels,
                                  .input_h = from->input_h,
                                  .input_w = from->input_w,
                                  .classifies = from->classifies,
                                  .tail = from->tail};
    return nn_model_load_with(out, path, &hints, err);
}

// Weights need the preprocessing of their training: when a file of the same network names it (Keras
// differs from torchvision), that counts.
static void take_preprocessing(nn_card *card, const nn_bundle *b)
{
    const char *json = nn_bundle_meta(b, "neroscale");
    nn_card from;
    if (!json || nn_card_from_json(&from, json, NULL) != NN_OK)
        return;
    if (strcmp(from.network, card->network) == 0) {
        memcpy(card->mean, from.mean, sizeof card->mean);
        memcpy(card->std, from.std, sizeof card->std);
        card->bgr = from.bgr;
        card->stretch = from.stretch;
    }
    nn_card_release(&from);
}

static nn_status set_parameters(nn_model *m, const char *name, nn_error *err)
{
    nn_bundle b;
    if (strcmp(name, "reference") == 0) {
        nn_model_init_reference(m);
        return NN_OK;
    }
    if (strcmp(name, "random") == 0) {
        nn_zoo_init_random(m, 1, NULL);
        return NN_OK;
    }
    nn_status status = nn_bundle_load(&b, name, err);
    if (status != NN_OK)
        return status;
    status = nn_model_set_params(m, &b, err);
    if (status == NN_OK)
        take_preprocessing(&m->card, &b);
    nn_bundle_release(&b);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "%s", name);
}

bool app_is_network(const char *name)
{
    return nn_zoo_find(name) && !g_file_test(name, G_FILE_TEST_EXISTS);
}

// Whether its classes are more than numbers.
static bool has_names(const nn_card *card)
{
    bool numbers = true;
    for (int i = 0; i < card->label_count && numbers; i++) {
        char number[32]; // of an exporter, or as nn_card_number_labels has them
        g_snprintf(number, sizeof number, "class %d", i);
        numbers = strcmp(card->labels[i], number) == 0 ||
                  strcmp(card->labels[i], number + strlen("class ")) == 0;
    }
    return !card->unnamed && !numbers;
}

static nn_status name_classes(nn_card *card, const char *names, nn_error *err)
{
    const nn_status status = nn_card_read_labels(card, names, err);
    card->unnamed = card->unnamed && status != NN_OK;
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "--names");
}

nn_status app_open_model(nn_model **out, const app_model_source *from, nn_error *err)
{
    *out = NULL;
    const bool network = app_is_network(from->name);
    nn_status status = network ? build_network(out, from, err) : open_file(out, from, err);
    if (status == NN_OK && from->parameters)
        status = set_parameters(*out, from->parameters, err);
    if (status == NN_OK && network && from->labels)
        status = nn_card_read_labels(&(*out)->card, from->labels, err);
    if (status == NN_OK && !from->labels && from->usual_labels && !has_names(&(*out)->card)) {
        status = name_classes(&(*out)->card, from->usual_labels, err);
        if (from->took_usual)
            *from->took_usual = true;
    }
    if (status != NN_OK) {
        nn_model_free(*out);
        *out = NULL;
    }
    return status;
}

nn_status app_refuse_texts(const nn_model *m, const char *name, nn_error *err)
{
    if (strcmp(m->card.task, "contrast") != 0)
        return NN_OK;
    g_autofree char *word = app_shell_word(name);
    return nn_fail(err, NN_EUNSUPPORTED,
                   "%s: it compares pictures with texts, and here it takes a model of pictures "
                   "alone: make a classifier of your texts first, 'neroscale convert %s "
                   "OUT.safetensors --text TEXT,TEXT'",
                   name, word);
}

static nn_status load_other(void *ctx, int height, int width, nn_model **out, nn_error *err)
{
    const nn_graph_load_options size = {.input_h = height, .input_w = width};
    return nn_graph_format_find(ctx)->load(out, ctx, &size, err);
}

nn_status app_make_dynamic(nn_model **m, const char *path, nn_error *err)
{
    return (*m)->fixed_inputs && nn_graph_format_find(path)
               ? nn_model_make_dynamic(m, load_other, (void *)path, err)
               : NN_OK;
}
