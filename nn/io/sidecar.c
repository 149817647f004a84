// SPDX-License-Identifier: MIT
// The JSON file beside an ONNX model or a file of weights: the keys of a card, all optional, and
// "range".
#include "nn/io/sidecar.h"

#include "nn/base/memory.h"
#include "nn/io/card_anchors.h"
#include "nn/io/file.h"
#include "nn/io/graph_format.h"
#include "nn/io/io.h"
#include "nn/io/json.h"
#include "nn/vision/decode/decode.h"

#include <string.h>

struct nn_sidecar {
    cJSON *root;
    char *path; // for error messages
};

// "range" is only for sidecars; the others are the card's, which checks their values.
static const char *const known[] = {
    "version",  "network", "options",   "task",   "head",      "input",     "mean",
    "std",      "order",   "fit",       "labels", "threshold", "range",     "iou_threshold",
    "training", "anchors", "scale_x_y", "notice", "rivals",    "thresholds"};

static nn_status check_keys(const cJSON *root, nn_error *err)
{
    const cJSON *item;
    if (!cJSON_IsObject(root))
        return nn_fail(err, NN_EFORMAT, "not a JSON object");
    cJSON_ArrayForEach(item, root)
    {
        bool good = false;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            good = good || strcmp(item->string, known[i]) == 0;
        if (!good)
            return nn_fail(
                err, NN_EFORMAT,
                "unknown key '%.40s'; known are network, options, head, labels, rivals, input, "
                "mean, std, range, order, fit, threshold, thresholds, iou_threshold, anchors, "
                "scale_x_y, task, training, notice",
                nn_json_plain_text(item->string) ? item->string : "?");
        if (cJSON_GetObjectItemCaseSensitive(root, item->string) != item)
            return nn_fail(err, NN_EFORMAT, "the key '%s' is there twice", item->string);
    }
    return NN_OK;
}

// Converts mean and std of 0 .. 255 to 0 .. 1.
static nn_status apply_range(cJSON *root, nn_error *err)
{
    const cJSON *range = cJSON_GetObjectItemCaseSensitive(root, "range");
    static const char *const keys[] = {"mean", "std"};
    float top = 1;
    cJSON *item;
    if (range && (!nn_json_float(range, &top) || (top != 1 && top != 255)))
        return nn_fail(err, NN_EFORMAT, "'range' is neither 1 nor 255");
    for (int i = 0; i < 2; i++) {
        cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(root, keys[i]))
        {
            if (!cJSON_IsNumber(item))
                continue;
            if (i == 0 && !range && item->valuedouble > 1)
                return nn_fail(err, NN_EFORMAT,
                               "'mean' is above 1: it counts in 0 .. 1, or say \"range\": 255");
            cJSON_SetNumberValue(item, item->valuedouble / (double)top);
        }
    }
    cJSON_DeleteItemFromObjectCaseSensitive(root, "range");
    return NN_OK;
}

static nn_status check_head(const char *head, nn_error *err)
{
    if (!head || nn_decoder_find(head))
        return NN_OK;
    nn_decoder_unknown(nn_json_plain_text(head) ? head : "?", err);
    return nn_fail_prefix(err, NN_EFORMAT, "'head'");
}

nn_status nn_sidecar_parse(nn_sidecar **out, const char *path, const void *text, size_t size,
                           nn_error *err)
{
    nn_sidecar *s = nn_calloc(1, sizeof *s);
    nn_card card = {0};
    *out = NULL;
    if (!s || !(s->path = nn_strdup(path))) {
        nn_sidecar_free(s);
        return nn_fail(err, NN_ENOMEM, "%s: out of memory", path);
    }
    nn_status status = nn_json_parse(&s->root, text, size, err);
    if (status == NN_OK)
        status = check_keys(s->root, err);
    if (status == NN_OK)
        status = apply_range(s->root, err);
    if (status == NN_OK)
        status = check_head(nn_sidecar_head(s), err);
    if (status != NN_OK)
        nn_fail_prefix(err, status, "%s", path);
    else // checks all values before anything else is done with the model
        status = nn_sidecar_apply(s, NULL, &card, err);
    nn_card_release(&card);
    if (status != NN_OK) {
        nn_sidecar_free(s);
        return status;
    }
    *out = s;
    return NN_OK;
}

// Length of the ending, if the name has it and more.
static size_t ending_length(const char *name, size_t length, const char *ending)
{
    const size_t n = strlen(ending);
    return length > n && strcmp(name + length - n, ending) == 0 ? n : 0;
}

// Length of the name without its ending.
static size_t stem_length(const char *model)
{
    static const char *const weights[] = {
        ".pth", ".pt", ".h5", ".safetensors", ".safetensors.index.json", ".bin.index.json"};
    const size_t length = strlen(model);
    size_t cut = 0;
    for (size_t i = 0; i < sizeof weights / sizeof *weights; i++)
        cut = cut ? cut : ending_length(model, length, weights[i]);
    for (int i = 0; nn_graph_format_at(i); i++)
        for (int k = 0; k < NN_GRAPH_FORMAT_ENDINGS && nn_graph_format_at(i)->endings[k]; k++)
            cut = cut ? cut : ending_length(model, length, nn_graph_format_at(i)->endings[k]);
    return length - cut;
}

