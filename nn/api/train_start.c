// SPDX-License-Identifier: MIT
// Takes first weights from a file, and reads the options of random views.
#include "nn/api/train_start.h"

#include "nn/base/memory.h"
#include "nn/base/option.h"
#include "nn/io/graph_format.h"
#include "nn/io/model_graph.h"
#include "nn/io/params.h"
#include "nn/predict/load_model.h"

#include <stdlib.h>
#include <string.h>

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const nn_bundle_tensor *)a)->name, ((const nn_bundle_tensor *)b)->name);
}

static int count_fitting(const nn_model *m, const nn_bundle *b)
{
    const nn_params_source source = nn_params_source_of(m->graph, b);
    int fitting = 0;
    for (int i = 0; i < nn_graph_param_count(m->graph); i++) {
        const nn_value_info p = nn_graph_value(m->graph, nn_graph_param_at(m->graph, i));
        const nn_tensor *t = nn_params_find(&source, p.name);
        fitting += t && nn_shape_equal(&t->shape, p.shape);
    }
    return fitting;
}

// Weights are worth most with the preprocessing that they were trained with.
static void take_preprocessing(nn_card *card, const nn_card *from)
{
    if (strcmp(from->network, card->network) != 0)
        return;
    memcpy(card->mean, from->mean, sizeof card->mean);
    memcpy(card->std, from->std, sizeof card->std);
}

static nn_status take(nn_model *m, const nn_bundle *b, const nn_card *from, nn_error *err)
{
    if (count_fitting(m, b) == 0)
        return nn_fail(err, NN_ENOTFOUND, "none of its %d tensors fits %s", b->count,
                       m->card.network);
    nn_model_take_params(m, b);
    if (from)
        take_preprocessing(&m->card, from);
    return NN_OK;
}

static nn_status take_model(nn_model *m, const char *path, nn_error *err)
{
    nn_model *from;
    nn_bundle b = {0};
    nn_status status = nn_model_load(&from, path, err);
    if (status != NN_OK)
        return status;
    b.count = nn_graph_param_count(from->graph);
    b.tensors = nn_calloc((size_t)b.count + 1, sizeof *b.tensors);
    if (!b.tensors) {
        nn_model_free(from);
        return nn_fail(err, NN_ENOMEM, "no memory for %d tensors", b.count);
    }
    for (int i = 0; i < b.count; i++)
        b.tensors[i] = (nn_bundle_tensor){
            (char *)nn_graph_value(from->graph, nn_graph_param_at(from->graph, i)).name,
            from->params[i]};
    qsort(b.tensors, (size_t)b.count, sizeof *b.tensors, compare_names);
    status = take(m, &b, &from->card, err);
    nn_free(b.tensors);
    nn_model_free(from);
    return status;
}

static nn_status take_bundle(nn_model *m, const char *path, nn_error *err)
{
    nn_bundle b;
    nn_card card;
    nn_status status = nn_bundle_load(&b, path, err);
    if (status != NN_OK)
        return status;
    const char *json = nn_bundle_meta(&b, NN_MODEL_CARD_KEY);
    const bool has_card = json && nn_card_from_json(&card, json, NULL) == NN_OK;
    status = take(m, &b, has_card ? &card : NULL, err);
    if (has_card)
        nn_card_release(&card);
    nn_bundle_release(&b);
    return status;
}

nn_status nn_train_take_weights(nn_model *m, const char *name, nn_error *err)
{
    char path[4096];
    nn_status status = nn_model_find(name, path, sizeof path, err);
    if (status != NN_OK)
        return status;
    status = nn_graph_format_find(path) ? take_model(m, path, err) : take_bundle(m, path, err);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "init: %s", path);
}

static nn_status set_option(nn_augment_options *o, char *word, nn_error *err)
{
    char *value = strchr(word, '=');
    if (value)
        *value++ = '\0';
    const nn_option *option = nn_option_find(nn_augment_option_rows(), word);
    if (!option || !value)
        return nn_fail(err, NN_EINVAL, "augment_options: '%.40s' is not an option with a value",
                       word);
    return nn_option_read(option, o, value, err);
}

nn_status nn_train_set_views(nn_augment_options *o, const char *set, const char *options,
                             bool for_classifier, nn_error *err)
{
    nn_status status = set ? nn_augment_preset(o, set, for_classifier, err) : NN_OK;
    char *copy = nn_strdup(options ? options : ""), *rest = NULL;
    if (!copy)
        return nn_fail(err, NN_ENOMEM, "no memory for options");
    for (char *word = strtok_r(copy, " ", &rest); word && status == NN_OK;
         word = strtok_r(NULL, " ", &rest))
        status = set_option(o, word, err);
    nn_free(copy);
    return status == NN_OK ? nn_augment_check(o, err) : status;
}
