// SPDX-License-Identifier: MIT
// The training part of a card as JSON.
#include "app/train/training_card.h"

#include <cjson/cJSON.h>
#include <math.h>

static void add_range(cJSON *json, const char *key, app_range r)
{
    if (r.last > 0) {
        char *text = g_strdup_printf("%d-%d", r.first, r.last);
        cJSON_AddStringToObject(json, key, text);
        g_free(text);
    }
}

static void add_sources(cJSON *json, const app_data_options *s)
{
    cJSON *list = cJSON_AddArrayToObject(json, "data");
    for (int i = 0; i < s->count; i++) {
        const app_source *source = &s->list[i];
        cJSON *item = cJSON_CreateObject();
        char *name = g_path_get_basename(source->path);
        cJSON_AddStringToObject(item,
                                source->video       ? "video"
                                : source->negatives ? "negatives"
                                                    : "folder",
                                name);
        g_free(name);
        if (source->labels) {
            name = g_path_get_basename(source->labels);
            cJSON_AddStringToObject(item, "labels", name);
            g_free(name);
        }
        add_range(item, "frames", source->frames);
        add_range(item, "validation_frames", source->val_frames);
        if (source->match)
            cJSON_AddStringToObject(item, "pictures", source->match);
        if (source->val_match)
            cJSON_AddStringToObject(item, "validation_pictures", source->val_match);
        if (source->label_dir)
            cJSON_AddStringToObject(item, "label_folder", source->label_dir);
        if (source->known)
            cJSON_AddStringToObject(item, "known_classes", source->known);
        cJSON_AddItemToArray(list, item);
    }
}

static void add_score(cJSON *json, const app_training *t)
{
    if (!t->score)
        return;
    cJSON *score = cJSON_AddObjectToObject(json, "score");
    // Three significant places more than a score deserves keep the file readable.
    for (int i = 0; t->evaluator->scores[i].key; i++)
        if (isfinite(t->score->value[i]))
            cJSON_AddNumberToObject(score, t->evaluator->scores[i].key,
                                    round(t->score->value[i] * 1e4) / 1e4);
    cJSON_AddNumberToObject(score, "pictures", t->val->count);
    cJSON_AddStringToObject(score, "on", "validation data");
}

nn_status app_training_to_card(nn_card *card, const app_training *t, nn_error *err)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "command", t->command);
    cJSON_AddStringToObject(json, "version", NN_VERSION);
    add_sources(json, t->sources);
    cJSON_AddNumberToObject(json, "pictures", t->train->count);
    cJSON *names = cJSON_AddArrayToObject(json, "source_classes");
    for (int i = 0; i < t->source_classes->count; i++)
        cJSON_AddItemToArray(names, cJSON_CreateString(t->source_classes->name[i]));
    if (t->sources->map)
        cJSON_AddStringToObject(json, "class_map", t->sources->map);
    cJSON_AddNumberToObject(json, "seed", (double)t->seed);
    cJSON_AddNumberToObject(json, "epochs", t->epochs);
    cJSON_AddNumberToObject(json, "best_epoch", t->best_epoch);
    cJSON_AddNumberToObject(json, "batch", t->batch);
    cJSON_AddNumberToObject(json, "rate", round(t->rate * 1e8) / 1e8);
    cJSON_AddNumberToObject(json, "seconds", round(t->seconds));
    cJSON_AddNumberToObject(json, "images_per_second", round(t->images_per_second * 10) / 10);
    add_score(json, t);
    char *text = cJSON_PrintUnformatted(json);
    cJSON_Delete(json);
    if (!text)
        return nn_fail(err, NN_ENOMEM, "no memory for the card");
    g_autofree char *valid = g_utf8_make_valid(text, -1); // names of files may be no UTF-8
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
    // A list with holes would give the wrong names to the numbers behind them.
    if (usable == count && count > 0)
        status = nn_names_copy(names, text, count, err);
    if (status == NN_OK && cJSON_IsString(map))
        *rules = g_strdup(map->valuestring);
    g_free(text);
    cJSON_Delete(json);
    return status;
}