nn_status nn_sidecar_read(nn_sidecar **out, const char *model, nn_error *err)
{
    char name[4096];
    nn_file file;
    const size_t length = stem_length(model);
    *out = NULL;
    if (length + sizeof ".json" > sizeof name)
        return NN_OK;
    memcpy(name, model, length);
    memcpy(name + length, ".json", sizeof ".json");
    nn_status status = nn_file_map(&file, name, err);
    if (status != NN_OK)
        return status == NN_ENOTFOUND ? NN_OK : status;
    status = nn_sidecar_parse(out, name, file.bytes ? file.bytes : "", file.size, err);
    nn_file_unmap(&file);
    return status;
}

nn_status nn_card_change(nn_card *card, const char *path, nn_error *err)
{
    nn_sidecar *s = NULL;
    nn_file file;
    nn_status status = nn_file_map(&file, path, err);
    if (status != NN_OK)
        return status;
    status = nn_sidecar_parse(&s, path, file.bytes ? file.bytes : "", file.size, err);
    if (status == NN_OK)
        status = nn_sidecar_apply(s, NULL, card, err);
    nn_sidecar_free(s);
    nn_file_unmap(&file);
    return status;
}

void nn_sidecar_free(nn_sidecar *s)
{
    if (!s)
        return;
    cJSON_Delete(s->root);
    nn_free(s->path);
    nn_free(s);
}

const char *nn_sidecar_head(const nn_sidecar *s)
{
    return s ? cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(s->root, "head")) : NULL;
}

void nn_sidecar_input(const nn_sidecar *s, int *h, int *w)
{
    const cJSON *input = s ? cJSON_GetObjectItemCaseSensitive(s->root, "input") : NULL;
    if (!input)
        return;
    *h = cJSON_GetArrayItem(input, 0)->valueint; // nn_sidecar_parse has checked the two numbers
    *w = cJSON_GetArrayItem(input, 1)->valueint;
}

nn_status nn_sidecar_anchors(const nn_sidecar *s, nn_anchors *anchors, nn_error *err)
{
    const nn_status status = s ? nn_card_anchors_get(s->root, anchors, err) : NN_OK;
    return status == NN_OK ? status : nn_fail_prefix(err, status, "%s", s->path);
}

// The card as JSON with the sidecar's items in place of its own; NULL when memory is short.
static char *merge(const nn_sidecar *s, const char *head, const char *card)
{
    cJSON *root;
    const cJSON *item;
    bool good = nn_json_parse(&root, card, strlen(card), NULL) == NN_OK;
    if (cJSON_HasObjectItem(s->root, "anchors")) // it belongs to other anchors
        cJSON_DeleteItemFromObjectCaseSensitive(root, "scale_x_y");
    // a threshold for all replaces those of classes, which belong to the old labels, too
    if (cJSON_HasObjectItem(s->root, "threshold") || cJSON_HasObjectItem(s->root, "labels"))
        cJSON_DeleteItemFromObjectCaseSensitive(root, "thresholds");
    cJSON_ArrayForEach(item, s->root)
    {
        cJSON_DeleteItemFromObjectCaseSensitive(root, item->string);
        cJSON *copy = good ? cJSON_Duplicate(item, true) : NULL;
        good = copy && cJSON_AddItemToObject(root, item->string, copy);
    }
    if (good && head) {
        cJSON_DeleteItemFromObjectCaseSensitive(root, "head");
        good = cJSON_AddStringToObject(root, "head", head);
    }
    char *text = good ? nn_json_print(root) : NULL;
    cJSON_Delete(root);
    return text;
}

nn_status nn_sidecar_apply(const nn_sidecar *s, const char *head, nn_card *card, nn_error *err)
{
    nn_card base = *card, made = {0};
    char *before = NULL, *after = NULL;
    if (!s)
        return NN_OK;
    for (int i = 0; i < 3; i++) // an empty card has none
        base.std[i] = base.std[i] > 0 ? base.std[i] : 1;
    base.input_h = base.input_h > 0 ? base.input_h : 1;
    base.input_w = base.input_w > 0 ? base.input_w : 1;
    nn_status status = nn_card_to_json(&base, &before, err);
    if (status == NN_OK && !(after = merge(s, head, before)))
        status = nn_fail(err, NN_ENOMEM, "out of memory");
    if (status == NN_OK)
        status = nn_card_from_json(&made, after, err);
    nn_free(before);
    nn_free(after);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "%s", s->path);
    made.guessed = card->guessed;
    made.unnamed = card->unnamed && !cJSON_GetObjectItemCaseSensitive(s->root, "labels");
    memcpy(made.exporter_task, card->exporter_task, sizeof made.exporter_task);
    nn_card_release(card);
    *card = made;
    return NN_OK;
}
