// SPDX-License-Identifier: MIT
// Reads HDF5 attributes of strings and data sets of float32.
#include "nn/base/memory.h"
#include "nn/io/json.h"
#include "nn/io/keras/hdf5_file.h"

#include <string.h>

enum { MAX_NAME = 255, MAX_STRINGS = 4096, MAX_TEXT = 1 << 20, HEAP_REFERENCE = 16 };
enum { CLASS_STRING = 3, CLASS_VARIABLE = 9, NULL_SPACE = 2, LAYOUT_CONTIGUOUS = 1 };

typedef struct span {
    const uint8_t *p;
    size_t size;
} span;

// Takes `size` bytes and their padding to a multiple of `align`.
static bool take(span *from, size_t size, size_t align, span *out)
{
    size_t padded = (size + align - 1) / align * align;
    if (size > from->size)
        return false;
    *out = (span){from->p, size};
    padded = padded < from->size ? padded : from->size;
    *from = (span){from->p + padded, from->size - padded};
    return true;
}

static nn_status read_dataspace(span s, nn_shape *shape, bool *empty, nn_error *err)
{
    const int rank = s.size >= 4 ? s.p[1] : 0;
    const size_t head = s.size >= 4 && s.p[0] == 1 ? 8 : 4;
    if (s.size < head || s.p[0] < 1 || s.p[0] > 2 || s.size - head < 8 * (size_t)rank)
        return nn_fail(err, NN_EFORMAT, "a damaged shape");
    if (rank > NN_MAX_RANK)
        return nn_fail(err, NN_EUNSUPPORTED, "%d dims, at most %d", rank, NN_MAX_RANK);
    *shape = (nn_shape){.rank = rank};
    *empty = s.p[0] == 2 && s.p[3] == NULL_SPACE;
    for (int i = 0; i < rank; i++) {
        const uint64_t dim = nn_hdf5_number(s.p + head + 8 * i, 8);
        if (dim > INT32_MAX)
            return nn_fail(err, NN_EFORMAT, "a dim of %llu is not supported",
                           (unsigned long long)dim);
        shape->dim[i] = (int64_t)dim;
        *empty = *empty || dim == 0;
    }
    return *empty ? NN_OK : nn_shape_check(shape, NN_F32, err);
}

typedef struct attribute {
    span type, space, data;
} attribute;

// Whether the message is the attribute of this name; then fills *a.
static bool read_attribute(const nn_hdf5_message *m, const char *name, attribute *a, bool *damaged)
{
    span rest = {m->data, m->size}, head, text;
    if (m->size < 8 || m->shared || m->data[0] < 1 || m->data[0] > 3) {
        *damaged = true;
        return false;
    }
    const int version = m->data[0];
    const size_t align = version == 1 ? 8 : 1;
    take(&rest, version == 3 ? 9 : 8, 1, &head);
    if (rest.p == NULL || head.size < 8 ||
        !take(&rest, (size_t)nn_hdf5_number(m->data + 2, 2), align, &text) ||
        !take(&rest, (size_t)nn_hdf5_number(m->data + 4, 2), align, &a->type) ||
        !take(&rest, (size_t)nn_hdf5_number(m->data + 6, 2), align, &a->space) ||
        (version > 1 && m->data[1] & 3)) { // a shared type
        *damaged = true;
        return false;
    }
    a->data = rest;
    return text.size == strlen(name) + 1 && memcmp(text.p, name, text.size) == 0;
}

static nn_status find_attribute(nn_hdf5 *f, uint64_t object, const char *name, attribute *a,
                                nn_error *err)
{
    nn_hdf5_messages m;
    nn_hdf5_message message;
    bool damaged = false;
    nn_hdf5_messages_begin(&m, f, object);
    while (nn_hdf5_messages_next(&m, &message))
        if (message.type == NN_HDF5_ATTRIBUTE && read_attribute(&message, name, a, &damaged))
            return NN_OK;
    if (m.damaged || damaged)
        return nn_fail(err, NN_EFORMAT, "a damaged object header at byte %llu",
                       (unsigned long long)object);
    return nn_fail(err, NN_ENOTFOUND, "it is not there");
}

