// SPDX-License-Identifier: MIT
// Reads score and licence out of a card.
#include "app/models/facts.h"

#include <string.h>

static const struct {
    const char *key, *name;
} scores[] = {{"ap50", "AP50"}, {"top1", "top-1"}, {"miou", "mIoU"}, {"mean_iou", "mIoU"}};

static void set_score(app_model_facts *f, const char *key, const cJSON *value)
{
    for (size_t i = 0; i < G_N_ELEMENTS(scores); i++)
        if (cJSON_IsNumber(value) && g_strcmp0(scores[i].key, key) == 0) {
            g_strlcpy(f->score_name, scores[i].key, sizeof f->score_name);
            f->score_value = value->valuedouble;
            g_free(f->score);
            f->score = g_strdup_printf("%s %.3f", scores[i].name, value->valuedouble);
        }
}

// "score": {"ap50": ...} of the training; of a model in 8 bits "quantized": {"score": "ap50",
// "int8": ...}, its own.
static void read_score(app_model_facts *f, const char *training)
{
    cJSON *json = training ? cJSON_Parse(training) : NULL;
    const cJSON *score = cJSON_GetObjectItem(json, "score");
    const cJSON *own = cJSON_GetObjectItem(json, "quantized");
    for (size_t i = G_N_ELEMENTS(scores); i-- > 0;)
        set_score(f, scores[i].key, cJSON_GetObjectItem(score, scores[i].key));
    set_score(f, cJSON_GetStringValue(cJSON_GetObjectItem(own, "score")),
              cJSON_GetObjectItem(own, "int8"));
    cJSON_Delete(json);
}

// "Weights: Apache-2.0. Derived from ..." (g_free). Shipped models without a notice are ours.
static char *licence_of(const nn_card *card, const app_installed *m)
{
    static const char FIRST[] = "Weights: ";
    const char *at = card->notice ? strstr(card->notice, FIRST) : NULL;
    if (!at)
        return g_strdup(m->shipped ? "MIT" : "");
    at += strlen(FIRST);
    const char *end = strstr(at, ". ");
    const size_t line = strcspn(at, "\n");
    const size_t length = end && (size_t)(end - at) < line ? (size_t)(end - at) : line;
    return g_strndup(at, length);
}

void app_model_facts_of(app_model_facts *f, const nn_card *card, const app_installed *m)
{
    g_autoptr(GString) classes = g_string_new(NULL);
    *f = (app_model_facts){.task = g_strdup(card->task),
                           .class_count = card->label_count,
                           .score = g_strdup(""),
                           .licence = licence_of(card, m),
                           .input_width = card->input_w,
                           .input_height = card->input_h};
    for (int i = 0; i < card->label_count; i++)
        g_string_append_printf(classes, "%s%s", i ? ", " : "", card->labels[i]);
    f->classes = g_string_free(g_steal_pointer(&classes), FALSE);
    read_score(f, card->training);
}

void app_model_facts_release(app_model_facts *f)
{
    g_free(f->task);
    g_free(f->classes);
    g_free(f->score);
    g_free(f->licence);
    *f = (app_model_facts){0};
}
