// SPDX-License-Identifier: MIT
// Loads a model: finds its file, reads tensors or a graph, and completes the card.
#include "nn/predict/load_model_internal.h"

#include "nn/io/foreign.h"
#include "nn/io/graph_format.h"
#include "nn/io/io.h"
#include "nn/io/model_graph.h"
#include "nn/io/params.h"
#include "nn/io/sidecar.h"
#include "nn/predict/graph_card.h"
#include "nn/predict/zero_shot.h"
#include "nn/text/tokenizer.h"
#include "nn/vision/decode/decode.h"
#include "nn/zoo/zoo.h"

#include <stdio.h>
#include <string.h>

enum { OPEN_SIDE = 640 };
enum {
    CLIP_TOKENS = 77,
    MOST_TEXT_INPUTS = 2, // tokens and their mask
};                        // what most detectors are exported for when they leave their size open

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
            "network; 'neroscale info' lists the %d tensors ('%.60s', ...), 'neroscale convert "
            "--network NAME' makes a model of them, or a file NAME.json beside it says "
            "{\"network\": ..., \"labels\": [...]}",
            NN_MODEL_CARD_KEY, b->count, b->count > 0 ? b->tensors[0].name : "");
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
    const char *json = nn_bundle_meta(b, NN_MODEL_CARD_KEY);
    *card = (nn_card){.std = {1, 1, 1}};
    return json ? nn_card_from_json(card, json, err) : NN_OK;
}

// Completes the card from the sidecar or `head`. A file without a card is treated like one of
// another format; a card without a task means that no head was found when it was written.
static nn_status find_card(nn_model *m, const nn_bundle *b, const char *path, const char *head,
                           nn_error *err)
{
    nn_sidecar *sidecar = NULL;
    nn_status status = NN_OK;
    if (path && !m->card.task[0])
        status = nn_sidecar_read(&sidecar, path, err);
    if (status == NN_OK && (head || sidecar || !nn_bundle_meta(b, NN_MODEL_CARD_KEY)))
        status = nn_graph_card_find(m, sidecar, head, NULL, err);
    nn_sidecar_free(sidecar);
    return status;
}

// `path` is NULL for a file in memory, which has no sidecar.
static nn_status load_from(nn_model **out, const nn_bundle *b, const char *path,
                           const nn_model_hints *hints, nn_error *err)
{
    const bool graph = nn_bundle_meta(b, NN_MODEL_GRAPH_KEY);
    if (!graph && !nn_bundle_meta(b, NN_MODEL_CARD_KEY))
        return path ? load_weights(out, b, path, err)
                    : nn_fail(err, NN_EUNSUPPORTED, "no card: these are weights");
    nn_card card;
    nn_status status = read_card(&card, b, err);
    if (status == NN_OK)
        status = graph ? nn_model_graph_load(out, &card, b, hints->input_h, hints->input_w, err)
                       : make_model(out, &card, b, err);
    if (status == NN_OK && graph)
        status = find_card(*out, b, path, hints->head, err);
    nn_card_release(&card);
    if (status == NN_OK && !graph && hints->head)
        snprintf((*out)->card.head, sizeof(*out)->card.head, "%s", hints->head);
    return status;
}