// The object of a reference (length, collection, index).
static nn_status find_heap_object(nn_hdf5 *f, const uint8_t *reference, span *out, nn_error *err)
{
    const uint64_t length = nn_hdf5_number(reference, 4), at = nn_hdf5_number(reference + 4, 8);
    const uint64_t index = nn_hdf5_number(reference + 12, 4);
    if (length == 0) {
        *out = (span){f->bytes, 0};
        return NN_OK;
    }
    const uint8_t *p = nn_hdf5_span(f, at, 16);
    const uint64_t size = p ? nn_hdf5_number(p + 8, 8) : 0;
    if (p && memcmp(p, "GCOL", 4) == 0 && nn_hdf5_span(f, at, size)) {
        for (uint64_t k = 16; k <= size && size - k >= 16 && nn_hdf5_step(f);) {
            const uint64_t bytes = nn_hdf5_number(p + k + 8, 8), left = size - k - 16;
            if (bytes > left)
                break;
            if (nn_hdf5_number(p + k, 2) == index && index > 0 && length <= bytes) {
                *out = (span){p + k + 16, (size_t)length};
                return NN_OK;
            }
            k += 16 + (bytes + 7) / 8 * 8;
        }
    }
    return nn_fail(err, NN_EFORMAT, "a string is not where it should be");
}

// Bytes of each string; 0: variable length.
static nn_status read_string_type(span type, size_t *each, nn_error *err)
{
    const int class = type.size >= 8 ? type.p[0] & 15 : 0;
    if (class == CLASS_VARIABLE && (type.p[1] & 15) == 1)
        *each = 0;
    else if (class == CLASS_STRING)
        *each = (size_t)nn_hdf5_number(type.p + 4, 4);
    else
        return nn_fail(err, NN_EFORMAT, "it is no list of strings");
    if ((*each == 0 && class == CLASS_STRING) || *each > MAX_TEXT)
        return nn_fail(err, NN_EFORMAT, "strings of %zu bytes are too long", *each);
    return NN_OK;
}

static nn_status find_string(nn_hdf5 *f, const attribute *a, size_t each, int i, span *out,
                             nn_error *err)
{
    nn_status status = NN_OK;
    if (each)
        *out = (span){a->data.p + (size_t)i * each, each};
    else
        status = find_heap_object(f, a->data.p + (size_t)i * HEAP_REFERENCE, out, err);
    if (status == NN_OK)
        out->size = strnlen((const char *)out->p, out->size);
    if (status == NN_OK && out->size > MAX_TEXT)
        status = nn_fail(err, NN_EFORMAT, "a string of %zu bytes is too long", out->size);
    return status;
}

// Makes one block: the pointers, then all strings with their terminating zeros.
static nn_status copy_strings(nn_hdf5 *f, const attribute *a, size_t each, int count, char ***out,
                              nn_error *err)
{
    size_t total = (size_t)count * sizeof(char *);
    span s;
    for (int i = 0; i < count; i++) {
        nn_status status = find_string(f, a, each, i, &s, err);
        if (status != NN_OK)
            return status;
        total += s.size + 1;
    }
    if (total > 2 * f->size + (1 << 16)) // a heap object was used many times
        return nn_fail(err, NN_EFORMAT, "the strings are larger than the file");
    char **list = nn_alloc(total);
    if (!list)
        return nn_fail(err, NN_ENOMEM, "out of memory");
    char *to = (char *)(list + count);
    for (int i = 0; i < count; i++) {
        nn_status status = find_string(f, a, each, i, &s, err);
        if (status != NN_OK) { // too many steps
            nn_free(list);
            return status;
        }
        memcpy(to, s.p, s.size);
        to[s.size] = '\0';
        list[i] = to;
        to += s.size + 1;
    }
    *out = list;
    return NN_OK;
}

static nn_status read_strings(nn_hdf5 *f, uint64_t object, const char *name, char ***out,
                              int *count, nn_error *err)
{
    attribute a = {0};
    nn_shape shape;
    bool empty;
    size_t each = 0;
    *out = NULL;
    *count = 0;
    nn_status status = find_attribute(f, object, name, &a, err);
    if (status == NN_OK)
        status = read_dataspace(a.space, &shape, &empty, err);
    if (status != NN_OK || empty)
        return status;
    status = read_string_type(a.type, &each, err);
    if (status != NN_OK)
        return status;
    const int64_t strings = nn_shape_count(&shape);
    if (strings > MAX_STRINGS)
        return nn_fail(err, NN_EUNSUPPORTED, "%lld strings, at most %d", (long long)strings,
                       MAX_STRINGS);
    if ((uint64_t)strings * (each ? each : HEAP_REFERENCE) > a.data.size)
        return nn_fail(err, NN_EFORMAT, "%lld strings in %zu bytes", (long long)strings,
                       a.data.size);
    status = copy_strings(f, &a, each, (int)strings, out, err);
    *count = status == NN_OK ? (int)strings : 0;
    return status;
}

