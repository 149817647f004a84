// SPDX-License-Identifier: MIT
// Weights of a file to start a training from.
#include "nn/predict/start_weights.h"

#include "nn/base/memory.h"
#include "nn/io/graph_format.h"
#include "nn/io/model_graph.h"
#include "nn/predict/load_model.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const nn_bundle_tensor *)a)->name, ((const nn_bundle_tensor *)b)->name);
}

static nn_status load_graph(nn_start_weights *w, const char *path, nn_error *err)
{
    const nn_status status = nn_model_load(&w->model, path, err);
    if (status != NN_OK)
        return status;
    const nn_graph *g = w->model->graph;
    const int count = nn_graph_param_count(g);
    w->bundle.tensors = nn_calloc((size_t)count + 1, sizeof *w->bundle.tensors);
    if (!w->bundle.tensors)
        return nn_fail(err, NN_ENOMEM, "no memory for %d tensors", count);
    w->bundle.count = count;
    for (int i = 0; i < count; i++)
        w->bundle.tensors[i] = (nn_bundle_tensor){
            (char *)nn_graph_value(g, nn_graph_param_at(g, i)).name, w->model->params[i]};
    qsort(w->bundle.tensors, (size_t)count, sizeof *w->bundle.tensors, compare_names);
    return NN_OK;
}

static nn_status load_tensors(nn_start_weights *w, const char *path, nn_error *err)
{
    const nn_status status = nn_bundle_load(&w->bundle, path, err);
    const char *json = status == NN_OK ? nn_bundle_meta(&w->bundle, NN_MODEL_CARD_KEY) : NULL;
    w->has_card = json && nn_card_from_json(&w->card, json, NULL) == NN_OK;
    return status;
}

nn_status nn_start_weights_load(nn_start_weights *w, const char *name, nn_error *err)
{
    char path[PATH_MAX];
    *w = (nn_start_weights){0};
    nn_status status = nn_model_find(name, path, sizeof path, err);
    if (status == NN_OK)
        status = nn_graph_format_find(path) ? load_graph(w, path, err) : load_tensors(w, path, err);
    if (status != NN_OK)
        nn_start_weights_release(w);
    return status;
}

void nn_start_weights_release(nn_start_weights *w)
{
    if (w->model)
        nn_free(w->bundle.tensors);
    else
        nn_bundle_release(&w->bundle);
    nn_model_free(w->model);
    if (w->has_card)
        nn_card_release(&w->card);
    *w = (nn_start_weights){0};
}

const nn_card *nn_start_weights_preprocessing(const nn_start_weights *w, nn_card *card)
{
    const nn_card *from = w->model ? &w->model->card : w->has_card ? &w->card : NULL;
    if (!from || strcmp(from->network, card->network) != 0)
        return NULL;
    memcpy(card->mean, from->mean, sizeof card->mean);
    memcpy(card->std, from->std, sizeof card->std);
    return from;
}
