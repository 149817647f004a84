// SPDX-License-Identifier: MIT
// A tuning cache as a JSON file beside the model: which implementation each node takes on which
// machine.
#include "nn/io/tuning_cache.h"

#include "nn/base/memory.h"
#include "nn/io/file.h"
#include "nn/io/json.h"

#include <stdio.h>
#include <string.h>

char *nn_tuning_cache_path(const char *model)
{
    static const char end[] = ".tuned.json";
    size_t n = strlen(model);
    char *path = nn_alloc(n + sizeof end);
    if (path) {
        memcpy(path, model, n);
        memcpy(path + n, end, sizeof end);
    }
    return path;
}

static cJSON *to_json(const nn_tuning_cache *c)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "cpu", c->cpu);
    cJSON_AddNumberToObject(root, "threads", c->threads);
    cJSON_AddNumberToObject(root, "height", c->height);
    cJSON_AddNumberToObject(root, "width", c->width);
    cJSON_AddBoolToObject(root, "exact", c->exact);
    cJSON_AddBoolToObject(root, "half", c->half);
    cJSON_AddBoolToObject(root, "bf16", c->bf16);
    if (*c->precision)
        cJSON_AddStringToObject(root, "precision", c->precision);
    cJSON *nodes = cJSON_AddObjectToObject(root, "nodes");
    for (int i = 0; i < c->count; i++)
        if (!cJSON_AddStringToObject(nodes, c->list[i].node, c->list[i].impl)) {
            cJSON_Delete(root);
            return NULL;
        }
    return root;
}

nn_status nn_tuning_cache_save(const nn_tuning_cache *c, const char *path, nn_error *err)
{
    cJSON *root = to_json(c);
    char *text = root ? cJSON_Print(root) : NULL;
    cJSON_Delete(root);
    if (!text)
        return nn_fail(err, NN_ENOMEM, "%s: out of memory", path);
    nn_file_part part = {text, strlen(text)};
    nn_status status = nn_file_write(path, &part, 1, err);
    cJSON_free(text);
    return status;
}

static bool read_count(const cJSON *root, const char *key, int *out)
{
    int64_t value;
    if (!nn_json_size(cJSON_GetObjectItemCaseSensitive(root, key), &value) || value > 1 << 20)
        return false;
    *out = (int)value;
    return true;
}

static nn_status from_json(nn_tuning_cache *c, const cJSON *root, nn_error *err)
{
    const cJSON *cpu = cJSON_GetObjectItemCaseSensitive(root, "cpu"), *item;
    const cJSON *nodes = cJSON_GetObjectItemCaseSensitive(root, "nodes");
    if (!cJSON_IsString(cpu) || !cJSON_IsObject(nodes) ||
        !read_count(root, "threads", &c->threads) || !read_count(root, "height", &c->height) ||
        !read_count(root, "width", &c->width))
        return nn_fail(err, NN_EFORMAT, "no tuning: cpu, threads, height, width or nodes missing");
    snprintf(c->cpu, sizeof c->cpu, "%s", cpu->valuestring);
    c->exact = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(root, "exact"));
    c->half = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(root, "half"));
    c->bf16 = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(root, "bf16"));
    const cJSON *precision = cJSON_GetObjectItemCaseSensitive(root, "precision");
    snprintf(c->precision, sizeof c->precision, "%s",
             cJSON_IsString(precision) ? precision->valuestring : "");
    cJSON_ArrayForEach(item, nodes)
    {
        if (!cJSON_IsString(item))
            return nn_fail(err, NN_EFORMAT, "the choice of a node is not a text");
        nn_status status = nn_tuning_cache_add(c, item->string, item->valuestring, err);
        if (status)
            return status;
    }
    return NN_OK;
}

nn_status nn_tuning_cache_parse(nn_tuning_cache **out, const void *text, size_t size, nn_error *err)
{
    cJSON *root = NULL;
    nn_tuning_cache *c = nn_tuning_cache_new();
    *out = NULL;
    nn_status status =
        c ? nn_json_parse(&root, text, size, err) : nn_fail(err, NN_ENOMEM, "no memory for tuning");
    if (!status)
        status = from_json(c, root, err);
    cJSON_Delete(root);
    if (status)
        nn_tuning_cache_free(c);
    else
        *out = c;
    return status;
}

nn_status nn_tuning_cache_load(nn_tuning_cache **out, const char *path, nn_error *err)
{
    nn_file file;
    *out = NULL;
    nn_status status = nn_file_map(&file, path, err);
    if (status)
        return status;
    status = nn_tuning_cache_parse(out, file.bytes ? file.bytes : "", file.size, err);
    nn_file_unmap(&file);
    return status ? nn_fail_prefix(err, status, "%s", path) : NN_OK;
}

nn_status nn_tuning_cache_load_for(nn_tuning_cache **out, const char *model, nn_error *err)
{
    char *path = nn_tuning_cache_path(model);
    *out = NULL;
    if (!path)
        return nn_fail(err, NN_ENOMEM, "no memory for the name of a file");
    nn_status status = nn_tuning_cache_load(out, path, err);
    nn_free(path);
    if (status == NN_EFORMAT)
        return nn_fail_prefix(err, status, "remove it or tune again");
    return status == NN_ENOTFOUND ? NN_OK : status;
}
