// SPDX-License-Identifier: MIT
// Model files: finds them by name, loads them into the network of their card, and saves them with
// their card.
#include "nn/io/io.h"

#include "nn/base/memory.h"
#include "nn/base/own_folder.h"
#include "nn/io/file.h"
#include "nn/io/graph_card.h"
#include "nn/io/graph_format.h"
#include "nn/io/model_graph.h"
#include "nn/io/params.h"
#include "nn/io/sidecar.h"
#include "nn/tensor/tensor.h"
#include "nn/vision/decode/decode.h"
#include "nn/zoo/zoo.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char CARD_KEY[] = "neroscale";

enum { OPEN_SIDE = 640 }; // usual size of exported detectors that leave it open

static bool is_readable_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, R_OK) == 0;
}

nn_status nn_model_find(const char *name, char *path, size_t size, nn_error *err)
{
    if (!*name)
        return nn_fail(err, NN_EINVAL, "the name of the model is empty");
    if (is_readable_file(name)) {
        if ((size_t)snprintf(path, size, "%s", name) < size)
            return NN_OK;
        return nn_fail(err, NN_EINVAL, "the path of the model is too long");
    }
    struct stat st;
    if (stat(name, &st) == 0)
        return nn_fail(err, NN_EIO, "%s: %s", name,
                       S_ISDIR(st.st_mode)   ? "a folder, not a model file"
                       : S_ISREG(st.st_mode) ? "you may not read this file"
                                             : "a device or pipe, not a model file");
    if (strchr(name, '/'))
        return nn_fail(err, NN_ENOTFOUND, "%s: no such file", name);
    char beside[PATH_MAX], build[PATH_MAX] = "", places[256] = "";
    if (!nn_own_folder("../assets", beside, sizeof beside) || !realpath(beside, build))
        *build = '\0'; // an installed library has no build folder
    const char *const folders[] = {getenv("NEROSCALE_MODELS"), build, NN_MODEL_DIR};
    size_t used = 0;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (!folders[i] || !*folders[i])
            continue;
        if ((size_t)snprintf(path, size, "%s/%s.safetensors", folders[i], name) < size &&
            is_readable_file(path))
            return NN_OK;
        if (used < sizeof places)
            used += (size_t)snprintf(places + used, sizeof places - used, "%s%s", used ? ", " : "",
                                     folders[i]);
    }
    return nn_fail(err, NN_ENOTFOUND, "no file '%.80s' and no model '%.80s.safetensors' in %s",
                   name, name, places);
}

// Checks the tensors of the file against the graph before it allocates: a card must not allocate
// more than the file holds.
static nn_status make_model(nn_model **out, const nn_card *card, const nn_bundle *b, nn_error *err)
{
    nn_graph *graph;
    nn_status status = nn_zoo_graph(&graph, card, err);
    if (status != NN_OK)
        return status;
    status = nn_params_check(graph, card, b, err);
    if (status != NN_OK) {
        nn_graph_free(graph);
        return status;
    }
    status = nn_model_new(out, graph, err);
    if (status == NN_OK)
        status = nn_card_copy(&(*out)->card, card, err);
    return status == NN_OK ? nn_model_set_params(*out, b, err) : status;
}

static nn_status check_weights(const nn_card *card, const nn_bundle *b, nn_error *err)
{
    nn_graph *graph;
    nn_status status = nn_zoo_graph(&graph, card, err);
    if (status != NN_OK)
        return status;
    status = nn_params_check(graph, card, b, err);
    nn_graph_free(graph);
    return status;
}

// The network of a sidecar, with as many classes as it has labels.
static nn_status name_network(nn_card *start, const nn_sidecar *sidecar, nn_error *err)
{
    nn_card told = {0};
    nn_status status = nn_sidecar_apply(sidecar, NULL, &told, err);
    if (status == NN_OK && !told.network[0])
        status = nn_fail(err, NN_EUNSUPPORTED,
                         "no card: these are weights, and the JSON file beside them names no "
                         "\"network\"");
    if (status == NN_OK) {
        memcpy(start->network, told.network, sizeof start->network);
        memcpy(start->head, told.head, sizeof start->head);
        snprintf(start->task, sizeof start->task, "%s",
                 told.task[0]   ? told.task
                 : told.head[0] ? "detect"
                                : "classify");
        const bool counted = strstr(told.options, "classes=") || told.label_count == 0;
        const int n =
            counted ? snprintf(start->options, sizeof start->options, "%s", told.options)
                    : snprintf(start->options, sizeof start->options, "%s%sclasses=%d",
                               told.options, told.options[0] ? "," : "", nn_card_classes(&told));
        if (n < 0 || (size_t)n >= sizeof start->options)
            status = nn_fail(err, NN_EINVAL, "the options are too long");
    }
    nn_card_release(&told);
    return status;
}