// How pictures are prepared for CLIP's towers and most that were trained like them (Radford 2021).
static void take_clip_defaults(nn_card *card)
{
    static const float mean[] = {0.48145466f, 0.4578275f, 0.40821073f},
                       std[] = {0.26862954f, 0.26130258f, 0.27577711f};
    memcpy(card->mean, mean, sizeof mean);
    memcpy(card->std, std, sizeof std);
    card->crop = 1;
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
                                     .open_w = OPEN_SIDE,
                                     .picture = true,
                                     .tail = hints->tail};
    if (options.input_h < 1 || options.input_w < 1)
        nn_sidecar_input(sidecar, &options.input_h, &options.input_w);
    status = format->load(out, path, &options, err);
    if (status == NN_OK) {
        const bool silent = !(*out)->card.task[0]; // the file does not say what it is for
        const char *usual = hints->classifies ? "classify" : format->head;
        status = nn_graph_card_find(*out, sidecar, hints->head, usual, err);
        if (status != NN_OK)
            nn_fail_prefix(err, status, "%s", path);
        if (status == NN_OK && silent && hints->texts && hints->texts->texts) {
            take_clip_defaults(&(*out)->card);
            status = nn_sidecar_apply(sidecar, NULL, &(*out)->card, err);
        }
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

// Whether the file leaves the number of tokens open: then it was read for one.
static bool has_open_length(const nn_model *m)
{
    const nn_shape *fixed = m->fixed_inputs;
    return fixed && fixed[0].rank == 2 && fixed[0].dim[1] < 2 &&
           nn_graph_input_count(m->graph) <= MOST_TEXT_INPUTS;
}

// A graph of tokens, read as it is; CLIP's number of tokens where it is open.
static nn_status load_text_graph(nn_model **out, const nn_graph_format *format, const char *path,
                                 nn_error *err)
{
    const nn_shape tokens = nn_shape_2d(1, CLIP_TOKENS),
                   inputs[MOST_TEXT_INPUTS] = {tokens, tokens};
    nn_graph_load_options options = {0};
    nn_status status = format->load(out, path, &options, err);
    if (status != NN_OK || !has_open_length(*out))
        return status;
    options.inputs = inputs;
    options.n_inputs = nn_graph_input_count((*out)->graph);
    nn_model_free(*out);
    *out = NULL;
    status = format->load(out, path, &options, err);
    return status == NN_OK
               ? NN_OK
               : nn_fail_prefix(
                     err, status,
                     "the file leaves the number of tokens open and does not take CLIP's "
                     "%d: export it for the number that it was trained with",
                     CLIP_TOKENS);
}

// A file of tokens: a graph, or a model of ours.
static nn_status load_text_model(nn_model **out, const char *name, nn_error *err)
{
    char path[4096];
    *out = NULL;
    const nn_status status = nn_model_find(name, path, sizeof path, err);
    if (status != NN_OK)
        return status;
    const nn_graph_format *format = nn_graph_format_find(path);
    return format ? load_text_graph(out, format, path, err) : nn_model_load(out, path, err);
}

static nn_status load_tokenizer(nn_tokenizer **out, const char *path, nn_error *err)
{
    *out = NULL;
    return path ? nn_tokenizer_load(out, path, err) : NN_OK;
}

// Makes *m the classifier of the texts.
static nn_status take_texts(nn_model **m, const nn_text_classes *t, nn_error *err)
{
    nn_card list = {0};
    nn_model *text = NULL, *made = NULL;
    nn_tokenizer *tokenizer = NULL;
    nn_status status = nn_card_read_labels(&list, t->texts, err);
    if (status == NN_OK)
        status = load_tokenizer(&tokenizer, t->tokenizer, err);
    if (status == NN_OK && t->model)
        status = load_text_model(&text, t->model, err);
    const nn_zero_shot_options o = {.texts = (const char *const *)list.labels,
                                    .count = list.label_count,
                                    .text_model = text,
                                    .tokenizer = tokenizer ? nn_tokenizer_text(tokenizer) : NULL,
                                    .scale = t->scale};
    if (status == NN_OK)
        status = nn_zero_shot_model(&made, *m, &o, err);
    if (status == NN_OK) {
        nn_model_free(*m);
        *m = made;
    }
    nn_model_free(text);
    nn_tokenizer_free(tokenizer);
    nn_card_release(&list);
    return status;
}

nn_status nn_model_load_with(nn_model **out, const char *name, const nn_model_hints *hints,
                             nn_error *err)
{
    *out = NULL;
    char path[4096];
    nn_status status = nn_model_find(name, path, sizeof path, err);
    if (status == NN_OK && hints->head && !nn_decoder_find(hints->head))
        status = nn_decoder_unknown(hints->head, err);
    if (status == NN_OK)
        status = nn_foreign_check(path, err);
    const nn_graph_format *format = status == NN_OK ? nn_graph_format_find(path) : NULL;
    if (status == NN_OK)
        status =
            format ? load_graph(out, format, path, hints, err) : load_bundle(out, path, hints, err);
    if (status == NN_OK && hints->texts && hints->texts->texts) {
        status = take_texts(out, hints->texts, err);
        if (status != NN_OK)
            nn_fail_prefix(err, status, "%s", path);
    }
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
