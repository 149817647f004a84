// SPDX-License-Identifier: MIT
// Reads safetensors: 8 bytes header length (little endian), a JSON header, the tensors' bytes.
// Format: github.com/huggingface/safetensors, README section "Format".
#include "nn/base/memory.h"
#include "nn/io/format.h"
#include "nn/io/json.h"
#include "nn/io/save_format.h"

#include <stdlib.h>
#include <string.h>

enum { LENGTH_BYTES = 8 };

static uint64_t read_length(const uint8_t *bytes)
{
    uint64_t v = 0;
    for (int i = LENGTH_BYTES - 1; i >= 0; i--)
        v = v << 8 | bytes[i];
    return v;
}

static bool probe_safetensors(const uint8_t *bytes, size_t size)
{
    return size > LENGTH_BYTES && bytes[LENGTH_BYTES] == '{';
}

static nn_status read_dtype(const cJSON *entry, const char *name, nn_dtype *out, nn_error *err)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(entry, "dtype");
    if (!cJSON_IsString(item))
        return nn_fail(err, NN_EFORMAT, "tensor '%s': no dtype", name);
    for (int d = 0; d < NN_DTYPE_COUNT; d++) {
        if (strcmp(item->valuestring, nn_dtype_name((nn_dtype)d)) == 0) {
            *out = (nn_dtype)d;
            return NN_OK;
        }
    }
    if (!nn_json_plain_text(item->valuestring))
        return nn_fail(err, NN_EFORMAT, "tensor '%s': damaged dtype", name);
    return nn_fail(err, NN_EUNSUPPORTED, "tensor '%s': dtype %.16s is not supported", name,
                   item->valuestring);
}

static nn_status read_shape(const cJSON *entry, const char *name, nn_tensor *t, nn_error *err)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(entry, "shape"), *item;
    if (!cJSON_IsArray(list))
        return nn_fail(err, NN_EFORMAT, "tensor '%s': no shape", name);
    t->shape = (nn_shape){0};
    cJSON_ArrayForEach(item, list)
    {
        if (t->shape.rank == NN_MAX_RANK)
            return nn_fail(err, NN_EUNSUPPORTED, "tensor '%s': more than %d dims", name,
                           NN_MAX_RANK);
        if (!nn_json_size(item, &t->shape.dim[t->shape.rank++]))
            return nn_fail(err, NN_EFORMAT, "tensor '%s': a dim is not a whole number >= 0", name);
    }
    // Without zeros: the product of an empty tensor's other dimensions must not overflow either.
    nn_shape filled = t->shape;
    for (int i = 0; i < filled.rank; i++)
        filled.dim[i] += filled.dim[i] == 0;
    nn_status status = nn_shape_check(&filled, t->dtype, err);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "tensor '%s'", name);
}

static nn_status read_place(const cJSON *entry, const char *name, nn_tensor *t, const uint8_t *data,
                            size_t data_size, nn_error *err)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(entry, "data_offsets");
    const cJSON *first = cJSON_IsArray(list) ? list->child : NULL;
    int64_t begin, end;
    if (!first || !first->next || first->next->next || !nn_json_size(first, &begin) ||
        !nn_json_size(first->next, &end) || begin > end)
        return nn_fail(err, NN_EFORMAT, "tensor '%s': no valid data_offsets", name);
    if ((uint64_t)end > data_size)
        return nn_fail(err, NN_EFORMAT,
                       "tensor '%s': bytes %lld to %lld are outside of the file's %zu", name,
                       (long long)begin, (long long)end, data_size);
    if ((uint64_t)(end - begin) != nn_tensor_bytes(t)) {
        char shape[96];
        return nn_fail(err, NN_EFORMAT, "tensor '%s': %lld bytes for %s of %s", name,
                       (long long)(end - begin), nn_shape_text(&t->shape, shape, sizeof shape),
                       nn_dtype_name(t->dtype));
    }
    t->data = (void *)(data + begin);
    return NN_OK;
}

static nn_status read_tensor(nn_bundle *b, const cJSON *entry, const uint8_t *data,
                             size_t data_size, nn_error *err)
{
    const char *name = entry->string;
    if (!*name || strlen(name) > NN_IO_MAX_NAME || !nn_json_plain_text(name))
        return nn_fail(err, NN_EFORMAT, "tensor %d has an unusable name", b->count);
    if (!cJSON_IsObject(entry))
        return nn_fail(err, NN_EFORMAT, "tensor '%s': not an object", name);
    nn_tensor t;
    nn_status status = read_dtype(entry, name, &t.dtype, err);
    if (status == NN_OK)
        status = read_shape(entry, name, &t, err);
    if (status == NN_OK)
        status = read_place(entry, name, &t, data, data_size, err);
    if (status != NN_OK)
        return status;
    char *copy = nn_strdup(name);
    if (!copy)
        return nn_fail(err, NN_ENOMEM, "out of memory");
    b->tensors[b->count++] = (nn_bundle_tensor){copy, t};
    return NN_OK;
}

