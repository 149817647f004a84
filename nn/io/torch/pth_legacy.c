// SPDX-License-Identifier: MIT
// Reads PyTorch's .pth and .pt up to version 1.5, and later ones without a zip container: five
// pickles of protocol 1 to 5 (magic number, protocol, platform, object, keys of the storages), then
// each storage as its count and elements. Layout: torch/serialization.py, _legacy_load.
#include "nn/base/memory.h"
#include "nn/io/format.h"
#include "nn/io/torch/pth_tensors.h"

#include <stdlib.h>
#include <string.h>

// The first pickle: 0x1950a86a20f9469cfc6c as a long of 10 bytes, behind the protocol and, since
// protocol 4, the length of a frame. Up to protocol 1 it is written in decimal digits.
static const uint8_t magic[] = {0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9,
                                0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e};
static const char decimal_magic[] = "L119547037146038801333356L\n.";
enum { PROTOCOL_BYTES = 2, FRAME_BYTES = 9, COUNT_BYTES = 8 };

typedef struct stored {
    const nn_pickle_value *storage;
    const uint8_t *bytes; // NULL until it is found
    size_t size;
} stored;

typedef struct stream {
    const uint8_t *bytes;
    size_t size, at;
    stored *storages; // sorted by key, each key once
    size_t count;
} stream;

// Length of the first pickle; 0 when the file does not begin with it.
static size_t magic_length(const uint8_t *bytes, size_t size)
{
    const size_t decimal = sizeof decimal_magic - 1;
    if (size >= decimal && memcmp(bytes, decimal_magic, decimal) == 0)
        return decimal;
    if (size < PROTOCOL_BYTES + FRAME_BYTES || bytes[0] != 0x80)
        return 0;
    const size_t head = PROTOCOL_BYTES + (bytes[PROTOCOL_BYTES] == 0x95 ? FRAME_BYTES : 0);
    const bool found =
        size >= head + sizeof magic && memcmp(bytes + head, magic, sizeof magic) == 0;
    return found ? head + sizeof magic : 0;
}

static bool probe_legacy(const uint8_t *bytes, size_t size)
{
    return magic_length(bytes, size) > 0;
}

static nn_status read_pickle(stream *s, nn_pickle **out, nn_error *err)
{
    size_t used;
    nn_status status = nn_pickle_read(out, s->bytes + s->at, s->size - s->at, &used, err);
    if (status == NN_OK)
        s->at += used;
    return status;
}

static nn_status skip_pickle(stream *s, nn_error *err)
{
    nn_pickle *p;
    nn_status status = read_pickle(s, &p, err);
    if (status == NN_OK)
        nn_pickle_free(p);
    return status;
}

static int compare_stored(const void *a, const void *b)
{
    const stored *x = a, *y = b;
    return nn_pickle_compare_texts(x->storage->storage.key, y->storage->storage.key);
}

static nn_status list_storages(stream *s, const nn_pickle *pickle, nn_error *err)
{
    const nn_pickle_value **values;
    size_t n;
    nn_status status = nn_pickle_storages(pickle, &values, &n, err);
    if (status != NN_OK)
        return status;
    s->storages = nn_calloc(n, sizeof *s->storages);
    if (s->storages) {
        for (size_t i = 0; i < n; i++)
            s->storages[i].storage = values[i];
        if (n > 1)
            qsort(s->storages, n, sizeof *s->storages, compare_stored);
        for (size_t i = 0; i < n; i++)
            if (i == 0 || compare_stored(&s->storages[s->count - 1], &s->storages[i]) != 0)
                s->storages[s->count++] = s->storages[i];
    } else {
        status = nn_fail(err, NN_ENOMEM, "out of memory");
    }
    nn_free(values);
    return status;
}

static stored *find_stored(const stream *s, const nn_pickle_value *key)
{
    const nn_pickle_value named = {.storage.key = (nn_pickle_value *)key};
    const stored wanted = {.storage = &named};
    if (key->kind != NN_PICKLE_TEXT || s->count == 0)
        return NULL;
    return bsearch(&wanted, s->storages, s->count, sizeof *s->storages, compare_stored);
}

// The elements follow the pickles, in the order of the keys.
static nn_status locate_storages(stream *s, const nn_pickle_value *keys, nn_error *err)
{
    if (keys->kind != NN_PICKLE_LIST)
        return nn_fail(err, NN_EFORMAT, "no list of storages after the pickle");
    for (size_t i = 0; i < keys->list.count; i++) {
        stored *to = find_stored(s, keys->list.items[i]);
        if (!to)
            return nn_fail(err, NN_EFORMAT, "storage %zu belongs to no tensor", i);
        uint64_t count = 0;
        size_t each = nn_pickle_scalar_size(to->storage->storage.scalar), left = s->size - s->at;
        for (int k = COUNT_BYTES - 1; left >= COUNT_BYTES && k >= 0; k--)
            count = count << 8 | s->bytes[s->at + (size_t)k];
        if (left < COUNT_BYTES || count > (left - COUNT_BYTES) / each)
            return nn_fail(err, NN_EFORMAT, "storage %zu of %llu elements reaches behind the file",
                           i, (unsigned long long)count);
        to->bytes = s->bytes + s->at + COUNT_BYTES;
        to->size = (size_t)count * each;
        s->at += COUNT_BYTES + to->size;
    }
    return NN_OK;
}

static nn_status open_storage(void *state, const nn_pickle_value *key, const uint8_t **bytes,
                              size_t *size, nn_error *err)
{
    const stored *from = find_stored(state, key);
    if (!from || !from->bytes)
        return nn_fail(err, NN_EFORMAT, "the file does not hold its storage");
    *bytes = from->bytes;
    *size = from->size;
    return NN_OK;
}

static nn_status parse_legacy(nn_bundle *b, const uint8_t *bytes, size_t size, nn_error *err)
{
    stream s = {.bytes = bytes, .size = size, .at = magic_length(bytes, size)};
    nn_pickle *object = NULL, *keys = NULL;
    nn_status status = skip_pickle(&s, err); // protocol version
    if (status == NN_OK)
        status = skip_pickle(&s, err); // byte order and sizes of the machine that wrote it
    if (status == NN_OK)
        status = read_pickle(&s, &object, err);
    if (status == NN_OK)
        status = read_pickle(&s, &keys, err);
    if (status == NN_OK)
        status = list_storages(&s, object, err);
    if (status == NN_OK)
        status = locate_storages(&s, nn_pickle_root(keys), err);
    if (status == NN_OK)
        status = nn_pth_read_tensors(b, object, &(nn_pth_store){open_storage, &s}, size, err);
    nn_free(s.storages);
    nn_pickle_free(object);
    nn_pickle_free(keys);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "pth");
}

const nn_io_format nn_io_pth_legacy = {
    .name = "pth_legacy", .probe = probe_legacy, .parse = parse_legacy};
