// SPDX-License-Identifier: MIT
// Copying and freeing model cards.
#include "nn/graph/card.h"

#include "nn/base/memory.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static void free_labels(nn_card *card)
{
    for (int i = 0; i < nn_card_classes(card); i++)
        nn_free(card->labels[i]);
    nn_free(card->labels);
    nn_free(card->class_thresholds);
    card->class_thresholds = NULL;
    card->labels = NULL;
    card->label_count = card->rival_count = 0;
}

void nn_card_release(nn_card *card)
{
    free_labels(card);
    nn_free(card->training);
    nn_free(card->tokenizer);
    nn_free(card->notice);
    memset(card, 0, sizeof *card);
}

nn_status nn_card_set_labels(nn_card *card, const char *const *labels, int count, nn_error *err)
{
    char **copy = nn_calloc((size_t)count, sizeof *copy);
    bool ok = copy;
    for (int i = 0; ok && i < count; i++)
        ok = (copy[i] = nn_strdup(labels[i]));
    nn_card old = {.labels = copy, .label_count = copy ? count : 0};
    if (!ok) {
        free_labels(&old);
        return nn_fail(err, NN_ENOMEM, "no memory for %d labels", count);
    }
    free_labels(card);
    card->labels = copy;
    card->label_count = count;
    return NN_OK;
}

void nn_card_set_rivals(nn_card *card, int count)
{
    card->label_count -= count;
    card->rival_count += count;
}

nn_status nn_card_set_class_thresholds(nn_card *card, const float *thresholds, nn_error *err)
{
    const size_t bytes = (size_t)card->label_count * sizeof *thresholds;
    float *copy = thresholds && bytes > 0 ? nn_alloc(bytes) : NULL;
    if (thresholds && bytes > 0 && !copy)
        return nn_fail(err, NN_ENOMEM, "no memory for %d thresholds", card->label_count);
    if (copy)
        memcpy(copy, thresholds, bytes);
    nn_free(card->class_thresholds);
    card->class_thresholds = copy;
    return NN_OK;
}

float nn_card_lowest_threshold(const nn_card *card)
{
    float lowest = nn_card_threshold_of(card, 0);
    for (int i = 1; card->class_thresholds && i < card->label_count; i++)
        lowest = card->class_thresholds[i] < lowest ? card->class_thresholds[i] : lowest;
    return lowest;
}

nn_status nn_card_number_labels(nn_card *card, int count, nn_error *err)
{
    char(*text)[32] = nn_calloc((size_t)count, sizeof *text);
    const char **names = nn_calloc((size_t)count, sizeof *names);
    nn_status status = NN_OK;
    if (!text || !names)
        status = nn_fail(err, NN_ENOMEM, "no memory for %d labels", count);
    for (int i = 0; status == NN_OK && i < count; i++) {
        snprintf(text[i], sizeof text[i], "class %d", i);
        names[i] = text[i];
    }
    if (status == NN_OK)
        status = nn_card_set_labels(card, names, count, err);
    nn_free(names);
    nn_free(text);
    return status;
}

bool nn_card_remark(const nn_card *card, char *text, size_t size)
{
    static const char unnamed[] = "its names of classes cannot be read or are not as many as the "
                                  "classes, which get numbers";
    if (card->guessed)
        snprintf(
            text, size,
            "it says nothing of its outputs: by their shapes taken for '%s' with %d classes at "
            "%dx%d (another head or a sidecar can say otherwise)%s%s",
            card->head, card->label_count, card->input_w, card->input_h, card->unnamed ? "; " : "",
            card->unnamed ? unnamed : "");
    else if (card->unnamed)
        snprintf(text, size, "%s", unnamed);
    return card->guessed || card->unnamed;
}

nn_status nn_card_set_notice(nn_card *card, const char *text, nn_error *err)
{
    char *copy = nn_strdup(text);
    if (text && !copy)
        return nn_fail(err, NN_ENOMEM, "no memory for the notice");
    nn_free(card->notice);
    card->notice = copy;
    return NN_OK;
}

nn_status nn_card_set_tokenizer(nn_card *card, const char *text, nn_error *err)
{
    char *copy = nn_strdup(text);
    if (text && !copy)
        return nn_fail(err, NN_ENOMEM, "no memory for the tokenizer");
    nn_free(card->tokenizer);
    card->tokenizer = copy;
    return NN_OK;
}

nn_status nn_card_set_training(nn_card *card, const char *json, nn_error *err)
{
    char *copy = nn_strdup(json);
    if (json && !copy)
        return nn_fail(err, NN_ENOMEM, "no memory for the training record");
    nn_free(card->training);
    card->training = copy;
    return NN_OK;
}

nn_status nn_card_copy(nn_card *dst, const nn_card *src, nn_error *err)
{
    nn_card copy = *src;
    copy.labels = NULL;
    copy.class_thresholds = NULL;
    copy.label_count = copy.rival_count = 0;
    copy.training = NULL;
    copy.notice = NULL;
    copy.tokenizer = NULL;
    nn_status status =
        nn_card_set_labels(&copy, (const char *const *)src->labels, nn_card_classes(src), err);
    if (!status)
        nn_card_set_rivals(&copy, src->rival_count);
    if (!status)
        status = nn_card_set_class_thresholds(&copy, src->class_thresholds, err);
    if (!status)
        status = nn_card_set_training(&copy, src->training, err);
    if (!status)
        status = nn_card_set_notice(&copy, src->notice, err);
    if (!status)
        status = nn_card_set_tokenizer(&copy, src->tokenizer, err);
    if (status) {
        nn_card_release(&copy);
        return status;
    }
    nn_card_release(dst);
    *dst = copy;
    return NN_OK;
}

bool nn_card_finds_boxes(const nn_card *card)
{
    static const char *const tasks[] = {"detect", "pose", "instance", "obb"};
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++)
        if (strcmp(card->task, tasks[i]) == 0)
            return true;
    return false;
}
