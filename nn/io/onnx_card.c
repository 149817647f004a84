// SPDX-License-Identifier: MIT
// The card of an ONNX model: its metadata's, a sidecar's, or what the shapes of its outputs tell.
#include "nn/io/onnx_card.h"

#include "nn/base/memory.h"
#include "nn/io/file.h"
#include "nn/io/io.h"
#include "nn/io/json.h"
#include "nn/vision/decode/decode.h"

#include <stdio.h>
#include <string.h>

enum { MAX_OUTPUTS = 16, COCO = 80 };

// Height and width of the first input when that is an image.
static bool find_input(const nn_model *m, int *h, int *w)
{
    const nn_shape *s = m->fixed_inputs;
    if (nn_graph_input_count(m->graph) < 1 || s->rank != 4 || s->dim[1] != 3 ||
        s->dim[2] > INT16_MAX || s->dim[3] > INT16_MAX)
        return false;
    *h = (int)s->dim[2];
    *w = (int)s->dim[3];
    return true;
}

static nn_status set_labels(nn_card *card, int classes, nn_error *err)
{
    if (classes == COCO)
        return nn_card_set_labels(card, nn_coco_labels, COCO, err);
    char(*text)[32] = nn_calloc((size_t)classes, sizeof *text);
    const char **names = nn_calloc((size_t)classes, sizeof *names);
    nn_status status = NN_OK;
    if (!text || !names)
        status = nn_fail(err, NN_ENOMEM, "card: out of memory");
    for (int i = 0; status == NN_OK && i < classes; i++) {
        snprintf(text[i], sizeof text[i], "class %d", i);
        names[i] = text[i];
    }
    if (status == NN_OK)
        status = nn_card_set_labels(card, names, classes, err);
    nn_free(names);
    nn_free(text);
    return status;
}

// The decoder called `head` if its shapes fit, or with NULL the only one whose do.
static const nn_decoder *guess_decoder(const nn_model *m, const nn_shape *shapes, const char *head,
                                       int h, int w, int *classes)
{
    nn_head_output outputs[MAX_OUTPUTS];
    const nn_decoder *found = NULL;
    const int count = nn_graph_output_count(m->graph);
    if (count > MAX_OUTPUTS)
        return NULL;
    for (int i = 0; i < count; i++)
        outputs[i] = (nn_head_output){
            nn_graph_output_name(m->graph, i),
            nn_tensor_dense(NN_F32, shapes[nn_graph_output_at(m->graph, i)], NULL),
        };
    for (int i = 0; i < nn_decoder_count(); i++) {
        const nn_decoder *d = nn_decoder_at(i);
        const int n =
            d->guess && (!head || strcmp(d->name, head) == 0) ? d->guess(outputs, count, h, w) : 0;
        if (n > 0 && found)
            return NULL;
        if (n > 0) {
            found = d;
            *classes = n;
        }
    }
    return found;
}

static nn_status take_defaults(nn_card *card, const nn_decoder *d, int h, int w, int classes,
                               nn_error *err)
{
    const nn_decoder_input *in = &d->input;
    snprintf(card->task, sizeof card->task, "detect");
    snprintf(card->head, sizeof card->head, "%s", d->name);
    card->input_h = h;
    card->input_w = w;
    card->bgr = in->bgr;
    card->stretch = in->stretch;
    memcpy(card->mean, in->mean, sizeof card->mean);
    memcpy(card->std, in->std, sizeof card->std);
    card->threshold = in->threshold;
    card->iou_threshold = in->iou_threshold;
    return set_labels(card, classes, err);
}

static nn_status guess_card(nn_model *m, const char *head, nn_error *err)
{
    int h = 0, w = 0, classes = 0;
    const nn_decoder *d = NULL;
    if (head && !nn_decoder_find(head))
        return nn_fail(err, NN_ENOTFOUND, "there is no head called '%.40s'", head);
    if (find_input(m, &h, &w)) {
        nn_shape *shapes = nn_calloc((size_t)nn_graph_value_count(m->graph), sizeof *shapes);
        nn_status status = shapes
                               ? nn_graph_infer(m->graph, m->fixed_inputs,
                                                nn_graph_input_count(m->graph), shapes, NULL, err)
                               : nn_fail(err, NN_ENOMEM, "card: out of memory");
        if (status == NN_OK)
            d = guess_decoder(m, shapes, head, h, w, &classes);
        nn_free(shapes);
        if (status != NN_OK)
            return status;
    }
    const nn_decoder *named = head ? nn_decoder_find(head) : NULL;
    if (named && !named->guess) // the card has to say the rest
        snprintf(m->card.head, sizeof m->card.head, "%s", head);
    else if (d)
        return take_defaults(&m->card, d, h, w, classes, err);
    else if (head)
        return nn_fail(err, NN_ESHAPE, "its outputs are not those of the head '%.40s'", head);
    m->card.input_h = h;
    m->card.input_w = w;
    return NN_OK;
}

