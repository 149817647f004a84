// SPDX-License-Identifier: MIT
// Makes the tensors of a bundle from the pickle of a PyTorch file: copies their elements by their
// strides.
#include "nn/io/torch/pth_tensors.h"

#include "nn/base/arith.h"
#include "nn/base/memory.h"
#include "nn/io/torch/pth_state.h"

#include <stdlib.h>
#include <string.h>

// Tensors may share a storage, but all together are at most this many times the file.
enum { MAX_GROWTH = 16 };

// Our type for each type of PyTorch.
static const nn_dtype dtypes[NN_PICKLE_SCALAR_COUNT] = {
    [NN_PICKLE_F32] = NN_F32,   [NN_PICKLE_F64] = NN_F32, [NN_PICKLE_F16] = NN_F16,
    [NN_PICKLE_BF16] = NN_BF16, [NN_PICKLE_I64] = NN_I64, [NN_PICKLE_I32] = NN_I32,
    [NN_PICKLE_I16] = NN_I32,   [NN_PICKLE_I8] = NN_I32,  [NN_PICKLE_U8] = NN_U8,
    [NN_PICKLE_BOOL] = NN_U8,
};

// A tensor to copy: its place in the bundle and in its storage.
typedef struct fetch {
    nn_bundle_tensor *to;
    const nn_pickle_tensor *from;
    const nn_pickle_value *storage;
} fetch;

static nn_status no_memory(nn_error *err)
{
    return nn_fail(err, NN_ENOMEM, "out of memory");
}

// Puts names and shapes of all tensors into the bundle, and what to copy into `fetches`.
static void list_tensors(nn_bundle *b, nn_pth_state *state, fetch *fetches)
{
    for (size_t i = 0; i < state->count; i++) {
        nn_bundle_tensor *to = &b->tensors[b->count];
        const nn_pickle_tensor *from = state->entries[i].tensor;
        to->name = state->entries[i].name;
        state->entries[i].name = NULL;
        to->tensor.shape = from->shape;
        to->tensor.dtype = dtypes[from->storage->storage.scalar];
        fetches[b->count++] = (fetch){to, from, from->storage};
    }
}

static size_t padded_bytes(const nn_tensor *t)
{
    return nn_align_up(nn_tensor_bytes(t));
}

static nn_status allocate(nn_bundle *b, size_t file_size, nn_error *err)
{
    size_t total = 0, padded = 0;
    for (int i = 0; i < b->count; i++) {
        // Each size was checked against half the address space; the limit bounds their sum.
        total += nn_tensor_bytes(&b->tensors[i].tensor);
        padded += padded_bytes(&b->tensors[i].tensor);
        if (total / MAX_GROWTH > file_size)
            return nn_fail(err, NN_EFORMAT,
                           "tensor '%s': with those before it over %d times the %zu bytes of the "
                           "file",
                           b->tensors[i].name, MAX_GROWTH, file_size);
    }
    char *to = b->aligned = nn_alloc(padded);
    if (!to)
        return no_memory(err);
    for (int i = 0; i < b->count; i++) {
        b->tensors[i].tensor.data = to;
        to += padded_bytes(&b->tensors[i].tensor);
    }
    return NN_OK;
}

// Fetches of the same storage come together.
static int compare_storages(const void *a, const void *b)
{
    const fetch *x = a, *y = b;
    return nn_pickle_compare_texts(x->storage->storage.key, y->storage->storage.key);
}

// Copies one element of `scalar`, converted when the engine has no such type.
static void copy_element(nn_pickle_scalar scalar, uint8_t *to, const uint8_t *from)
{
    double wide;
    int16_t narrow;
    switch (scalar) {
    case NN_PICKLE_F64:
        memcpy(&wide, from, sizeof wide);
        memcpy(to, &(float){(float)wide}, sizeof(float));
        break;
    case NN_PICKLE_I16:
        memcpy(&narrow, from, sizeof narrow);
        memcpy(to, &(int32_t){narrow}, sizeof(int32_t));
        break;
    case NN_PICKLE_I8:
        memcpy(to, &(int32_t){(int8_t)*from}, sizeof(int32_t));
        break;
    default:
        memcpy(to, from, nn_pickle_scalar_size(scalar));
    }
}

