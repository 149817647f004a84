// SPDX-License-Identifier: MIT
// Reads score and licence out of a card.
#include "app/models/facts.h"

#include <string.h>

static const struct {
    const char *key, *name;
} scores[] = {{"ap50", "AP50"},
              {"top1", "top-1"},
              {"miou", "mIoU"},
              {"mean_iou", "mIoU"},
              {"psnr", "PSNR"}};

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

static bool is_held_back(const cJSON *source)
{
    const cJSON *option;
    cJSON_ArrayForEach(option, source)
        if (g_str_has_prefix(option->string, "validation") || g_str_has_prefix(option->string, "val-"))
            return true;
    return false;
}

// The names of the sources of which some pictures were held back; where none says so, a part of
// all was (g_free).
static char *held_back_of(const cJSON *data)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const cJSON *source;
    bool any = false;
    cJSON_ArrayForEach(source, data) any = any || is_held_back(source);
    cJSON_ArrayForEach(source, data)
    {
        char *name = cJSON_GetStringValue(cJSON_GetObjectItem(source, "folder"));
        name = name ? name : cJSON_GetStringValue(cJSON_GetObjectItem(source, "video"));
        if (name && (!any || is_held_back(source)) &&
            !g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
            g_ptr_array_add(names, name);
    }
    g_ptr_array_add(names, NULL);
    return g_strjoinv(", ", (char **)names->pdata);
}

// Scores of different pictures do not compare: those of a training are of what it held back, those
// of a model in 8 bits of what it was quantized with, where the float32 model has a score, too.
static char *find_set(const cJSON *json, const cJSON *score, const cJSON *own)
{
    const cJSON *before = cJSON_GetObjectItem(own, "float32");
    const cJSON *pictures = cJSON_GetObjectItem(score, "pictures");
    g_autofree char *names = held_back_of(cJSON_GetObjectItem(json, "data"));
    if (cJSON_IsNumber(before))
        return g_strdup_printf("others, where float32 has %.3f", before->valuedouble);
    if (!cJSON_IsNumber(pictures))
        return g_strdup("");
    return g_strdup_printf("%.0f%s%s", pictures->valuedouble, *names ? " of " : "", names);
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
    f->score_set = *f->score ? find_set(json, score, own) : g_strdup("");
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
    g_free(f->score_set);
    g_free(f->licence);
    *f = (app_model_facts){0};
}
