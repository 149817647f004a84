// SPDX-License-Identifier: MIT
// The card of a model as JSON text. Only this file knows the keys.
#include "nn/io/io.h"

#include "nn/base/memory.h"
#include "nn/io/card_anchors.h"
#include "nn/io/card_keypoints.h"
#include "nn/io/json.h"

#include <string.h>

// MAX_SIDE is the largest input side for which a plan is ever made; larger ones in files are
// refused.
enum {
    CARD_VERSION = 1,
    MAX_SIDE = 16384,
    MAX_LABELS = 100000,
    MAX_LABEL = 255,
    MAX_NOTICE = 16384,
    MAX_TOKENIZER = 8 << 20
};

static void add_floats(cJSON *root, const char *key, const float *v, int count)
{
    cJSON *list = cJSON_AddArrayToObject(root, key);
    for (int i = 0; i < count; i++)
        cJSON_AddItemToArray(list, nn_json_make_float(v[i]));
}

static nn_status add_training(cJSON *root, const char *training, nn_error *err)
{
    if (!training)
        return NN_OK;
    cJSON *object;
    nn_status status = nn_json_parse(&object, training, strlen(training), err);
    if (status == NN_OK && !cJSON_IsObject(object))
        status = nn_fail(err, NN_EINVAL, "training is not a JSON object");
    if (status != NN_OK || !cJSON_AddItemToObject(root, "training", object)) {
        cJSON_Delete(object);
        if (status == NN_OK)
            return nn_fail(err, NN_ENOMEM, "card: out of memory");
        return nn_fail_prefix(err, status, "card");
    }
    return NN_OK;
}

static cJSON *add_names(cJSON *root, const char *key, char *const *names, int count)
{
    cJSON *list = cJSON_AddArrayToObject(root, key);
    for (int i = 0; i < count; i++)
        cJSON_AddItemToArray(list, cJSON_CreateString(names[i]));
    return list;
}

nn_status nn_card_to_json(const nn_card *card, char **json, nn_error *err)
{
    *json = NULL;
    cJSON *root = cJSON_CreateObject();
    cJSON_AddNumberToObject(root, "version", CARD_VERSION);
    cJSON_AddStringToObject(root, "network", card->network);
    cJSON_AddStringToObject(root, "options", card->options);
    cJSON_AddStringToObject(root, "task", card->task);
    cJSON_AddStringToObject(root, "head", card->head);
    add_floats(root, "input", (const float[]){(float)card->input_h, (float)card->input_w}, 2);
    add_floats(root, "mean", card->mean, 3);
    add_floats(root, "std", card->std, 3);
    if (card->bgr)
        cJSON_AddStringToObject(root, "order", "bgr");
    if (card->stretch || card->reshape)
        cJSON_AddStringToObject(root, "fit", card->stretch ? "stretch" : "reshape");
    if (card->notice)
        cJSON_AddStringToObject(root, "notice", card->notice);
    if (card->tokenizer)
        cJSON_AddStringToObject(root, "tokenizer", card->tokenizer);
    if (card->sigmoid)
        cJSON_AddStringToObject(root, "probabilities", "sigmoid");
    if (card->crop > 0)
        cJSON_AddItemToObject(root, "crop", nn_json_make_float(card->crop));
    if (nn_card_channels(card) != 3)
        cJSON_AddNumberToObject(root, "channels", nn_card_channels(card));
    if (card->factor > 0)
        cJSON_AddNumberToObject(root, "factor", card->factor);
    const cJSON *labels = add_names(root, "labels", card->labels, card->label_count);
    const cJSON *rivals = NULL;
    if (card->rival_count > 0)
        rivals = add_names(root, "rivals", card->labels + card->label_count, card->rival_count);
    cJSON_AddItemToObject(root, "threshold", nn_json_make_float(card->threshold));
    if (card->class_thresholds)
        add_floats(root, "thresholds", card->class_thresholds, card->label_count);
    cJSON_AddItemToObject(root, "iou_threshold", nn_json_make_float(card->iou_threshold));
    if (card->object_sizes[NN_CARD_SIZES - 1] > 0)
        add_floats(root, "object_sizes", card->object_sizes, NN_CARD_SIZES);
    const int more_keys =
        nn_card_anchors_add(root, &card->anchors) + nn_card_keypoints_add(root, card->keypoints);
    nn_status status = add_training(root, card->training, err);
    if (status == NN_OK) {
        // When memory was short in a step above, a key or an entry is missing.
        const int keys = 11 + card->bgr + (card->stretch || card->reshape) +
                         (card->notice != NULL) + card->sigmoid + (card->crop > 0) + more_keys +
                         (card->object_sizes[NN_CARD_SIZES - 1] > 0) + (card->training != NULL) +
                         (card->rival_count > 0) + (nn_card_channels(card) != 3) +
                         (card->factor > 0) + (card->class_thresholds != NULL) +
                         (card->tokenizer != NULL);
        bool whole = cJSON_GetArraySize(root) == keys &&
                     cJSON_GetArraySize(labels) == card->label_count &&
                     cJSON_GetArraySize(rivals) == card->rival_count;
        *json = whole ? nn_json_print(root) : NULL;
        if (!*json)
            status = nn_fail(err, NN_ENOMEM, "card: out of memory");
    }
    cJSON_Delete(root);
    return status;
}