static bool is_dense(const nn_pickle_tensor *t)
{
    int64_t step = 1;
    for (int i = t->shape.rank - 1; i >= 0; i--) {
        if (t->shape.dim[i] != 1 && t->stride[i] != step)
            return false;
        step *= t->shape.dim[i];
    }
    return true;
}

static void copy_elements(const fetch *f, const uint8_t *storage)
{
    const nn_pickle_tensor *t = f->from;
    const nn_pickle_scalar scalar = f->storage->storage.scalar;
    const size_t in = nn_pickle_scalar_size(scalar), out = nn_dtype_size(dtypes[scalar]);
    const int64_t count = nn_shape_count(&t->shape);
    uint8_t *to = f->to->tensor.data;
    if (count == 0)
        return;
    if (is_dense(t) && in == out) {
        memcpy(to, storage + (size_t)t->offset * in, (size_t)count * in);
        return;
    }
    int64_t index[NN_MAX_RANK] = {0}, at = t->offset;
    for (int64_t i = 0; i < count; i++, to += out) {
        copy_element(scalar, to, storage + (size_t)at * in);
        for (int k = t->shape.rank - 1; k >= 0; k--) { // the next element
            at += t->stride[k];
            if (++index[k] < t->shape.dim[k])
                break;
            at -= t->stride[k] * index[k];
            index[k] = 0;
        }
    }
}

static nn_status fetch_tensors(const nn_pth_store *store, fetch *fetches, int count, nn_error *err)
{
    if (count > 1)
        qsort(fetches, (size_t)count, sizeof *fetches, compare_storages);
    const uint8_t *bytes = NULL;
    size_t size = 0;
    nn_status status = NN_OK;
    for (int i = 0; i < count && status == NN_OK; i++) {
        const nn_pickle_value *s = fetches[i].storage;
        if (i == 0 || compare_storages(&fetches[i - 1], &fetches[i]) != 0)
            status = store->open(store->state, s->storage.key, &bytes, &size, err);
        const size_t each = nn_pickle_scalar_size(s->storage.scalar);
        if (status == NN_OK && ((uint64_t)s->storage.count != size / each || size % each))
            status = nn_fail(err, NN_EFORMAT, "%zu bytes for a storage of %lld times %zu", size,
                             (long long)s->storage.count, each);
        if (status == NN_OK)
            copy_elements(&fetches[i], bytes);
        else
            nn_fail_prefix(err, status, "tensor '%s'", fetches[i].to->name);
    }
    return status;
}

nn_status nn_pth_read_tensors(nn_bundle *b, const nn_pickle *pickle, const nn_pth_store *store,
                              size_t file_size, nn_error *err)
{
    nn_pth_state state = {0};
    fetch *fetches = NULL;
    nn_status status = nn_pth_state_find(&state, pickle, err);
    if (status == NN_OK && state.count > INT32_MAX)
        status = nn_fail(err, NN_EFORMAT, "%zu tensors are too many", state.count);
    if (status == NN_OK) {
        fetches = nn_calloc(state.count, sizeof *fetches);
        b->tensors = nn_calloc(state.count, sizeof *b->tensors);
        status = fetches && b->tensors ? NN_OK : no_memory(err);
    }
    if (status == NN_OK) {
        list_tensors(b, &state, fetches);
        status = allocate(b, file_size, err);
    }
    if (status == NN_OK)
        status = fetch_tensors(store, fetches, b->count, err);
    nn_free(fetches);
    nn_pth_state_release(&state);
    return status;
}
