// SPDX-License-Identifier: MIT
// The state of a search, WORK/scale.json, which is also its result for programs.
#include "app/cli/json_file.h"
#include "app/scale/scale.h"
#include "nn/io/file.h"
#include "nn/io/json.h"

#include <math.h>
#include <string.h>

enum { MOST_SIDE = 8192 };

char *scale_settings(const scale_options *o)
{
    return g_strdup_printf(
        "--budget-%s %g --data %s%s%s --val-split %g --task %s --network %s "
        "--options '%s' --size %dx%d --candidates %d --rounds %d --epochs %d "
        "--train-options '%s'",
        o->budget_ms > 0 ? "ms" : "mflops", o->budget_ms > 0 ? o->budget_ms : o->budget_mflops,
        o->data, o->val_data ? " --val-data " : "", o->val_data ? o->val_data : "", o->val_split,
        o->task, o->network, o->options ? o->options : "", o->width, o->height, o->candidates,
        o->rounds, o->epochs, o->words ? o->words : "");
}

static bool read_number(const cJSON *json, const char *key, double low, double high, double *value)
{
    float narrow;
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);
    if (!nn_json_float(item, &narrow) || !(item->valuedouble >= low && item->valuedouble <= high))
        return false;
    *value = item->valuedouble;
    return true;
}

static bool read_count(const cJSON *json, const char *key, int most, int *value)
{
    int64_t n = 0;
    if (!nn_json_size(cJSON_GetObjectItemCaseSensitive(json, key), &n) || n > most)
        return false;
    *value = (int)n;
    return true;
}

static bool read_candidate(const cJSON *json, scale_candidate *c)
{
    const cJSON *scores = cJSON_GetObjectItemCaseSensitive(json, "scores"), *score;
    if (!read_number(json, "alpha", 0.01, 8, &c->alpha) ||
        !read_number(json, "beta", 0, 6, &c->beta) ||
        !read_count(json, "width", MOST_SIDE, &c->width) ||
        !read_count(json, "height", MOST_SIDE, &c->height) || c->width < 1 || c->height < 1 ||
        !read_number(json, "macs", 0, 1e15, &c->macs) ||
        !read_number(json, "parameters", 0, 1e12, &c->parameters) ||
        !read_number(json, "ms", 0, 1e9, &c->ms) ||
        !read_count(json, "pictures", INT32_MAX, &c->pictures) || !cJSON_IsArray(scores))
        return false;
    cJSON_ArrayForEach(score, scores)
    {
        float narrow;
        if (c->rounds == SCALE_MOST_ROUNDS || !nn_json_float(score, &narrow))
            return false;
        c->score[c->rounds++] = score->valuedouble;
    }
    return true;
}

nn_status scale_parse(scale_search *s, char **settings, const char *text, size_t size,
                      nn_error *err)
{
    cJSON *json = NULL;
    const cJSON *item;
    *s = (scale_search){.winner = -1};
    *settings = NULL;
    nn_status status = nn_json_parse(&json, text, size, err);
    if (status != NN_OK)
        return status;
    const char *words = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "settings"));
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, "tried");
    bool good = words && nn_json_plain_text(words) && cJSON_IsArray(list) &&
                cJSON_GetArraySize(list) <= SCALE_MOST &&
                read_number(json, "seconds", 0, 1e9, &s->seconds) &&
                read_number(json, "work", 0, 1e18, &s->work);
    cJSON_ArrayForEach(item, list) good = good && read_candidate(item, &s->list[s->count++]);
    if (good)
        *settings = g_strdup(words);
    else
        status = nn_fail(err, NN_EFORMAT, "not the state of a search");
    cJSON_Delete(json);
    return status;
}

nn_status scale_load(scale_search *s, const scale_options *o, nn_error *err)
{
    nn_file file;
    g_autofree char *path = g_build_filename(o->work, "scale.json", NULL), *then = NULL;
    g_autofree char *now = scale_settings(o);
    *s = (scale_search){.winner = -1};
    nn_status status = nn_file_map(&file, path, err);
    if (status == NN_ENOTFOUND)
        return NN_OK;
    if (status != NN_OK)
        return status;
    status = scale_parse(s, &then, file.bytes, file.size, err);
    nn_file_unmap(&file);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "%s (remove it to start again)", path);
    if (strcmp(now, then) != 0)
        return nn_fail(err, NN_EINVAL,
                       "%s: its search was begun with %s, not with %s; take another --work, or "
                       "remove that",
                       o->work, then, now);
    return NN_OK;
}

static cJSON *candidate_json(const scale_candidate *c, bool winner)
{
    cJSON *json = cJSON_CreateObject(), *scores = cJSON_CreateArray();
    cJSON_AddNumberToObject(json, "alpha", c->alpha);
    cJSON_AddNumberToObject(json, "beta", c->beta);
    cJSON_AddNumberToObject(json, "width", c->width);
    cJSON_AddNumberToObject(json, "height", c->height);
    cJSON_AddNumberToObject(json, "parameters", c->parameters);
    cJSON_AddNumberToObject(json, "macs", c->macs);
    cJSON_AddNumberToObject(json, "mflops", 2e-6 * c->macs);
    cJSON_AddNumberToObject(json, "ms", c->ms);
    cJSON_AddNumberToObject(json, "pictures", c->pictures);
    for (int r = 0; r < c->rounds; r++)
        cJSON_AddItemToArray(scores, cJSON_CreateNumber(c->score[r]));
    cJSON_AddItemToObject(json, "scores", scores);
    cJSON_AddBoolToObject(json, "winner", winner);
    return json;
}

nn_status scale_save(const scale_search *s, const scale_options *o, const char *command,
                     nn_error *err)
{
    g_autofree char *path = g_build_filename(o->work, "scale.json", NULL);
    g_autofree char *settings = scale_settings(o);
    cJSON *json = cJSON_CreateObject(), *list = cJSON_CreateArray();
    cJSON_AddStringToObject(json, "settings", settings);
    cJSON_AddNumberToObject(json, o->budget_ms > 0 ? "budget_ms" : "budget_mflops",
                            o->budget_ms > 0 ? o->budget_ms : o->budget_mflops);
    cJSON_AddNumberToObject(json, "epochs", o->epochs);
    cJSON_AddNumberToObject(json, "seconds", s->seconds);
    cJSON_AddNumberToObject(json, "work", s->work);
    for (int i = 0; i < s->count; i++)
        cJSON_AddItemToArray(list, candidate_json(&s->list[i], i == s->winner));
    cJSON_AddItemToObject(json, "tried", list);
    if (command)
        cJSON_AddStringToObject(json, "command", command);
    const nn_status status = app_json_write(json, path, err);
    cJSON_Delete(json);
    return status;
}