static nn_status get_text(const cJSON *root, const char *key, char *out, size_t size, nn_error *err)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, key);
    if (!cJSON_IsString(item) || strlen(item->valuestring) >= size ||
        !nn_json_plain_text(item->valuestring))
        return nn_fail(err, NN_EFORMAT, "card: '%s' is not a text of less than %zu bytes", key,
                       size);
    memcpy(out, item->valuestring, strlen(item->valuestring) + 1);
    return NN_OK;
}

static nn_status get_floats(const cJSON *root, const char *key, float *out, int count, float low,
                            float high, nn_error *err)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, key), *item;
    int n = 0;
    bool good = cJSON_IsArray(list);
    cJSON_ArrayForEach(item, list)
    {
        good = good && n < count && nn_json_float(item, &out[n]) && out[n] >= low && out[n] <= high;
        n++;
    }
    if (!good || n != count)
        return nn_fail(err, NN_EFORMAT, "card: '%s' is not %d numbers from %g to %g", key, count,
                       (double)low, (double)high);
    return NN_OK;
}

static nn_status get_threshold(const cJSON *root, const char *key, float *out, nn_error *err)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, key);
    if (!nn_json_float(item, out) || *out < 0 || *out > 1)
        return nn_fail(err, NN_EFORMAT, "card: '%s' is not a number from 0 to 1", key);
    return NN_OK;
}

static nn_status get_names(const cJSON *list, const char **names, nn_error *err)
{
    const cJSON *item;
    int n = 0;
    cJSON_ArrayForEach(item, list)
    {
        const char *name = cJSON_GetStringValue(item);
        if (!name || strlen(name) > MAX_LABEL || !nn_json_plain_text(name))
            return nn_fail(err, NN_EFORMAT, "card: %s %d is not a printable name",
                           strcmp(list->string, "labels") == 0 ? "label" : "rival", n);
        names[n++] = name;
    }
    return NN_OK;
}

static nn_status get_labels(const cJSON *root, nn_card *card, nn_error *err)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, "labels");
    const cJSON *rivals = cJSON_GetObjectItemCaseSensitive(root, "rivals");
    const int count = cJSON_GetArraySize(list), more = cJSON_GetArraySize(rivals);
    if (!cJSON_IsArray(list) || count > MAX_LABELS)
        return nn_fail(err, NN_EFORMAT, "card: 'labels' is not a list of names");
    if (rivals && (!cJSON_IsArray(rivals) || more > MAX_LABELS || count < 1))
        return nn_fail(err, NN_EFORMAT, "card: 'rivals' is not a list of names beside labels");
    const char **names = nn_calloc((size_t)count + (size_t)more, sizeof *names);
    if (!names)
        return nn_fail(err, NN_ENOMEM, "card: out of memory");
    nn_status status = get_names(list, names, err);
    if (status == NN_OK)
        status = get_names(rivals, names + count, err);
    if (status == NN_OK)
        status = nn_card_set_labels(card, names, count + more, err);
    if (status == NN_OK)
        nn_card_set_rivals(card, more);
    nn_free(names);
    return status;
}

