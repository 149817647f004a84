// SPDX-License-Identifier: MIT
// Loads a tensor file of any known format: recognises it by content, then makes the checks that all
// formats need.
#include "nn/io/io.h"

#include "nn/base/memory.h"
#include "nn/io/file.h"
#include "nn/io/foreign.h"
#include "nn/io/format.h"

#include <stdlib.h>
#include <string.h>

#define NN_IO(word) extern const nn_io_format nn_io_##word;
#include "nn/io/formats.inc"
#undef NN_IO

#define NN_IO(word) &nn_io_##word,
static const nn_io_format *const formats[] = {
#include "nn/io/formats.inc"
};
#undef NN_IO

const nn_io_format *nn_io_format_at(int i)
{
    return i >= 0 && (size_t)i < sizeof formats / sizeof *formats ? formats[i] : NULL;
}

static int compare_names(const void *a, const void *b)
{
    const nn_bundle_tensor *x = a, *y = b;
    return strcmp(x->name, y->name);
}

nn_status nn_bundle_sort(nn_bundle *b, nn_error *err)
{
    if (b->count > 1)
        qsort(b->tensors, (size_t)b->count, sizeof *b->tensors, compare_names);
    for (int i = 1; i < b->count; i++)
        if (strcmp(b->tensors[i - 1].name, b->tensors[i].name) == 0)
            return nn_fail(err, NN_EFORMAT, "tensor '%s' is there twice", b->tensors[i].name);
    return NN_OK;
}

static bool is_aligned(const nn_tensor *t)
{
    return (uintptr_t)t->data % nn_dtype_size(t->dtype) == 0;
}

// Copies tensors that are not aligned in the file, because they are read through typed pointers.
static nn_status realign(nn_bundle *b, nn_error *err)
{
    size_t total = 0;
    for (int i = 0; i < b->count; i++)
        if (!is_aligned(&b->tensors[i].tensor))
            total += (nn_tensor_bytes(&b->tensors[i].tensor) + 7) / 8 * 8;
    if (total == 0)
        return NN_OK;
    char *to = b->aligned = nn_alloc(total);
    if (!to)
        return nn_fail(err, NN_ENOMEM, "out of memory");
    for (int i = 0; i < b->count; i++) {
        nn_tensor *t = &b->tensors[i].tensor;
        if (is_aligned(t))
            continue;
        size_t bytes = nn_tensor_bytes(t);
        memcpy(to, t->data, bytes);
        t->data = to;
        to += (bytes + 7) / 8 * 8;
    }
    return NN_OK;
}

static nn_status parse_into(nn_bundle *b, const void *bytes, size_t size, nn_error *err)
{
    if (size == 0)
        return nn_fail(err, NN_EFORMAT, "the file is empty");
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (!formats[i]->probe(bytes, size))
            continue;
        nn_status status = formats[i]->parse(b, bytes, size, err);
        if (status == NN_OK)
            status = nn_bundle_sort(b, err);
        if (status == NN_OK)
            status = realign(b, err);
        return status;
    }
    return nn_fail(
        err, NN_EFORMAT,
        "not a file of a known format: safetensors, PyTorch, Keras' HDF5; for whole networks "
        "ONNX, ncnn (.param beside .bin) and Darknet (.cfg beside .weights)");
}

nn_status nn_bundle_parse(nn_bundle *b, const void *bytes, size_t size, nn_error *err)
{
    *b = (nn_bundle){0};
    nn_status status = parse_into(b, bytes, size, err);
    if (status != NN_OK)
        nn_bundle_release(b);
    return status;
}

nn_status nn_bundle_load_file(nn_bundle *b, const char *path, nn_error *err)
{
    *b = (nn_bundle){0};
    nn_file file;
    nn_status status = nn_foreign_check(path, err);
    if (status == NN_OK)
        status = nn_file_map(&file, path, err);
    if (status != NN_OK)
        return status;
    b->map = (void *)file.bytes;
    b->map_bytes = file.size;
    status = parse_into(b, file.bytes, file.size, err);
    if (status != NN_OK) {
        nn_bundle_release(b);
        nn_fail_prefix(err, status, "%s", path);
    }
    return status;
}

void nn_bundle_release(nn_bundle *b)
{
    for (int i = 0; i < b->count; i++)
        nn_free(b->tensors[i].name);
    for (int i = 0; i < 2 * b->meta_count; i++)
        nn_free(b->meta[i]);
    nn_free(b->tensors);
    nn_free(b->meta);
    nn_free(b->aligned);
    for (int i = 0; i < b->part_count; i++)
        nn_bundle_release(&b->parts[i]);
    nn_free(b->parts);
    nn_file_unmap(&(nn_file){b->map, b->map_bytes});
    *b = (nn_bundle){0};
}

const nn_tensor *nn_bundle_find(const nn_bundle *b, const char *name)
{
    if (b->count == 0)
        return NULL;
    const nn_bundle_tensor key = {.name = (char *)name};
    const nn_bundle_tensor *t =
        bsearch(&key, b->tensors, (size_t)b->count, sizeof *b->tensors, compare_names);
    return t ? &t->tensor : NULL;
}

const char *nn_bundle_meta(const nn_bundle *b, const char *key)
{
    for (int i = 0; i < b->meta_count; i++)
        if (strcmp(b->meta[2 * i], key) == 0)
            return b->meta[2 * i + 1];
    return NULL;
}
