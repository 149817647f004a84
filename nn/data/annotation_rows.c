// SPDX-License-Identifier: MIT
// Sorts rows of objects into pictures.
#include "nn/data/annotation_rows.h"

#include "nn/base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 1 << 26 };

void nn_annotation_rows_release(nn_annotation_rows *rows)
{
    for (int i = 0; i < rows->picture_count; i++)
        nn_free(rows->pictures[i].name);
    nn_free(rows->pictures);
    nn_free(rows->list);
    nn_free(rows->first);
    *rows = (nn_annotation_rows){0};
}

static uint32_t hash(const char *text)
{
    uint32_t h = 2166136261u; // FNV-1a
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 16777619u;
    return h;
}

static nn_status grow(void **list, int *capacity, size_t size, nn_error *err)
{
    const int larger = *capacity ? 2 * *capacity : 256;
    void *grown =
        larger > MOST ? NULL : nn_realloc(*list, (size_t)*capacity * size, (size_t)larger * size);
    if (!grown)
        return nn_fail(err, NN_ENOMEM, "no memory for %d rows of labels", larger);
    *list = grown;
    *capacity = larger;
    return NN_OK;
}

// Gives the hash table as many chains as there is room for pictures.
static nn_status rehash(nn_annotation_rows *rows, nn_error *err)
{
    const int buckets = rows->picture_capacity;
    int *first = nn_alloc((size_t)buckets * sizeof *first);
    if (!first)
        return nn_fail(err, NN_ENOMEM, "no memory for the names of %d pictures", buckets);
    memset(first, 0xff, (size_t)buckets * sizeof *first);
    for (int i = 0; i < rows->picture_count; i++) {
        const uint32_t at = hash(rows->pictures[i].name) % (uint32_t)buckets;
        rows->pictures[i].slot = first[at];
        first[at] = i;
    }
    nn_free(rows->first);
    rows->first = first;
    rows->buckets = buckets;
    return NN_OK;
}

int nn_annotation_rows_picture(nn_annotation_rows *rows, const char *name, nn_error *err)
{
    for (int i = rows->buckets ? rows->first[hash(name) % (uint32_t)rows->buckets] : -1; i >= 0;
         i = rows->pictures[i].slot)
        if (strcmp(rows->pictures[i].name, name) == 0)
            return i;
    if (rows->picture_count == rows->picture_capacity &&
        (grow((void **)&rows->pictures, &rows->picture_capacity, sizeof *rows->pictures, err) !=
             NN_OK ||
         rehash(rows, err) != NN_OK))
        return -1;
    nn_row_picture *p = &rows->pictures[rows->picture_count];
    *p = (nn_row_picture){.name = nn_strdup(name)};
    if (!p->name) {
        nn_fail(err, NN_ENOMEM, "no memory for the name of a picture");
        return -1;
    }
    const uint32_t at = hash(name) % (uint32_t)rows->buckets;
    p->slot = rows->first[at];
    return rows->first[at] = rows->picture_count++;
}

nn_status nn_annotation_rows_add(nn_annotation_rows *rows, int picture, const nn_annotation *box,
                                 nn_error *err)
{
    nn_status status = rows->count < rows->capacity
                           ? NN_OK
                           : grow((void **)&rows->list, &rows->capacity, sizeof *rows->list, err);
    if (status == NN_OK) {
        rows->list[rows->count] = (nn_annotation_row){picture, rows->count, *box};
        rows->count++;
    }
    return status;
}

static int compare(const void *a, const void *b)
{
    const nn_annotation_row *x = a, *y = b;
    return x->picture != y->picture ? (x->picture > y->picture) - (x->picture < y->picture)
                                    : (x->order > y->order) - (x->order < y->order);
}

nn_status nn_annotation_rows_give(nn_annotation_rows *rows, nn_annotation_reader *r,
                                  nn_status (*locate)(void *ctx, char *path, const char *name,
                                                      nn_error *err),
                                  void *ctx, bool fractions, nn_error *err)
{
    nn_status status = NN_OK;
    int at = 0;
    if (rows->count > 1)
        qsort(rows->list, (size_t)rows->count, sizeof *rows->list, compare);
    for (int i = 0; i < rows->picture_count && status == NN_OK; i++) {
        const nn_row_picture *p = &rows->pictures[i];
        char path[PATH_MAX];
        nn_error why = {0};
        const nn_status found = locate(ctx, path, p->name, &why);
        if (found != NN_OK && found != NN_EFORMAT)
            return nn_fail(err, found, "%s", why.text);
        status = nn_annotation_begin(r, found == NN_OK ? path : p->name, err);
        if (status == NN_OK && found != NN_OK)
            nn_annotation_skip(r, "%s", why.text);
        if (status == NN_OK && p->broken)
            nn_annotation_skip(r, "%s: a line of it cannot be read", p->name);
        r->picture.width = p->width;
        r->picture.height = p->height;
        r->picture.fractions = fractions;
        r->picture.split = p->split != NN_SPLIT_NONE ? p->split : r->picture.split;
        for (; at < rows->count && rows->list[at].picture == i && status == NN_OK; at++)
            status = nn_annotation_add(r, &rows->list[at].box, err);
        if (status == NN_OK)
            status = nn_annotation_end(r, err);
    }
    return status;
}