// One for each label, optional. Read after the labels; a card without labels, to which a sidecar is
// applied when it is checked, keeps none.
static nn_status get_class_thresholds(const cJSON *root, nn_card *card, nn_error *err)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, "thresholds");
    const int count = card->label_count > 0 ? card->label_count : cJSON_GetArraySize(list);
    if (!list)
        return NN_OK;
    float *t = nn_calloc((size_t)count + 1, sizeof *t);
    nn_status status = t ? get_floats(root, "thresholds", t, count, 0, 1, err)
                         : nn_fail(err, NN_ENOMEM, "card: out of memory");
    if (status == NN_OK)
        status = nn_card_set_class_thresholds(card, t, err);
    nn_free(t);
    return status;
}

static nn_status get_training(const cJSON *root, nn_card *card, nn_error *err)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, "training");
    if (!item)
        return NN_OK;
    if (!cJSON_IsObject(item))
        return nn_fail(err, NN_EFORMAT, "card: 'training' is not an object");
    char *text = nn_json_print(item);
    nn_status status = text ? nn_card_set_training(card, text, err)
                            : nn_fail(err, NN_ENOMEM, "card: out of memory");
    nn_free(text);
    return status;
}

static nn_status get_numbers(const cJSON *root, nn_card *card, nn_error *err)
{
    float side[2];
    nn_status status = get_floats(root, "input", side, 2, 1, MAX_SIDE, err);
    if (status == NN_OK) {
        card->input_h = (int)side[0];
        card->input_w = (int)side[1];
        status = get_floats(root, "mean", card->mean, 3, -1e3f, 1e3f, err);
    }
    if (status == NN_OK)
        status = get_floats(root, "std", card->std, 3, 1e-6f, 1e3f, err);
    if (status == NN_OK)
        status = get_threshold(root, "threshold", &card->threshold, err);
    if (status == NN_OK)
        status = get_threshold(root, "iou_threshold", &card->iou_threshold, err);
    return status;
}

// An optional text that is one of two words; *is_other: it is the one that is not the default.
static nn_status get_word(const cJSON *root, const char *key, const char *usual, const char *other,
                          bool *is_other, nn_error *err)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, key);
    const char *word = item ? cJSON_GetStringValue(item) : usual;
    *is_other = word && strcmp(word, other) == 0;
    if (!*is_other && (!word || strcmp(word, usual) != 0))
        return nn_fail(err, NN_EFORMAT, "card: '%s' is neither %s nor %s", key, usual, other);
    return NN_OK;
}

static nn_status get_fit(const cJSON *root, nn_card *card, nn_error *err)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, "fit");
    const char *word = item ? cJSON_GetStringValue(item) : "letterbox";
    card->stretch = word && strcmp(word, "stretch") == 0;
    card->reshape = word && strcmp(word, "reshape") == 0;
    return card->stretch || card->reshape || (word && strcmp(word, "letterbox") == 0)
               ? NN_OK
               : nn_fail(err, NN_EFORMAT, "card: 'fit' is none of letterbox, stretch, reshape");
}

// Lines of text for users, without control characters except line ends.
static nn_status get_notice(const cJSON *root, nn_card *card, nn_error *err)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, "notice");
    const char *text = item ? cJSON_GetStringValue(item) : NULL;
    if (!item)
        return NN_OK;
    char *flat = text && strlen(text) <= MAX_NOTICE ? nn_strdup(text) : NULL;
    for (char *p = flat; p && *p; p++)
        *p = *p == '\n' ? ' ' : *p;
    const bool plain = flat && nn_json_plain_text(flat);
    nn_free(flat);
    return plain ? nn_card_set_notice(card, text, err)
                 : nn_fail(err, NN_EFORMAT, "card: 'notice' is no text of up to %d bytes",
                           MAX_NOTICE);
}

// What it holds is checked by who reads it (nn/text).
static nn_status get_tokenizer(const cJSON *root, nn_card *card, nn_error *err)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, "tokenizer");
    const char *text = cJSON_GetStringValue(item);
    if (item && (!text || strlen(text) > MAX_TOKENIZER))
        return nn_fail(err, NN_EFORMAT, "card: 'tokenizer' is no text of up to %d bytes",
                       MAX_TOKENIZER);
    return text ? nn_card_set_tokenizer(card, text, err) : NN_OK;
}

// An optional fraction of a side.
static nn_status get_crop(const cJSON *root, float *crop, nn_error *err)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, "crop");
    if (item && (!nn_json_float(item, crop) || !(*crop > 0 && *crop <= 1)))
        return nn_fail(err, NN_EFORMAT, "card: 'crop' is not a number above 0, up to 1");
    return NN_OK;
}

