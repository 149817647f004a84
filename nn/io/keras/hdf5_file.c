// SPDX-License-Identifier: MIT
// HDF5: superblock, object headers and groups.
#include "nn/io/keras/hdf5_file.h"

#include <stdio.h>
#include <string.h>

enum {
    MAX_NAME = 255,
    MAX_STEPS = 1 << 22, // a network needs some thousand
    MAX_LEVEL = 16,
    SYMBOL_BYTES = 40,
    SOFT_LINK = 2,
    GROUP_LINK_INFO = 2,
    GROUP_LINK = 6,
};

const uint8_t *nn_hdf5_span(const nn_hdf5 *f, uint64_t at, uint64_t size)
{
    return at <= f->size && size <= f->size - at ? f->bytes + at : NULL;
}

uint64_t nn_hdf5_number(const uint8_t *p, int bytes)
{
    uint64_t v = 0;
    for (int i = bytes - 1; i >= 0; i--)
        v = v << 8 | p[i];
    return v;
}

bool nn_hdf5_step(nn_hdf5 *f)
{
    return f->steps > 0 && f->steps-- > 0;
}

static nn_status fail_damaged(const char *what, uint64_t at, nn_error *err)
{
    return nn_fail(err, NN_EFORMAT, "damaged %s at byte %llu", what, (unsigned long long)at);
}

nn_status nn_hdf5_open(nn_hdf5 *f, const uint8_t *bytes, size_t size, nn_error *err)
{
    *f = (nn_hdf5){.bytes = bytes, .size = size, .steps = MAX_STEPS};
    const uint8_t *p = nn_hdf5_span(f, 0, 100);
    if (!p)
        return nn_fail(err, NN_EFORMAT, "the file is cut short");
    if (p[8] > 1)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "superblock version %d, which Keras does not write; h5repack --high=v18 "
                       "makes an older one",
                       p[8]);
    if (p[13] != 8 || p[14] != 8)
        return nn_fail(err, NN_EUNSUPPORTED, "addresses of %d and lengths of %d bytes, not 8",
                       p[13], p[14]);
    p += p[8] == 1 ? 28 : 24;
    if (nn_hdf5_number(p, 8) != 0)
        return nn_fail(err, NN_EUNSUPPORTED, "addresses do not start at the begin of the file");
    if (nn_hdf5_number(p + 16, 8) > size)
        return nn_fail(err, NN_EFORMAT, "the file is cut short: %zu of %llu bytes", size,
                       (unsigned long long)nn_hdf5_number(p + 16, 8));
    f->root = nn_hdf5_number(p + 40, 8); // behind the name of the root's symbol
    return NN_OK;
}

void nn_hdf5_messages_begin(nn_hdf5_messages *m, nn_hdf5 *f, uint64_t object)
{
    *m = (nn_hdf5_messages){.file = f, .damaged = true};
    const uint8_t *p = nn_hdf5_span(f, object, 16);
    if (!p || p[0] != 1 || !nn_hdf5_span(f, object + 16, nn_hdf5_number(p + 8, 4)))
        return;
    m->damaged = false;
    m->at = object + 16;
    m->end = m->at + nn_hdf5_number(p + 8, 4);
}

static bool add_block(nn_hdf5_messages *m, const nn_hdf5_message *message)
{
    if (message->size < 16 || m->more_count == (int)(sizeof m->more / sizeof *m->more))
        return false;
    const uint64_t at = nn_hdf5_number(message->data, 8);
    const uint64_t size = nn_hdf5_number(message->data + 8, 8);
    if (!nn_hdf5_span(m->file, at, size))
        return false;
    m->more[m->more_count][0] = at;
    m->more[m->more_count++][1] = at + size;
    return true;
}

bool nn_hdf5_messages_next(nn_hdf5_messages *m, nn_hdf5_message *out)
{
    while (!m->damaged) {
        if (m->end - m->at < 8) {
            if (m->taken == m->more_count)
                return false;
            m->at = m->more[m->taken][0];
            m->end = m->more[m->taken++][1];
            continue;
        }
        const uint8_t *p = m->file->bytes + m->at;
        *out = (nn_hdf5_message){.type = (int)nn_hdf5_number(p, 2),
                                 .shared = p[4] & 2,
                                 .data = p + 8,
                                 .size = (size_t)nn_hdf5_number(p + 2, 2)};
        if (!nn_hdf5_step(m->file) || out->size > m->end - m->at - 8) {
            m->damaged = true;
            return false;
        }
        m->at += 8 + out->size;
        if (out->type != NN_HDF5_CONTINUATION)
            return true;
        m->damaged = !add_block(m, out);
    }
    return false;
}

nn_status nn_hdf5_find_message(nn_hdf5 *f, uint64_t object, int type, nn_hdf5_message *out,
                               nn_error *err)
{
    nn_hdf5_messages m;
    nn_hdf5_messages_begin(&m, f, object);
    while (nn_hdf5_messages_next(&m, out))
        if (out->type == type)
            return NN_OK;
    return m.damaged ? fail_damaged("object header", object, err)
                     : nn_fail(err, NN_ENOTFOUND, "no message of type %d", type);
}

