// SPDX-License-Identifier: MIT
// Keeps annotations in memory in a few blocks: a data set may have millions.
#include "nn/data/annotation_store.h"

#include "nn/base/memory.h"

#include <stdint.h>
#include <string.h>

typedef struct block {
    void *items; // owned
    size_t count, capacity;
} block;

// A picture; the numbers are offsets of its items in the blocks of the store.
typedef struct entry {
    size_t path, id, sequence, annotations, xy, keypoints;
    int width, height, count, xy_count, keypoint_count;
    bool fractions;
    nn_split split;
} entry;

struct nn_annotation_store {
    nn_data_survey survey;
    block entries, text, annotations, xy, keypoints;
    block notes; // offsets of lines in `text`
};

// Appends items to a block; *at gets their offset.
static nn_status append(block *b, const void *items, size_t count, size_t size, size_t *at,
                        nn_error *err)
{
    if (count > b->capacity - b->count) {
        size_t larger = b->capacity ? b->capacity : 64;
        while (larger - b->count < count && larger < SIZE_MAX / 4 / size)
            larger *= 2;
        void *grown = larger - b->count < count
                          ? NULL
                          : nn_realloc(b->items, b->capacity * size, larger * size);
        if (!grown)
            return nn_fail(err, NN_ENOMEM, "no memory for the labels of a data set");
        b->items = grown;
        b->capacity = larger;
    }
    if (count > 0)
        memcpy((char *)b->items + b->count * size, items, count * size);
    if (at)
        *at = b->count;
    b->count += count;
    return NN_OK;
}

static nn_status append_text(nn_annotation_store *s, const char *text, size_t *at, nn_error *err)
{
    return append(&s->text, text, strlen(text) + 1, 1, at, err);
}

typedef struct keeping {
    nn_annotation_store *store;
    nn_status status; // first failure while taking notes
} keeping;

static void keep_note(void *ctx, const char *line)
{
    keeping *k = ctx;
    size_t at;
    if (k->status == NN_OK)
        k->status = append_text(k->store, line, &at, NULL);
    if (k->status == NN_OK)
        k->status = append(&k->store->notes, &at, 1, sizeof at, NULL, NULL);
}

static nn_status keep(void *ctx, const nn_annotation_reader *r, const nn_annotated_picture *p,
                      nn_error *err)
{
    nn_annotation_store *s = ((keeping *)ctx)->store;
    entry e = {.width = p->width,
               .height = p->height,
               .count = p->count,
               .xy_count = p->xy_count,
               .keypoint_count = p->keypoint_count,
               .fractions = p->fractions,
               .split = p->split};
    (void)r;
    nn_status status = append_text(s, p->path, &e.path, err);
    if (status == NN_OK)
        status = append_text(s, p->id, &e.id, err);
    if (status == NN_OK)
        status = append_text(s, p->sequence, &e.sequence, err);
    if (status == NN_OK)
        status = append(&s->annotations, p->list, (size_t)p->count, sizeof *p->list, &e.annotations,
                        err);
    if (status == NN_OK)
        status = append(&s->xy, p->xy, (size_t)p->xy_count, sizeof *p->xy, &e.xy, err);
    if (status == NN_OK)
        status = append(&s->keypoints, p->keypoints, (size_t)p->keypoint_count,
                        sizeof *p->keypoints, &e.keypoints, err);
    return status == NN_OK ? append(&s->entries, &e, 1, sizeof e, NULL, err) : status;
}

nn_status nn_annotation_store_read(nn_annotation_store **store, const nn_data_format *format,
                                   const nn_folder *f, nn_error *err)
{
    nn_folder whole = *f;
    nn_annotation_store *s = nn_calloc(1, sizeof *s);
    keeping k = {.store = s};
    nn_annotation_reader r = {.visit = keep,
                              .note = keep_note,
                              .ctx = &k,
                              .root = f->path,
                              .details = f->details,
                              .numbers = f->numbers,
                              .fallback = f->fallback};
    *store = NULL;
    whole.list = NULL;
    nn_status status =
        f->keypoints ? nn_keypoint_set_copy(&r.found.keypoints, f->keypoints, err) : NN_OK;
    if (status == NN_OK)
        status = !s ? nn_fail(err, NN_ENOMEM, "no memory for the labels of a data set")
                 : !format->read
                     ? nn_fail(err, NN_EUNSUPPORTED, "%s: its files do not tell", format->name)
                     : format->read(&r, &whole, err);
    if (status == NN_OK && k.status != NN_OK)
        status = nn_fail(err, k.status, "no memory for what is to be said about a data set");
    if (status == NN_OK) {
        s->survey = r.found;
        r.found = (nn_data_survey){0};
    }
    nn_annotation_reader_release(&r);
    if (status == NN_OK)
        *store = s;
    else
        nn_annotation_store_free(s);
    return status;
}

void nn_annotation_store_free(nn_annotation_store *s)
{
    if (!s)
        return;
    nn_data_survey_release(&s->survey);
    nn_free(s->entries.items);
    nn_free(s->text.items);
    nn_free(s->annotations.items);
    nn_free(s->xy.items);
    nn_free(s->keypoints.items);
    nn_free(s->notes.items);
    nn_free(s);
}

const nn_data_survey *nn_annotation_store_survey(const nn_annotation_store *s)
{
    return &s->survey;
}

static void copy_text(char *to, const nn_annotation_store *s, size_t at)
{
    const char *text = (const char *)s->text.items + at;
    memcpy(to, text, strlen(text) + 1);
}

static nn_status give(const nn_annotation_store *s, const nn_annotation_reader *r, const entry *e,
                      nn_error *err)
{
    nn_annotated_picture p = {.width = e->width,
                              .height = e->height,
                              .fractions = e->fractions,
                              .split = e->split,
                              .list = (nn_annotation *)s->annotations.items + e->annotations,
                              .count = e->count,
                              .xy = (float *)s->xy.items + e->xy,
                              .xy_count = e->xy_count,
                              .keypoints = (nn_keypoint *)s->keypoints.items + e->keypoints,
                              .keypoint_count = e->keypoint_count};
    copy_text(p.path, s, e->path);
    copy_text(p.id, s, e->id);
    copy_text(p.sequence, s, e->sequence);
    return r->visit(r->ctx, r, &p, err);
}

nn_status nn_annotation_store_give(const nn_annotation_store *s, nn_annotation_reader *r,
                                   nn_error *err)
{
    const nn_names *classes = &s->survey.classes;
    r->found = s->survey;
    r->found.keypoints = (nn_keypoint_set){0};
    nn_status status =
        nn_names_copy(&r->found.classes, (const char *const *)classes->name, classes->count, err);
    if (status == NN_OK)
        status = nn_keypoint_set_copy(&r->found.keypoints, &s->survey.keypoints, err);
    for (size_t i = 0; i < s->notes.count && r->note; i++)
        r->note(r->ctx, (const char *)s->text.items + ((const size_t *)s->notes.items)[i]);
    for (size_t i = 0; i < s->entries.count && status == NN_OK && r->visit; i++)
        status = give(s, r, (const entry *)s->entries.items + i, err);
    return status;
}