// Loads weights alone: the sidecar names their network.
static nn_status load_weights(nn_model **out, const nn_bundle *b, const char *path, nn_error *err)
{
    nn_sidecar *sidecar;
    nn_card start = {0}, built;
    nn_status status = nn_sidecar_read(&sidecar, path, err);
    if (status == NN_OK && !sidecar)
        status = nn_fail(
            err, NN_EUNSUPPORTED,
            "no card: these are weights (the metadata has no '%s'), and nothing says of which "
            "network; 'neroscale convert --network NAME' makes a model of them, or a file "
            "NAME.json beside it says {\"network\": ..., \"labels\": [...]}",
            CARD_KEY);
    if (status == NN_OK)
        status = name_network(&start, sidecar, err);
    if (status == NN_OK)
        status = check_weights(&start, b, err);
    if (status == NN_OK)
        status = nn_zoo_build(out, &start, err);
    if (status == NN_OK) {
        built = (*out)->card; // with all options written out
        status = nn_sidecar_apply(sidecar, NULL, &(*out)->card, err);
    }
    if (status == NN_OK) {
        memcpy((*out)->card.options, built.options, sizeof built.options);
        memcpy((*out)->card.task, built.task, sizeof built.task);
        status = nn_model_set_params(*out, b, err);
    }
    nn_sidecar_free(sidecar);
    return status;
}

// The card of the file; for a graph without one, zeros except std.
static nn_status read_card(nn_card *card, const nn_bundle *b, nn_error *err)
{
    const char *json = nn_bundle_meta(b, CARD_KEY);
    *card = (nn_card){.std = {1, 1, 1}};
    return json ? nn_card_from_json(card, json, err) : NN_OK;
}

// `path` is NULL for a file in memory, which has no sidecar.
static nn_status load_from(nn_model **out, const nn_bundle *b, const char *path,
                           const nn_model_hints *hints, nn_error *err)
{
    const bool graph = nn_bundle_meta(b, NN_MODEL_GRAPH_KEY);
    if (!graph && !nn_bundle_meta(b, CARD_KEY))
        return path ? load_weights(out, b, path, err)
                    : nn_fail(err, NN_EUNSUPPORTED, "no card: these are weights");
    nn_card card;
    nn_status status = read_card(&card, b, err);
    if (status == NN_OK)
        status = graph ? nn_model_graph_load(out, &card, b, path, hints, err)
                       : make_model(out, &card, b, err);
    nn_card_release(&card);
    if (status == NN_OK && !graph && hints->head)
        snprintf((*out)->card.head, sizeof(*out)->card.head, "%s", hints->head);
    return status;
}

static nn_status load_graph(nn_model **out, const nn_graph_format *format, const char *path,
                            const nn_model_hints *hints, nn_error *err)
{
    nn_sidecar *sidecar;
    nn_status status = nn_sidecar_read(&sidecar, path, err); // names its own file
    if (status != NN_OK)
        return status;
    nn_graph_load_options options = {.input_h = hints->input_h,
                                     .input_w = hints->input_w,
                                     .open_h = OPEN_SIDE,
                                     .open_w = OPEN_SIDE};
    if (options.input_h < 1 || options.input_w < 1)
        nn_sidecar_input(sidecar, &options.input_h, &options.input_w);
    status = format->load(out, path, &options, err);
    if (status == NN_OK) {
        status = nn_graph_card_find(*out, sidecar, hints->head, format->head, err);
        if (status != NN_OK)
            nn_fail_prefix(err, status, "%s", path);
    }
    nn_sidecar_free(sidecar);
    return status;
}

static nn_status load_bundle(nn_model **out, const char *path, const nn_model_hints *hints,
                             nn_error *err)
{
    nn_bundle b;
    nn_status status = nn_bundle_load(&b, path, err);
    if (status != NN_OK)
        return status;
    status = load_from(out, &b, path, hints, err);
    nn_bundle_release(&b);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "%s", path);
}