nn_status nn_hdf5_strings(nn_hdf5 *f, uint64_t object, const char *name, char ***out, int *count,
                          nn_error *err)
{
    nn_status status = read_strings(f, object, name, out, count, err);
    for (int i = 0; status == NN_OK && i < *count; i++) {
        const size_t n = strlen((*out)[i]);
        if (n < 1 || n > MAX_NAME || !nn_json_plain_text((*out)[i]))
            status = nn_fail(err, NN_EFORMAT, "string %d is no usable name", i);
    }
    if (status == NN_OK)
        return NN_OK;
    nn_free(*out);
    *out = NULL;
    *count = 0;
    return nn_fail_prefix(err, status, "attribute '%s'", name);
}

nn_status nn_hdf5_text(nn_hdf5 *f, uint64_t object, const char *name, char **out, nn_error *err)
{
    char **list;
    int count;
    *out = NULL;
    nn_status status = read_strings(f, object, name, &list, &count, err);
    if (status == NN_ENOTFOUND)
        return NN_OK;
    if (status == NN_OK && count != 1)
        status = nn_fail(err, NN_EFORMAT, "%d strings, not 1", count);
    if (status == NN_OK && !(*out = nn_strdup(list[0])))
        status = nn_fail(err, NN_ENOMEM, "out of memory");
    nn_free(list);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "attribute '%s'", name);
}

// Whether a type is IEEE 754 binary32, little-endian, by its class, bits, size and properties.
static bool is_float32(const nn_hdf5_message *type)
{
    static const uint8_t want[19] = {0x20, 31, 0, 4, 0,  0,   0, 0, 0, 32,
                                     0,    23, 8, 0, 23, 127, 0, 0, 0};
    return !type->shared && type->size >= 20 && (type->data[0] & 15) == 1 &&
           memcmp(type->data + 1, want, sizeof want) == 0;
}

static bool has_message(nn_hdf5 *f, uint64_t object, int type)
{
    nn_hdf5_message message;
    return nn_hdf5_find_message(f, object, type, &message, NULL) == NN_OK;
}

// Position of contiguous data; UINT64_MAX when they were never written.
static nn_status find_place(nn_hdf5 *f, uint64_t object, uint64_t *place, nn_error *err)
{
    nn_hdf5_message layout;
    nn_status status = nn_hdf5_find_message(f, object, NN_HDF5_LAYOUT, &layout, err);
    if (status != NN_OK)
        return nn_fail(err, NN_EFORMAT, "it is no data set");
    const uint8_t *p = layout.data;
    const bool old = layout.size >= 16 && (p[0] == 1 || p[0] == 2);
    const bool now = layout.size >= 10 && (p[0] == 3 || p[0] == 4);
    if (layout.shared || (!old && !now))
        return nn_fail(err, NN_EFORMAT, "a damaged layout");
    if (p[old ? 2 : 1] != LAYOUT_CONTIGUOUS || has_message(f, object, NN_HDF5_FILTERS) ||
        has_message(f, object, NN_HDF5_EXTERNAL))
        return nn_fail(err, NN_EUNSUPPORTED,
                       "it is chunked, compressed or in another file, which Keras never does");
    *place = nn_hdf5_number(p + (old ? 8 : 2), 8);
    return NN_OK;
}

nn_status nn_hdf5_floats(nn_hdf5 *f, uint64_t object, nn_tensor *t, nn_error *err)
{
    nn_hdf5_message type, space;
    uint64_t place = 0;
    bool empty;
    if (nn_hdf5_find_message(f, object, NN_HDF5_DATATYPE, &type, err) != NN_OK ||
        nn_hdf5_find_message(f, object, NN_HDF5_DATASPACE, &space, err) != NN_OK)
        return nn_fail(err, NN_EFORMAT, "it is no data set");
    if (!is_float32(&type))
        return nn_fail(err, NN_EUNSUPPORTED, "its numbers are not float32");
    *t = (nn_tensor){.dtype = NN_F32};
    nn_status status = find_place(f, object, &place, err);
    if (status == NN_OK)
        status = read_dataspace((span){space.data, space.size}, &t->shape, &empty, err);
    if (status != NN_OK)
        return status;
    if (empty)
        return nn_fail(err, NN_EFORMAT, "it is empty");
    if (place == UINT64_MAX)
        return nn_fail(err, NN_EFORMAT, "its data was never written");
    const uint8_t *data = nn_hdf5_span(f, place, nn_tensor_bytes(t));
    if (!data)
        return nn_fail(err, NN_EFORMAT, "its %zu bytes at %llu are outside of the file's %zu",
                       nn_tensor_bytes(t), (unsigned long long)place, f->size);
    t->data = (void *)data;
    return NN_OK;
}