// Optional; in order.
static nn_status get_object_sizes(const cJSON *root, nn_card *card, nn_error *err)
{
    float *size = card->object_sizes;
    if (!cJSON_GetObjectItemCaseSensitive(root, "object_sizes"))
        return NN_OK;
    const nn_status status =
        get_floats(root, "object_sizes", size, NN_CARD_SIZES, 0, MAX_SIDE, err);
    for (int i = 0; i < NN_CARD_SIZES && status == NN_OK; i++)
        if (!(size[i] > 0) || (i > 0 && size[i] < size[i - 1]))
            return nn_fail(err, NN_EFORMAT, "card: 'object_sizes' do not rise from above 0");
    return status;
}

// Optional whole numbers: planes of the input, and by how much pictures grow.
static nn_status get_picture(const cJSON *root, nn_card *card, nn_error *err)
{
    int64_t channels = 3, factor = 0;
    const cJSON *planes = cJSON_GetObjectItemCaseSensitive(root, "channels");
    const cJSON *grows = cJSON_GetObjectItemCaseSensitive(root, "factor");
    if (planes && (!nn_json_size(planes, &channels) || (channels != 1 && channels != 3)))
        return nn_fail(err, NN_EFORMAT, "card: 'channels' is neither 1 nor 3");
    if (grows && (!nn_json_size(grows, &factor) || factor < 1 || factor > NN_CARD_FACTOR))
        return nn_fail(err, NN_EFORMAT, "card: 'factor' is not a whole number from 1 to %d",
                       NN_CARD_FACTOR);
    card->input_channels = channels == 3 ? 0 : (int)channels;
    card->factor = (int)factor;
    return NN_OK;
}

static nn_status get_version(const cJSON *root, nn_error *err)
{
    int64_t version;
    if (!cJSON_IsObject(root) ||
        !nn_json_size(cJSON_GetObjectItemCaseSensitive(root, "version"), &version))
        return nn_fail(err, NN_EFORMAT, "card: no version");
    if (version != CARD_VERSION)
        return nn_fail(err, NN_EUNSUPPORTED, "card: version %lld; this program knows %d",
                       (long long)version, CARD_VERSION);
    return NN_OK;
}

nn_status nn_card_from_json(nn_card *card, const char *json, nn_error *err)
{
    *card = (nn_card){0};
    cJSON *root;
    nn_status status = nn_json_parse(&root, json, strlen(json), err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "card");
    status = get_version(root, err);
    if (status == NN_OK)
        status = get_text(root, "network", card->network, sizeof card->network, err);
    if (status == NN_OK)
        status = get_text(root, "options", card->options, sizeof card->options, err);
    if (status == NN_OK)
        status = get_text(root, "task", card->task, sizeof card->task, err);
    if (status == NN_OK)
        status = get_text(root, "head", card->head, sizeof card->head, err);
    if (status == NN_OK)
        status = get_numbers(root, card, err);
    if (status == NN_OK)
        status = get_word(root, "order", "rgb", "bgr", &card->bgr, err);
    if (status == NN_OK)
        status = get_fit(root, card, err);
    if (status == NN_OK)
        status = get_word(root, "probabilities", "softmax", "sigmoid", &card->sigmoid, err);
    if (status == NN_OK)
        status = get_crop(root, &card->crop, err);
    if (status == NN_OK)
        status = get_object_sizes(root, card, err);
    if (status == NN_OK)
        status = get_picture(root, card, err);
    if (status == NN_OK)
        status = get_notice(root, card, err);
    if (status == NN_OK)
        status = get_tokenizer(root, card, err);
    if (status == NN_OK)
        status = get_labels(root, card, err);
    if (status == NN_OK)
        status = get_class_thresholds(root, card, err);
    if (status == NN_OK && (status = nn_card_anchors_get(root, &card->anchors, err)) != NN_OK)
        nn_fail_prefix(err, status, "card");
    if (status == NN_OK && (status = nn_card_keypoints_get(root, &card->keypoints, err)) != NN_OK)
        nn_fail_prefix(err, status, "card");
    if (status == NN_OK)
        status = get_training(root, card, err);
    cJSON_Delete(root);
    if (status != NN_OK)
        nn_card_release(card);
    return status;
}
