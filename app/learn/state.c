// SPDX-License-Identifier: MIT
// Reads and writes the state of learning as JSON.
#include "app/learn/state.h"

#include "app/cli/json_file.h"
#include "nn/io/file.h"
#include "nn/io/json.h"

#include <glib.h>
#include <string.h>

enum { MOST_ROUNDS = 1000000, MOST_SIDE = 8192 };

static const char *const phases[] = {"collect", "label", "train", "judge"};

// Reads a number from 0 to `most`; a missing one is 0.
static bool read_number(const cJSON *json, const char *key, int most, int *value)
{
    int64_t n = 0;
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);
    *value = 0;
    if (item && (!nn_json_size(item, &n) || n > most))
        return false;
    *value = (int)n;
    return true;
}

static bool read_text(const cJSON *json, const char *key, char *text, size_t size)
{
    const char *s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, key));
    if (!s || strlen(s) >= size || !nn_json_plain_text(s))
        return false;
    memcpy(text, s, strlen(s) + 1);
    return true;
}

static bool read_phase(const cJSON *json, learn_phase *phase)
{
    const char *word = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "phase"));
    for (size_t i = 0; word && i < G_N_ELEMENTS(phases); i++)
        if (strcmp(word, phases[i]) == 0) {
            *phase = (learn_phase)i;
            return true;
        }
    return false;
}

nn_status learn_state_parse(learn_state *s, const char *text, size_t size, nn_error *err)
{
    cJSON *json = NULL;
    *s = (learn_state){0};
    nn_status status = nn_json_parse(&json, text, size, err);
    if (status != NN_OK)
        return status;
    if (!read_phase(json, &s->phase) || !read_number(json, "round", MOST_ROUNDS, &s->round) ||
        !read_number(json, "best", MOST_ROUNDS, &s->best) ||
        !read_number(json, "before", MOST_ROUNDS, &s->before) ||
        !read_number(json, "checked", MOST_ROUNDS, &s->checked) ||
        !read_number(json, "width", MOST_SIDE, &s->width) ||
        !read_number(json, "height", MOST_SIDE, &s->height) ||
        !read_text(json, "model", s->model, sizeof s->model) ||
        !read_text(json, "teacher", s->teacher, sizeof s->teacher) || s->best > s->round ||
        s->before > s->round || s->checked > s->round || s->width % 32 || s->height % 32)
        status = nn_fail(err, NN_EFORMAT, "not a state file of --learn");
    cJSON_Delete(json);
    return status;
}

nn_status learn_state_load(learn_state *s, const char *dir, nn_error *err)
{
    nn_file file;
    g_autofree char *path = g_build_filename(dir, "state.json", NULL);
    *s = (learn_state){0};
    nn_status status = nn_file_map(&file, path, err);
    if (status == NN_ENOTFOUND)
        return NN_OK;
    if (status != NN_OK)
        return status;
    status = learn_state_parse(s, file.bytes, file.size, err);
    nn_file_unmap(&file);
    return status == NN_OK
               ? NN_OK
               : nn_fail_prefix(err, status, "%s (remove the file to start again)", path);
}

nn_status learn_state_save(const learn_state *s, const char *dir, nn_error *err)
{
    g_autofree char *path = g_build_filename(dir, "state.json", NULL);
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "phase", phases[s->phase]);
    cJSON_AddNumberToObject(json, "round", s->round);
    cJSON_AddNumberToObject(json, "best", s->best);
    cJSON_AddNumberToObject(json, "before", s->before);
    cJSON_AddNumberToObject(json, "checked", s->checked);
    cJSON_AddNumberToObject(json, "width", s->width);
    cJSON_AddNumberToObject(json, "height", s->height);
    cJSON_AddStringToObject(json, "model", s->model);
    cJSON_AddStringToObject(json, "teacher", s->teacher);
    const nn_status status = app_json_write(json, path, err);
    cJSON_Delete(json);
    return status;
}