nn_status nn_model_parse(nn_model **out, const void *bytes, size_t size, nn_error *err)
{
    static const nn_model_hints none = {0};
    nn_bundle b;
    *out = NULL;
    nn_status status = nn_bundle_parse(&b, bytes, size, err);
    if (status != NN_OK)
        return status;
    status = load_from(out, &b, NULL, &none, err);
    nn_bundle_release(&b);
    if (status != NN_OK) {
        nn_model_free(*out);
        *out = NULL;
    }
    return status;
}

nn_status nn_model_load(nn_model **out, const char *name, nn_error *err)
{
    static const nn_model_hints none = {0};
    return nn_model_load_with(out, name, &none, err);
}

nn_status nn_model_load_with(nn_model **out, const char *name, const nn_model_hints *hints,
                             nn_error *err)
{
    *out = NULL;
    char path[4096];
    nn_status status = nn_model_find(name, path, sizeof path, err);
    if (status == NN_OK && hints->head && !nn_decoder_find(hints->head))
        status = nn_decoder_unknown(hints->head, err);
    const nn_graph_format *format = status == NN_OK ? nn_graph_format_find(path) : NULL;
    if (status == NN_OK)
        status =
            format ? load_graph(out, format, path, hints, err) : load_bundle(out, path, hints, err);
    if (status == NN_OK && hints->labels)
        status = nn_card_read_labels(&(*out)->card, hints->labels, err);
    if (status == NN_OK && hints->labels)
        (*out)->card.unnamed = false;
    if (status != NN_OK) {
        nn_model_free(*out);
        *out = NULL;
    }
    return status;
}

// Tensors to write: the parameters themselves, or float16 copies that the caller releases. Buffers
// may be tables of indices and keep all digits.
static nn_status pack_params(const nn_model *m, bool half, const char **names, nn_tensor *tensors,
                             nn_error *err)
{
    for (int i = 0; i < nn_graph_param_count(m->graph); i++) {
        nn_value_info info = nn_graph_value(m->graph, nn_graph_param_at(m->graph, i));
        names[i] = info.name;
        if (!half || info.shape->rank < 2 || info.param == NN_PARAM_BUFFER ||
            !nn_f16_holds(m->params[i].data, nn_shape_count(info.shape))) {
            tensors[i] = m->params[i];
            continue;
        }
        nn_status status = nn_tensor_init(&tensors[i], NN_F16, info.shape, err);
        if (status != NN_OK)
            return status;
        nn_convert(NN_F16, tensors[i].data, NN_F32, m->params[i].data, nn_shape_count(info.shape));
    }
    return NN_OK;
}

// Adds card and graph where they are needed: a model of the zoo needs no graph, and an unknown
// graph has no card.
static nn_status make_meta(const nn_model *m, const char *meta[4], int *count, char *texts[2],
                           nn_error *err)
{
    nn_status status = NN_OK;
    *count = 0;
    if (m->card.network[0] || m->card.input_h > 0) {
        status = nn_card_to_json(&m->card, &texts[0], err);
        meta[2 * *count] = CARD_KEY;
        meta[2 * (*count)++ + 1] = texts[0];
    }
    if (status == NN_OK && !nn_model_is_zoo(m)) {
        status = nn_graph_to_json(m->graph, m->fixed_inputs, &texts[1], err);
        meta[2 * *count] = NN_MODEL_GRAPH_KEY;
        meta[2 * (*count)++ + 1] = texts[1];
    }
    return status;
}

nn_status nn_model_save(const nn_model *m, const char *path, bool half, nn_error *err)
{
    int count = nn_graph_param_count(m->graph), meta_count = 0;
    const char **names = nn_calloc((size_t)count, sizeof *names);
    nn_tensor *tensors = nn_calloc((size_t)count, sizeof *tensors);
    const char *meta[4];
    char *texts[2] = {NULL, NULL};
    nn_status status = names && tensors ? NN_OK : nn_fail(err, NN_ENOMEM, "out of memory");
    if (status == NN_OK)
        status = make_meta(m, meta, &meta_count, texts, err);
    if (status == NN_OK)
        status = pack_params(m, half, names, tensors, err);
    if (status != NN_OK)
        nn_fail_prefix(err, status, "%s", path);
    else
        status = nn_bundle_save(path, names, tensors, count, meta, meta_count, err);
    for (int i = 0; tensors && i < count; i++)
        if (tensors[i].dtype == NN_F16)
            nn_tensor_release(&tensors[i]);
    nn_free(tensors);
    nn_free(names);
    nn_free(texts[0]);
    nn_free(texts[1]);
    return status;
}