// --- sidecar ---

// Adds what the sidecar leaves out.
static bool add_default(cJSON *root, const char *key, cJSON *item)
{
    if (cJSON_GetObjectItemCaseSensitive(root, key) || !item) {
        cJSON_Delete(item);
        return cJSON_GetObjectItemCaseSensitive(root, key) != NULL;
    }
    return cJSON_AddItemToObject(root, key, item);
}

static bool add_defaults(cJSON *root, const nn_card *card)
{
    const bool head = cJSON_GetObjectItemCaseSensitive(root, "head") != NULL;
    const double size[2] = {card->input_h > 0 ? card->input_h : 1,
                            card->input_w > 0 ? card->input_w : 1};
    const double mean[3] = {card->mean[0], card->mean[1], card->mean[2]};
    const double std[3] = {card->std[0], card->std[1], card->std[2]};
    cJSON *labels = cJSON_CreateArray();
    for (int i = 0; labels && i < card->label_count; i++)
        cJSON_AddItemToArray(labels, cJSON_CreateString(card->labels[i]));
    return add_default(root, "labels", labels) &&
           add_default(root, "order", cJSON_CreateString(card->bgr ? "bgr" : "rgb")) &&
           add_default(root, "fit", cJSON_CreateString(card->stretch ? "stretch" : "letterbox")) &&
           add_default(root, "version", cJSON_CreateNumber(1)) &&
           add_default(root, "network", cJSON_CreateString("")) &&
           add_default(root, "options", cJSON_CreateString("")) &&
           add_default(root, "task", cJSON_CreateString(head ? "detect" : card->task)) &&
           add_default(root, "head", cJSON_CreateString(card->head)) &&
           add_default(root, "input", cJSON_CreateDoubleArray(size, 2)) &&
           add_default(root, "mean", cJSON_CreateDoubleArray(mean, 3)) &&
           add_default(root, "std", cJSON_CreateDoubleArray(std, 3)) &&
           add_default(root, "threshold", nn_json_make_float(card->threshold)) &&
           add_default(root, "iou_threshold", nn_json_make_float(card->iou_threshold));
}

static nn_status merge_sidecar(nn_model *m, const char *text, size_t size, const char *head,
                               nn_error *err)
{
    cJSON *root;
    nn_card card = {0};
    char *json = NULL;
    nn_status status = nn_json_parse(&root, text, size, err);
    if (status != NN_OK)
        return status;
    if (!cJSON_IsObject(root))
        status = nn_fail(err, NN_EFORMAT, "not a JSON object");
    const char *named = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "head"));
    if (status == NN_OK && named && !nn_json_plain_text(named))
        status = nn_fail(err, NN_EFORMAT, "card: 'head' is no printable text");
    if (status == NN_OK)
        status = guess_card(m, head ? head : named, err);
    if (status == NN_OK && (!add_defaults(root, &m->card) || !(json = nn_json_print(root))))
        status = nn_fail(err, NN_ENOMEM, "out of memory");
    if (status == NN_OK)
        status = nn_card_from_json(&card, json, err);
    if (status == NN_OK) {
        nn_card_release(&m->card);
        m->card = card;
    }
    nn_free(json);
    cJSON_Delete(root);
    return status;
}

// NN_ENOTFOUND when there is none.
static nn_status read_sidecar(nn_model *m, const char *path, const char *head, nn_error *err)
{
    char name[4096];
    nn_file file;
    size_t length = strlen(path);
    if (length > 5 && strcmp(path + length - 5, ".onnx") == 0)
        length -= 5;
    if (length + sizeof ".json" > sizeof name)
        return nn_fail(err, NN_ENOTFOUND, "the path is too long");
    memcpy(name, path, length);
    memcpy(name + length, ".json", sizeof ".json");
    nn_status status = nn_file_map(&file, name, err);
    if (status != NN_OK)
        return status;
    status = merge_sidecar(m, file.bytes ? file.bytes : "", file.size, head, err);
    nn_file_unmap(&file);
    if (status != NN_OK)
        nn_fail_prefix(err, status, "%s", name);
    return status == NN_ENOTFOUND ? NN_EINVAL : status;
}

nn_status nn_onnx_find_card(nn_model *m, const char *path, const char *head, nn_error *err)
{
    if (!head && m->card.input_h > 0) // the metadata's
        return NN_OK;
    nn_status status = read_sidecar(m, path, head, err);
    return status == NN_ENOTFOUND ? guess_card(m, head, err) : status;
}
