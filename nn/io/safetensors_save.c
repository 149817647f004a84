// SPDX-License-Identifier: MIT
// Writes safetensors: widest elements first, so that every tensor is aligned in the mapped file.
#include "nn/base/memory.h"
#include "nn/io/file.h"
#include "nn/io/io.h"
#include "nn/io/json.h"
#include "nn/io/save_format.h"

#include <string.h>

static cJSON *make_entry(const nn_tensor *t, size_t begin, size_t end)
{
    cJSON *entry = cJSON_CreateObject();
    cJSON_AddStringToObject(entry, "dtype", nn_dtype_name(t->dtype));
    cJSON *shape = cJSON_AddArrayToObject(entry, "shape");
    for (int i = 0; i < t->shape.rank; i++)
        cJSON_AddItemToArray(shape, cJSON_CreateNumber((double)t->shape.dim[i]));
    cJSON *place = cJSON_AddArrayToObject(entry, "data_offsets");
    cJSON_AddItemToArray(place, cJSON_CreateNumber((double)begin));
    cJSON_AddItemToArray(place, cJSON_CreateNumber((double)end));
    // A failed step leaves one of the lists incomplete.
    if (cJSON_GetArraySize(entry) == 3 && cJSON_GetArraySize(shape) == t->shape.rank &&
        cJSON_GetArraySize(place) == 2)
        return entry;
    cJSON_Delete(entry);
    return NULL;
}

static cJSON *make_meta(const char *const *meta, int count)
{
    cJSON *object = cJSON_CreateObject();
    for (int i = 0; i < count; i++)
        if (!cJSON_AddStringToObject(object, meta[2 * i], meta[2 * i + 1])) {
            cJSON_Delete(object);
            return NULL;
        }
    return object;
}

// Adds `item` to `object`, which then owns it; on failure frees `item` and returns false.
static bool attach(cJSON *object, const char *key, cJSON *item)
{
    bool done = item && cJSON_AddItemToObject(object, key, item);
    if (!done)
        cJSON_Delete(item);
    return done;
}

// The JSON header; parts[1 + i] become the bytes of the tensors in file order.
static cJSON *make_header(const char *const *names, const nn_tensor *tensors, int count,
                          const char *const *meta, int meta_count, nn_file_part *parts)
{
    cJSON *root = cJSON_CreateObject();
    if (!root || (meta_count > 0 && !attach(root, "__metadata__", make_meta(meta, meta_count))))
        goto fail;
    size_t at = 0;
    nn_file_part *part = parts + 1;
    for (size_t width = 8; width >= 1; width /= 2) {
        for (int i = 0; i < count; i++) {
            if (nn_dtype_size(tensors[i].dtype) != width)
                continue;
            size_t bytes = nn_tensor_bytes(&tensors[i]);
            if (!attach(root, names[i], make_entry(&tensors[i], at, at + bytes)))
                goto fail;
            *part++ = (nn_file_part){tensors[i].data, bytes};
            at += bytes;
        }
    }
    return root;
fail:
    cJSON_Delete(root);
    return NULL;
}

// Length, text, and spaces so that the data begin at a multiple of 8.
static nn_status print_header(const cJSON *root, nn_file_part *part, nn_error *err)
{
    char *text = nn_json_print(root);
    size_t length = text ? strlen(text) : 0, padded = (length + 7) / 8 * 8;
    char *bytes = text ? nn_alloc(8 + padded) : NULL;
    if (bytes) {
        for (int i = 0; i < 8; i++)
            bytes[i] = (char)((uint64_t)padded >> 8 * i & 0xff);
        memcpy(bytes + 8, text, length);
        memset(bytes + 8 + length, ' ', padded - length);
        *part = (nn_file_part){bytes, 8 + padded};
    }
    nn_free(text);
    return bytes ? NN_OK : nn_fail(err, NN_ENOMEM, "out of memory");
}

nn_status nn_bundle_save(const char *path, const char *const *names, const nn_tensor *tensors,
                         int count, const char *const *meta, int meta_count, nn_error *err)
{
    nn_status status = nn_save_check(names, tensors, count, meta, meta_count, err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "%s", path);
    nn_file_part *parts = nn_calloc((size_t)count + 1, sizeof *parts);
    if (!parts)
        return nn_fail(err, NN_ENOMEM, "%s: out of memory", path);
    cJSON *root = make_header(names, tensors, count, meta, meta_count, parts);
    status = root ? print_header(root, &parts[0], err) : nn_fail(err, NN_ENOMEM, "out of memory");
    cJSON_Delete(root);
    if (status != NN_OK)
        nn_fail_prefix(err, status, "%s", path);
    else
        status = nn_file_write(path, parts, count + 1, err);
    nn_free((void *)parts[0].bytes);
    nn_free(parts);
    return status;
}
