// SPDX-License-Identifier: MIT
// Tensors of ONNX models that lie in files beside the model. Format: docs about external data of
// github.com/onnx/onnx.
#include "nn/io/onnx/onnx_external.h"

#include "nn/base/memory.h"
#include "nn/io/onnx/onnx_import_internal.h"
#include "onnx.pb-c.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *find_entry(const Onnx__TensorProto *t, const char *key)
{
    for (size_t i = 0; i < t->n_external_data; i++) {
        const Onnx__StringStringEntryProto *e = t->external_data[i];
        if (e->key && e->value && strcmp(e->key, key) == 0)
            return e->value;
    }
    return NULL;
}

// A number of bytes; false when the text is none.
static bool read_number(const char *text, size_t *out)
{
    char *end;
    errno = 0;
    if (!text || *text < '0' || *text > '9')
        return false;
    const unsigned long long v = strtoull(text, &end, 10);
    *out = (size_t)v;
    return *end == '\0' && errno == 0;
}

static nn_status open_file(nn_onnx_external *e, const char *name, nn_onnx_import *import,
                           const nn_file **out, nn_error *err)
{
    char path[4096];
    for (int i = 0; i < e->count; i++)
        if (strcmp(e->files[i].name, name) == 0) {
            *out = &e->files[i].file;
            return NN_OK;
        }
    if (!nn_file_is_inside(name))
        return nn_fail(err, NN_EFORMAT,
                       "its data lies in '%.80s', which is no file in the model's own folder",
                       name);
    if (e->count == NN_ONNX_MAX_FILES)
        return nn_fail(err, NN_EUNSUPPORTED, "over %d files of data", NN_ONNX_MAX_FILES);
    if ((size_t)snprintf(path, sizeof path, "%s/%s", e->folder, name) >= sizeof path)
        return nn_fail(err, NN_EIO, "the path of '%.80s' is too long", name);
    nn_file *file = &e->files[e->count].file;
    nn_status status = nn_file_map(file, path, err);
    if (status != NN_OK)
        return status;
    e->files[e->count++].name = nn_strdup(name);
    *out = file;
    if (!e->files[e->count - 1].name)
        return nn_fail(err, NN_ENOMEM, "out of memory");
    if (file->size < (SIZE_MAX - import->budget) / 4)
        import->budget += 4 * file->size;
    return NN_OK;
}

nn_status nn_onnx_external_find(nn_onnx_external *e, const Onnx__TensorProto *t,
                                Onnx__TensorProto *whole, nn_onnx_import *import, nn_error *err)
{
    const char *offset = find_entry(t, "offset"), *length = find_entry(t, "length");
    const char *name = find_entry(t, "location");
    const nn_file *file;
    size_t at = 0, size;
    *whole = *t;
    if (t->data_location != ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL || !e || !e->folder)
        return NN_OK; // without a folder nn_onnx_tensor_shape refuses it
    if (!name)
        return nn_fail(err, NN_EFORMAT, "its data lies in a file that has no name");
    while (strncmp(name, "./", 2) == 0)
        name += 2;
    nn_status status = open_file(e, name, import, &file, err);
    if (status != NN_OK)
        return status;
    if ((offset && !read_number(offset, &at)) || at > file->size)
        return nn_fail(err, NN_EFORMAT, "its offset '%.30s' is not in '%.80s' of %zu bytes", offset,
                       name, file->size);
    size = file->size - at;
    if (length && (!read_number(length, &size) || size > file->size - at))
        return nn_fail(err, NN_EFORMAT,
                       "its %.30s bytes from %zu on are not in '%.80s' of %zu bytes", length, at,
                       name, file->size);
    whole->has_raw_data = true;
    whole->raw_data.data = size > 0 ? (uint8_t *)file->bytes + at : NULL;
    whole->raw_data.len = size;
    whole->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__DEFAULT;
    whole->n_external_data = 0;
    return NN_OK;
}

void nn_onnx_external_release(nn_onnx_external *e)
{
    for (int i = 0; i < e->count; i++) {
        nn_file_unmap(&e->files[i].file);
        nn_free(e->files[i].name);
    }
    e->count = 0;
}