static nn_status read_metadata(nn_bundle *b, const cJSON *object, nn_error *err)
{
    if (!cJSON_IsObject(object) || b->meta)
        return nn_fail(err, NN_EFORMAT, "__metadata__ is not one object");
    b->meta = nn_calloc((size_t)cJSON_GetArraySize(object), 2 * sizeof *b->meta);
    if (!b->meta)
        return nn_fail(err, NN_ENOMEM, "out of memory");
    const cJSON *item;
    cJSON_ArrayForEach(item, object)
    {
        if (!cJSON_IsString(item))
            return nn_fail(err, NN_EFORMAT, "__metadata__ holds more than strings");
        char **pair = &b->meta[2 * b->meta_count++];
        pair[0] = nn_strdup(item->string);
        pair[1] = nn_strdup(item->valuestring);
        if (!pair[0] || !pair[1])
            return nn_fail(err, NN_ENOMEM, "out of memory");
    }
    return NN_OK;
}

// Empty tensors come before the tensor at the same position.
static int compare_places(const void *a, const void *b)
{
    const nn_bundle_tensor *x = a, *y = b;
    if (x->tensor.data != y->tensor.data)
        return x->tensor.data < y->tensor.data ? -1 : 1;
    size_t m = nn_tensor_bytes(&x->tensor), n = nn_tensor_bytes(&y->tensor);
    return (m > n) - (m < n);
}

// The format requires that the tensors cover the data without overlap and without holes.
static nn_status check_cover(nn_bundle *b, const uint8_t *data, size_t data_size, nn_error *err)
{
    if (b->count > 1)
        qsort(b->tensors, (size_t)b->count, sizeof *b->tensors, compare_places);
    const uint8_t *at = data;
    for (int i = 0; i < b->count; i++) {
        const nn_bundle_tensor *t = &b->tensors[i];
        if ((const uint8_t *)t->tensor.data != at)
            return nn_fail(err, NN_EFORMAT, "tensor '%s': %s the bytes before it", t->name,
                           (const uint8_t *)t->tensor.data < at ? "overlaps" : "leaves a hole in");
        at += nn_tensor_bytes(&t->tensor);
    }
    if (at != data + data_size)
        return nn_fail(err, NN_EFORMAT, "%zu bytes at the end belong to no tensor",
                       (size_t)(data + data_size - at));
    return NN_OK;
}

static nn_status read_header(nn_bundle *b, const cJSON *root, const uint8_t *data, size_t data_size,
                             nn_error *err)
{
    b->tensors = nn_calloc((size_t)cJSON_GetArraySize(root), sizeof *b->tensors);
    if (!b->tensors)
        return nn_fail(err, NN_ENOMEM, "out of memory");
    const cJSON *item;
    cJSON_ArrayForEach(item, root)
    {
        nn_status status = strcmp(item->string, "__metadata__") == 0
                               ? read_metadata(b, item, err)
                               : read_tensor(b, item, data, data_size, err);
        if (status != NN_OK)
            return status;
    }
    return check_cover(b, data, data_size, err);
}

static nn_status parse_safetensors(nn_bundle *b, const uint8_t *bytes, size_t size, nn_error *err)
{
    uint64_t length = read_length(bytes);
    if (length > size - LENGTH_BYTES)
        return nn_fail(err, NN_EFORMAT, "safetensors header of %llu bytes in a file of %zu",
                       (unsigned long long)length, size);
    cJSON *root;
    const char *header = (const char *)bytes + LENGTH_BYTES;
    nn_status status = nn_json_parse(&root, header, (size_t)length, err);
    if (status == NN_OK)
        status = read_header(b, root, (const uint8_t *)header + length,
                             size - LENGTH_BYTES - (size_t)length, err);
    cJSON_Delete(root);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "safetensors");
}

static nn_status save(const nn_model *m, const char *path, const nn_save_options *o, nn_error *err)
{
    return nn_model_save(m, path, o->half, err);
}

static const nn_save_format format_save = {.name = "safetensors",
                                           .endings = {".safetensors"},
                                           .half = true,
                                           .tensors = nn_bundle_save,
                                           .save = save};

const nn_io_format nn_io_safetensors = {.name = "safetensors",
                                        .probe = probe_safetensors,
                                        .parse = parse_safetensors,
                                        .save = &format_save};
