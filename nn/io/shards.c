// SPDX-License-Identifier: MIT
// Reads tensors of several files beside an index. Format: huggingface.co/docs/safetensors, "Sharded
// files"; transformers writes the same for files of PyTorch.
#include "nn/io/shards.h"

#include "nn/base/memory.h"
#include "nn/io/file.h"
#include "nn/io/format.h"
#include "nn/io/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct shards {
    nn_bundle *whole; // its parts are the files
    const char *names[NN_MAX_SHARDS];
    nn_shard_open *open;
    void *ctx;
} shards;

static bool is_index(const char *path)
{
    static const char *const endings[] = {".safetensors.index.json", ".bin.index.json"};
    const size_t length = strlen(path);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        const size_t n = strlen(endings[i]);
        if (length >= n && strcmp(path + length - n, endings[i]) == 0)
            return true;
    }
    return false;
}

bool nn_shards_in_folder(const char *folder, char *path, size_t size)
{
    static const char *const names[] = {"model.safetensors.index.json", "model.safetensors",
                                        "pytorch_model.bin.index.json"};
    struct stat st;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if ((size_t)snprintf(path, size, "%s/%s", folder, names[i]) < size &&
            stat(path, &st) == 0 && S_ISREG(st.st_mode))
            return true;
    return false;
}

static nn_status open_part(shards *s, const char *name, nn_error *err)
{
    nn_bundle *whole = s->whole;
    if (!nn_file_is_inside(name))
        return nn_fail(err, NN_EFORMAT, "'%.80s' is no file in the folder of the index",
                       nn_json_plain_text(name) ? name : "?");
    if (whole->part_count == NN_MAX_SHARDS)
        return nn_fail(err, NN_EUNSUPPORTED, "over %d files", NN_MAX_SHARDS);
    nn_bundle b;
    const nn_status status = s->open(s->ctx, name, &b, err);
    if (status == NN_OK) {
        s->names[whole->part_count] = name;
        whole->parts[whole->part_count++] = b;
    }
    return status == NN_ENOTFOUND
               ? nn_fail_prefix(err, status, "a file that the index names is missing")
               : status;
}

// The number of the file with this name, opened at first sight. Neighbours often share a file.
static nn_status find_part(shards *s, const char *name, int *part, nn_error *err)
{
    if (*part < s->whole->part_count && strcmp(s->names[*part], name) == 0)
        return NN_OK;
    for (*part = 0; *part < s->whole->part_count; ++*part)
        if (strcmp(s->names[*part], name) == 0)
            return NN_OK;
    return open_part(s, name, err);
}

// Each tensor must be in the file that the index says.
static nn_status read_map(shards *s, const cJSON *map, nn_error *err)
{
    const cJSON *item;
    int part = 0;
    cJSON_ArrayForEach(item, map)
    {
        const char *name = item->string;
        if (strlen(name) > NN_IO_MAX_NAME || !nn_json_plain_text(name))
            return nn_fail(err, NN_EFORMAT, "a tensor has an unusable name");
        if (!cJSON_IsString(item))
            return nn_fail(err, NN_EFORMAT, "tensor '%s': its file has no name", name);
        const nn_status status = find_part(s, item->valuestring, &part, err);
        if (status != NN_OK)
            return status;
        if (!nn_bundle_find(&s->whole->parts[part], name))
            return nn_fail(err, NN_EFORMAT, "tensor '%s' is not in '%s', where the index says",
                           name, item->valuestring);
    }
    return s->whole->part_count > 0 ? NN_OK : nn_fail(err, NN_EFORMAT, "the index names no tensor");
}

static nn_status check_unique(const shards *s, int part, const char *name, nn_error *err)
{
    for (int i = 0; i < part; i++)
        if (nn_bundle_find(&s->whole->parts[i], name))
            return nn_fail(err, NN_EFORMAT, "tensor '%s' is in two files, '%s' and '%s'", name,
                           s->names[i], s->names[part]);
    return NN_OK;
}

// The data stay with the parts.
static nn_status copy_tensors(const shards *s, nn_error *err)
{
    nn_bundle *b = s->whole;
    size_t count = 0;
    for (int i = 0; i < b->part_count; i++)
        count += (size_t)b->parts[i].count;
    if (count > INT32_MAX)
        return nn_fail(err, NN_EUNSUPPORTED, "%zu tensors are too many", count);
    b->tensors = nn_calloc(count, sizeof *b->tensors);
    if (!b->tensors)
        return nn_fail(err, NN_ENOMEM, "out of memory");
    for (int i = 0; i < b->part_count; i++) {
        for (int k = 0; k < b->parts[i].count; k++) {
            const nn_bundle_tensor *t = &b->parts[i].tensors[k];
            const nn_status status = check_unique(s, i, t->name, err);
            char *name = status == NN_OK ? nn_strdup(t->name) : NULL;
            if (!name)
                return status != NN_OK ? status : nn_fail(err, NN_ENOMEM, "out of memory");
            b->tensors[b->count++] = (nn_bundle_tensor){name, t->tensor};
        }
    }
    return NN_OK;
}

static void take_metadata(nn_bundle *b)
{
    nn_bundle *first = &b->parts[0];
    b->meta = first->meta;
    b->meta_count = first->meta_count;
    first->meta = NULL;
    first->meta_count = 0;
}

nn_status nn_shards_parse(nn_bundle *b, const void *index, size_t size, nn_shard_open *open,
                          void *ctx, nn_error *err)
{
    shards s = {.whole = b, .open = open, .ctx = ctx};
    cJSON *root = NULL;
    b->parts = nn_calloc(NN_MAX_SHARDS, sizeof *b->parts);
    nn_status status = b->parts ? nn_json_parse(&root, index, size, err)
                                : nn_fail(err, NN_ENOMEM, "out of memory");
    const cJSON *map = cJSON_GetObjectItemCaseSensitive(root, "weight_map");
    if (status == NN_OK && !cJSON_IsObject(map))
        status = nn_fail(err, NN_EFORMAT, "no \"weight_map\", which says where the tensors are");
    if (status == NN_OK)
        status = read_map(&s, map, err);
    if (status == NN_OK)
        status = copy_tensors(&s, err);
    if (status == NN_OK)
        status = nn_bundle_sort(b, err);
    if (status == NN_OK)
        take_metadata(b);
    cJSON_Delete(root);
    return status;
}

static nn_status open_beside(void *ctx, const char *name, nn_bundle *b, nn_error *err)
{
    const char *index = ctx, *slash = strrchr(index, '/');
    const int folder = slash ? (int)(slash - index) + 1 : 0;
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%.*s%s", folder, index, name) >= sizeof path)
        return nn_fail(err, NN_EIO, "the path of '%.80s' is too long", name);
    return nn_bundle_load_file(b, path, err);
}

static nn_status load_index(nn_bundle *b, const char *path, nn_error *err)
{
    nn_file file;
    *b = (nn_bundle){0};
    nn_status status = nn_file_map(&file, path, err);
    if (status != NN_OK)
        return status;
    status =
        nn_shards_parse(b, file.bytes ? file.bytes : "", file.size, open_beside, (void *)path, err);
    nn_file_unmap(&file);
    if (status == NN_OK)
        return NN_OK;
    nn_bundle_release(b);
    return nn_fail_prefix(err, status, "%s", path);
}

nn_status nn_bundle_load(nn_bundle *b, const char *path, nn_error *err)
{
    char inside[4096];
    if (nn_shards_in_folder(path, inside, sizeof inside))
        path = inside;
    return is_index(path) ? load_index(b, path, err) : nn_bundle_load_file(b, path, err);
}