// A search for a name in a group.
typedef struct search {
    nn_hdf5 *f;
    const char *name;
    const uint8_t *names; // the group's heap
    uint64_t names_size;
    uint64_t object; // the result
    bool found, soft;
} search;

static nn_status open_heap(search *s, uint64_t heap, nn_error *err)
{
    const uint8_t *p = nn_hdf5_span(s->f, heap, 32);
    if (!p || memcmp(p, "HEAP", 4) != 0)
        return fail_damaged("heap of names", heap, err);
    s->names_size = nn_hdf5_number(p + 8, 8);
    s->names = nn_hdf5_span(s->f, nn_hdf5_number(p + 24, 8), s->names_size);
    return s->names ? NN_OK : fail_damaged("heap of names", heap, err);
}

static nn_status search_symbols(search *s, uint64_t at, nn_error *err)
{
    const uint8_t *p = nn_hdf5_span(s->f, at, 8);
    const uint64_t count = p ? nn_hdf5_number(p + 6, 2) : 0;
    const uint8_t *entry = nn_hdf5_span(s->f, at + 8, count * SYMBOL_BYTES);
    if (!p || memcmp(p, "SNOD", 4) != 0 || !entry)
        return fail_damaged("symbols", at, err);
    const size_t length = strlen(s->name) + 1;
    for (uint64_t i = 0; i < count && !s->found; i++, entry += SYMBOL_BYTES) {
        const uint64_t name = nn_hdf5_number(entry, 8);
        if (!nn_hdf5_step(s->f) || name > s->names_size)
            return fail_damaged("symbols", at, err);
        if (length > s->names_size - name || memcmp(s->names + name, s->name, length) != 0)
            continue;
        s->found = true;
        s->soft = nn_hdf5_number(entry + 16, 4) == SOFT_LINK;
        s->object = nn_hdf5_number(entry + 8, 8);
    }
    return NN_OK;
}

// The level falls by one at each step down, so there are no cycles.
static nn_status search_tree(search *s, uint64_t at, int level, nn_error *err)
{
    const uint8_t *p = nn_hdf5_span(s->f, at, 24);
    if (!p || memcmp(p, "TREE", 4) != 0 || p[4] != 0 || p[5] > MAX_LEVEL ||
        (level >= 0 && p[5] != level))
        return fail_damaged("group", at, err);
    const uint64_t count = nn_hdf5_number(p + 6, 2);
    const uint8_t *children = nn_hdf5_span(s->f, at + 24, count * 16 + 8);
    if (!children)
        return fail_damaged("group", at, err);
    for (uint64_t i = 0; i < count && !s->found; i++) {
        const uint64_t child = nn_hdf5_number(children + 16 * i + 8, 8);
        if (!nn_hdf5_step(s->f))
            return fail_damaged("group", at, err);
        nn_status status =
            p[5] ? search_tree(s, child, p[5] - 1, err) : search_symbols(s, child, err);
        if (status != NN_OK)
            return status;
    }
    return NN_OK;
}

// Why an object without a symbol table cannot be searched.
static nn_status fail_no_group(nn_hdf5 *f, uint64_t object, const char *name, nn_error *err)
{
    nn_hdf5_message message;
    if (nn_hdf5_find_message(f, object, GROUP_LINK_INFO, &message, NULL) == NN_OK ||
        nn_hdf5_find_message(f, object, GROUP_LINK, &message, NULL) == NN_OK)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "'%s' lies in a group with external links or of a kind that Keras does not "
                       "write",
                       name);
    return nn_fail(err, NN_EFORMAT, "'%s' lies in no group", name);
}

static nn_status find_member(nn_hdf5 *f, uint64_t *object, const char *name, nn_error *err)
{
    nn_hdf5_message table;
    nn_status status = nn_hdf5_find_message(f, *object, NN_HDF5_SYMBOLS, &table, err);
    if (status == NN_ENOTFOUND)
        return fail_no_group(f, *object, name, err);
    if (status != NN_OK)
        return status;
    if (table.size < 16 || table.shared)
        return fail_damaged("group", *object, err);
    search s = {.f = f, .name = name};
    status = open_heap(&s, nn_hdf5_number(table.data + 8, 8), err);
    if (status == NN_OK)
        status = search_tree(&s, nn_hdf5_number(table.data, 8), -1, err);
    if (status != NN_OK)
        return status;
    if (!s.found)
        return nn_fail(err, NN_ENOTFOUND, "there is no '%s'", name);
    if (s.soft)
        return nn_fail(err, NN_EUNSUPPORTED, "'%s' is a link to somewhere else", name);
    *object = s.object;
    return NN_OK;
}

nn_status nn_hdf5_walk(nn_hdf5 *f, uint64_t from, const char *path, uint64_t *object, nn_error *err)
{
    char name[MAX_NAME + 1];
    nn_status status = NN_OK;
    *object = from;
    for (size_t n; status == NN_OK && *path; path += n + (path[n] == '/')) {
        n = strcspn(path, "/");
        if (n == 0)
            continue;
        if (n > MAX_NAME)
            return nn_fail(err, NN_EFORMAT, "a name of %zu bytes is too long", n);
        snprintf(name, sizeof name, "%.*s", (int)n, path);
        status = find_member(f, object, name, err);
    }
    return status;
}
