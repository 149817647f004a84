// SPDX-License-Identifier: MIT
// Writes and reads the training part of a card, as JSON.
#include "app/train/training_card.h"

#include "nn/base/memory.h"
#include "nn/data/augment/augment_options.h"
#include "nn/train/task/task.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

// Adds an option, numbers as JSON numbers. Options that were not given are left out.
static void add_option(cJSON *json, const nn_option *row, const void *values)
{
    char *text = nn_option_write(row, values), *end;
    const double number = text ? g_ascii_strtod(text, &end) : 0;
    const bool is_number = text && *text && !*end;
    if (row->field.type == NN_FIELD_BOOL)
        cJSON_AddBoolToObject(json, row->field.name, text && strcmp(text, "yes") == 0);
    else if (is_number && row->field.type != NN_FIELD_TEXT && row->field.type != NN_FIELD_PATH)
        cJSON_AddNumberToObject(json, row->field.name, number);
    else if (text && *text)
        cJSON_AddStringToObject(json, row->field.name, text);
    nn_free(text);
}

// Options of views are for all tasks with the same kind of labels.
static bool is_for(const nn_option_values *values, const nn_option *row, const char *task)
{
    const nn_train_task *own = nn_train_task_find(task), *t;
    if (values->rows != nn_augment_option_rows() || !own)
        return nn_option_is_for(row, task);
    for (int i = 0; (t = nn_train_task_at(i)) != NULL; i++)
        if (t->evaluator->kind == own->evaluator->kind && nn_option_is_for(row, t->evaluator->name))
            return true;
    return false;
}

static void add_options(cJSON *json, const nn_option_values *values, const char *task)
{
    const unsigned left_out = NN_OPTION_FREE | NN_OPTION_HIDDEN;
    for (const nn_option *row = values->rows; row->field.name; row++)
        if (!(row->flags & left_out) && is_for(values, row, task))
            add_option(json, row, values->values);
}

static void add_sources(cJSON *json, const app_training *t)
{
    cJSON *list = cJSON_AddArrayToObject(json, "data");
    for (int i = 0; i < t->sources->count; i++) {
        app_source *source = &t->sources->list[i];
        const nn_option_values values = {app_source_rows(), source, NULL};
        cJSON *item = cJSON_CreateObject();
        g_autofree char *name = g_path_get_basename(source->path);
        cJSON_AddStringToObject(item,
                                source->video       ? "video"
                                : source->negatives ? "negatives"
                                                    : "folder",
                                name);
        add_options(item, &values, t->task);
        cJSON_AddItemToArray(list, item);
    }
}

static void add_score(cJSON *json, const app_training *t)
{
    if (!t->score)
        return;
    cJSON *score = cJSON_AddObjectToObject(json, "score");
    // Rounds scores, to keep the file readable.
    for (int i = 0; t->evaluator->scores[i].key; i++)
        if (isfinite(t->score->value[i]))
            cJSON_AddNumberToObject(score, t->evaluator->scores[i].key,
                                    round(t->score->value[i] * 1e4) / 1e4);
    cJSON_AddNumberToObject(score, "pictures", t->val->count);
    cJSON_AddStringToObject(score, "on", "validation data");
    if (t->calibrated && isfinite(t->calibrated->value[0]))
        cJSON_AddNumberToObject(score, "calibrated", round(t->calibrated->value[0] * 1e4) / 1e4);
}

nn_status app_training_to_card(nn_card *card, const app_training *t, nn_error *err)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "command", t->command);
    cJSON_AddStringToObject(json, "version", NN_VERSION);
    add_sources(json, t);
    cJSON_AddNumberToObject(json, "pictures", t->train->count);
    cJSON *names = cJSON_AddArrayToObject(json, "source_classes");
    for (int i = 0; i < t->source_classes->count; i++)
        cJSON_AddItemToArray(names, cJSON_CreateString(t->source_classes->name[i]));
    if (t->sources->map)
        cJSON_AddStringToObject(json, "class_map", t->sources->map);
    cJSON *options = cJSON_AddObjectToObject(json, "options");
    for (int i = 0; i < t->option_count; i++)
        if (!t->options[i].of)
            add_options(options, &t->options[i], t->task);
    cJSON_AddNumberToObject(json, "best_epoch", t->best_epoch);
    cJSON_AddNumberToObject(json, "seconds", round(t->seconds));
    cJSON_AddNumberToObject(json, "images_per_second", round(t->images_per_second * 10) / 10);
    add_score(json, t);
    char *text = cJSON_PrintUnformatted(json);
    cJSON_Delete(json);
    if (!text)
        return nn_fail(err, NN_ENOMEM, "no memory for the card");
    g_autofree char *valid = g_utf8_make_valid(text, -1); // file names may not be UTF-8
    nn_status status = nn_card_set_training(card, valid, err);
    cJSON_free(text);
    return status;
}

nn_status app_training_classes(const nn_card *card, nn_names *names, char **rules, nn_error *err)
{
    *names = (nn_names){0};
    *rules = NULL;
    cJSON *json = card->training ? cJSON_Parse(card->training) : NULL;
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, "source_classes");
    const cJSON *map = cJSON_GetObjectItemCaseSensitive(json, "class_map");
    int count = cJSON_GetArraySize(list), usable = 0;
    const char **text = g_new0(const char *, (gsize)count + 1);
    const cJSON *item;
    cJSON_ArrayForEach(item, list) if (cJSON_IsString(item) && *item->valuestring) text[usable++] =
        item->valuestring;
    nn_status status = NN_OK;
    // All or nothing: a list with gaps would give wrong names to class numbers.
    if (usable == count && count > 0)
        status = nn_names_copy(names, text, count, err);
    if (status == NN_OK && cJSON_IsString(map))
        *rules = g_strdup(map->valuestring);
    g_free(text);
    cJSON_Delete(json);
    return status;
}
