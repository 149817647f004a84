// SPDX-License-Identifier: MIT
// Makes the tensors of a bundle from the pickle of a PyTorch file: finds their dict and names, and
// copies their elements by their strides.
#include "nn/io/torch/pth_tensors.h"

#include "nn/base/arith.h"
#include "nn/base/memory.h"
#include "nn/io/format.h"
#include "nn/io/json.h"

#include <stdlib.h>
#include <string.h>

// Tensors may share a storage, but all together are at most this many times the file.
enum { MAX_NESTING = 8, MAX_GROWTH = 16 };

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

static size_t count_tensors(const nn_pickle_value *v)
{
    size_t n = 0;
    for (size_t i = 0; v->kind == NN_PICKLE_DICT && i + 1 < v->list.count; i += 2)
        n += v->list.items[i + 1]->kind == NN_PICKLE_TENSOR;
    return n;
}

// The inner dict with the tensors of a trainer's checkpoint; averaged weights are preferred to the
// last ones.
static const nn_pickle_value *named_state(const nn_pickle_value *dict)
{
    static const char *const keys[] = {
        "state_dict_ema", "model_ema_state_dict", "model_ema", "ema_state_dict", "params_ema",
        "state_dict",     "model_state_dict",     "model",     "params"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const nn_pickle_value *inner = nn_pickle_get(dict, keys[i]);
        if (inner && inner->kind == NN_PICKLE_DICT)
            return inner;
    }
    return NULL;
}

// The inner dict with the most tensors, if it has more than `dict` itself.
static const nn_pickle_value *largest_state(const nn_pickle_value *dict)
{
    const nn_pickle_value *largest = NULL;
    size_t most = count_tensors(dict);
    for (size_t i = 0; dict->kind == NN_PICKLE_DICT && i + 1 < dict->list.count; i += 2) {
        const size_t n = count_tensors(dict->list.items[i + 1]);
        if (n > most) {
            most = n;
            largest = dict->list.items[i + 1];
        }
    }
    return largest;
}

static const nn_pickle_value *find_state(const nn_pickle_value *root)
{
    for (int depth = 0; depth < MAX_NESTING; depth++) {
        const nn_pickle_value *inner = named_state(root);
        if (!inner)
            inner = largest_state(root);
        if (!inner)
            break;
        root = inner;
    }
    return root;
}

static bool has_prefix(const nn_pickle_value *key, size_t skip, const char *prefix)
{
    const size_t n = strlen(prefix);
    return key->kind == NN_PICKLE_TEXT && key->text.length > skip + n &&
           memcmp(key->text.bytes + skip, prefix, n) == 0;
}

// DataParallel puts "module." before all names, torch.compile "_orig_mod."; one may be inside of
// the other. (Other prefixes are found from the names of the network, nn_params_source_of.)
static size_t common_prefix(const nn_pickle_value *state)
{
    static const char *const prefixes[] = {"module.", "_orig_mod."};
    enum { PREFIXES = sizeof prefixes / sizeof *prefixes };
    size_t skip = 0;
    for (int p = 0; p < 2 * PREFIXES; p++) {
        const char *prefix = prefixes[p % PREFIXES];
        size_t with = 0, without = 0;
        for (size_t i = 0; i + 1 < state->list.count; i += 2)
            if (state->list.items[i + 1]->kind == NN_PICKLE_TENSOR)
                *(has_prefix(state->list.items[i], skip, prefix) ? &with : &without) += 1;
        if (with && !without)
            skip += strlen(prefix);
    }
    return skip;
}

static nn_status copy_name(char **out, const nn_pickle_value *key, size_t prefix, nn_error *err)
{
    size_t length = key->kind == NN_PICKLE_TEXT ? key->text.length - prefix : 0;
    if (length < 1 || length > NN_IO_MAX_NAME)
        return nn_fail(err, NN_EFORMAT, "a tensor has an unusable name");
    char *name = nn_alloc(length + 1);
    if (!name)
        return no_memory(err);
    memcpy(name, key->text.bytes + prefix, length);
    name[length] = '\0';
    if (strlen(name) != length || !nn_json_plain_text(name)) {
        nn_free(name);
        return nn_fail(err, NN_EFORMAT, "a tensor has an unusable name");
    }
    *out = name;
    return NN_OK;
}

// Puts names and shapes of all tensors into the bundle, and what to copy into `fetches`.
static nn_status list_tensors(nn_bundle *b, const nn_pickle_value *state, fetch *fetches,
                              nn_error *err)
{
    size_t prefix = common_prefix(state);
    for (size_t i = 0; i + 1 < state->list.count; i += 2) {
        const nn_pickle_value *value = state->list.items[i + 1];
        if (value->kind != NN_PICKLE_TENSOR)
            continue;
        nn_bundle_tensor *to = &b->tensors[b->count];
        nn_status status = copy_name(&to->name, state->list.items[i], prefix, err);
        if (status != NN_OK)
            return status;
        const nn_pickle_tensor *from = value->tensor;
        to->tensor.shape = from->shape;
        to->tensor.dtype = dtypes[from->storage->storage.scalar];
        fetches[b->count++] = (fetch){to, from, from->storage};
    }
    return NN_OK;
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

// `stranger` is the unknown class of an object in the file, or NULL.
static nn_status fail_empty(const char *stranger, nn_error *err)
{
    if (!stranger)
        return nn_fail(err, NN_EUNSUPPORTED, "the pickle holds no dict of tensors");
    return nn_fail(err, NN_EUNSUPPORTED,
                   "the pickle holds no dict of tensors but objects of '%s': save the model's "
                   "state_dict() instead of the model",
                   stranger);
}

nn_status nn_pth_read_tensors(nn_bundle *b, const nn_pickle *pickle, const nn_pth_store *store,
                              size_t file_size, nn_error *err)
{
    const nn_pickle_value *root = nn_pickle_root(pickle);
    const char *stranger = nn_pickle_stranger(pickle);
    const nn_pickle_value *state = find_state(root);
    if (state->kind != NN_PICKLE_DICT || count_tensors(state) == 0)
        return fail_empty(stranger, err);
    size_t count = state->list.count / 2;
    fetch *fetches = nn_calloc(count, sizeof *fetches);
    b->tensors = nn_calloc(count, sizeof *b->tensors);
    nn_status status =
        fetches && b->tensors ? list_tensors(b, state, fetches, err) : no_memory(err);
    if (status == NN_OK)
        status = allocate(b, file_size, err);
    if (status == NN_OK)
        status = fetch_tensors(store, fetches, b->count, err);
    nn_free(fetches);
    return status;
}
