// SPDX-License-Identifier: MIT
// Builds data sets, class names and counts from annotations that a reader gives.
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/data/annotation_store.h"
#include "nn/data/outline_mask.h"
#include "nn/data/truth_detail.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// Reads the files, or the annotation store when they were read before.
static nn_status read_files(nn_annotation_reader *r, const nn_data_format *format,
                            const nn_folder *f, nn_error *err)
{
    if (f->store)
        return nn_annotation_store_give(f->store, r, err);
    const nn_status status =
        f->keypoints ? nn_keypoint_set_copy(&r->found.keypoints, f->keypoints, err) : NN_OK;
    return status == NN_OK ? format->read(r, f, err) : status;
}

nn_status nn_data_survey_read(nn_data_survey *s, const nn_data_format *format, const nn_folder *f,
                              nn_error *err)
{
    nn_annotation_reader r = {
        .root = f->path, .details = f->details, .numbers = f->numbers, .fallback = f->fallback};
    *s = (nn_data_survey){0};
    if (!format->read)
        return nn_fail(err, NN_EUNSUPPORTED, "%s: its files do not tell", format->name);
    nn_status status = read_files(&r, format, f, err);
    if (status == NN_OK) {
        *s = r.found;
        r.found = (nn_data_survey){0};
    }
    nn_annotation_reader_release(&r);
    return status;
}

// Fails when most labels cannot be used: such a set would teach that objects are background.
static nn_status judge_labels(const nn_folder *f, int skipped, int pictures, const char *first,
                              nn_error *err)
{
    return 2 * skipped <= pictures
               ? NN_OK
               : nn_fail(err, NN_EFORMAT, "%s: the labels of %d of %d pictures cannot be used; %s",
                         f->path, skipped, pictures, first);
}

// Reports a class number without a name, and the names that exist.
static nn_status miss_name(const nn_data_survey *s, const nn_folder *f, nn_error *err)
{
    char list[200];
    const nn_names named = {s->classes.name, s->named};
    const bool known = s->ordered && s->named <= s->classes.count;
    return nn_fail(
        err, NN_EINVAL,
        "%.150s: class number %ld has no name, only the first %d have%s%s: give all with "
        "--names A,B,...",
        f->path, s->unnamed - 1, s->named, known ? ", " : "",
        known ? nn_names_list(list, sizeof list, &named) : "");
}

static const char background[] = "background"; // class 0 of masks

nn_status nn_data_names(const nn_data_format *format, const nn_folder *f, nn_names *names,
                        bool *ordered, nn_error *err)
{
    nn_data_survey s;
    if (ordered)
        *ordered = false;
    if (!f->store && !format->read)
        return format->names ? format->names(f, names, err) : NN_OK;
    nn_status status = nn_data_survey_read(&s, format, f, err);
    if (status == NN_OK)
        status = judge_labels(f, s.skipped, s.pictures, s.first_skip, err);
    if (status == NN_OK && s.numbered)
        status = nn_fail(err, NN_EINVAL,
                         "%.200s: its labels are numbers that nothing names (classes.txt, "
                         "data.yaml): give --names A,B,...",
                         f->path);
    else if (status == NN_OK && s.unnamed > 0)
        status = miss_name(&s, f, err);
    if (ordered)
        *ordered = s.ordered;
    if (status == NN_OK && f->masks && nn_names_find(names, background) < 0)
        status = nn_names_add(names, background, strlen(background), err);
    for (int i = 0; i < s.classes.count && status == NN_OK; i++)
        if (nn_names_find(names, s.classes.name[i]) < 0)
            status = nn_names_add(names, s.classes.name[i], strlen(s.classes.name[i]), err);
    nn_data_survey_release(&s);
    return status;
}

nn_status nn_data_splits(const nn_data_format *format, const nn_folder *f, bool there[NN_SPLITS],
                         nn_error *err)
{
    nn_data_survey s;
    memset(there, 0, NN_SPLITS * sizeof *there);
    if (!f->store && (format->splits || !format->read))
        return format->splits ? format->splits(f, there, err) : NN_OK;
    const nn_status status = nn_data_survey_read(&s, format, f, err);
    for (int i = 0; i < NN_SPLITS; i++)
        there[i] = s.split[i] > 0;
    nn_data_survey_release(&s);
    return status;
}

// --- data sets ---

typedef struct adding {
    nn_dataset *data;
    const nn_folder *folder;
    nn_split split; // wanted split; NN_SPLIT_NONE: all but the test split
    bool listed;    // the reader gives only pictures of the wanted list
    int source, wanted;
    int dropped; // boxes of classes that the model does not have
    int turned;  // pictures whose boxes were turned by Exif
    int boxed;   // objects without outline where outlines are wanted
    int32_t label[NN_CLASS_MAX];
    int labels; // labels whose class is known so far
} adding;

// The label of a class; -1 for an ignored region of any class.
static int32_t label_of(adding *a, const nn_annotation_reader *r, int class_index)
{
    for (; a->labels < r->found.classes.count; a->labels++) {
        const int source = nn_names_find(a->folder->names, r->found.classes.name[a->labels]);
        a->label[a->labels] = source < 0 ? NN_CLASS_DROP : nn_class_map_get(a->folder->map, source);
    }
    return class_index < 0 ? NN_CLASS_IGNORE : a->label[class_index];
}

static nn_status add_truths(adding *a, const nn_annotation_reader *r, const nn_annotated_picture *p,
                            nn_sample *s, nn_error *err)
{
    const float ignore_below = a->data->sources[a->source].ignore_below;
    // Sizes of labels made for the stored pixels are those before Exif turns the picture.
    const float w = p->fractions ? (float)s->width : 1, h = p->fractions ? (float)s->height : 1;
    nn_status status = NN_OK;
    int capacity = 0;
    for (int i = 0; i < p->count && status == NN_OK; i++) {
        const nn_annotation *n = &p->list[i];
        const int32_t label = label_of(a, r, n->class_index);
        if (label == NN_CLASS_DROP) {
            a->dropped++;
            continue;
        }
        const bool ignore = label == NN_CLASS_IGNORE || n->ignore || n->score < ignore_below;
        nn_truth t = {.x0 = n->x0 * w,
                      .y0 = n->y0 * h,
                      .x1 = n->x1 * w,
                      .y1 = n->y1 * h,
                      .label = label < 0 ? -1 : label,
                      .ignore = ignore,
                      .area = n->area};
        status = nn_truth_detail_take(&t, &s->details, p, n, a->folder->details, w, h, err);
        a->boxed += a->folder->details & NN_DETAIL_OUTLINES && t.ignore && !ignore;
        if (status == NN_OK)
            status = nn_folder_add_truth(s, &capacity, &t, err);
    }
    return status;
}

static nn_status add_mask(adding *a, const nn_annotation_reader *r, const nn_annotated_picture *p,
                          nn_sample *s, int orientation, nn_error *err)
{
    int32_t *label = p->count > 0 ? nn_calloc((size_t)p->count, sizeof *label) : NULL;
    if (p->count > 0 && !label)
        return nn_fail(err, NN_ENOMEM, "no memory for %d outlines", p->count);
    for (int i = 0; i < p->count; i++) {
        label[i] = label_of(a, r, p->list[i].class_index);
        a->dropped += label[i] == NN_CLASS_DROP;
    }
    const nn_status status = nn_outline_mask(s, p, label, orientation, &a->boxed, err);
    nn_free(label);
    return status;
}

static bool is_wanted(const adding *a, const nn_annotated_picture *p)
{
    const char *slash = strrchr(p->path, '/');
    const nn_folder *f = a->folder;
    if (!a->listed &&
        (a->split == NN_SPLIT_NONE ? p->split == NN_SPLIT_TEST : p->split != a->split))
        return false;
    return !f->filter || f->filter(f->filter_ctx, slash ? slash + 1 : p->path);
}

static nn_status add_picture(void *ctx, const nn_annotation_reader *r,
                             const nn_annotated_picture *p, nn_error *err)
{
    adding *a = ctx;
    nn_sample s = {.source = a->source, .sequence = p->sequence[0] ? nn_hash_name(p->sequence) : 0};
    if (!is_wanted(a, p))
        return NN_OK;
    a->wanted++;
    nn_status status = nn_folder_open_picture(a->data, &s, p->path, err);
    if (status == NN_OK && p->id[0] && !(s.id = nn_strdup(p->id)))
        status = nn_fail(err, NN_ENOMEM, "%s: no memory for its id", p->path);
    const int orientation = status == NN_OK ? nn_folder_find_exif(&s, p->width, p->height) : 1;
    if (orientation == 0) {
        nn_dataset_note(a->data, 1, "%s: is %dx%d, its labels are for %dx%d, picture skipped",
                        p->path, s.width, s.height, p->width, p->height);
        status = NN_EFORMAT;
    }
    a->turned += status == NN_OK && orientation > 1;
    if (status == NN_OK)
        status = a->folder->masks ? add_mask(a, r, p, &s, orientation, err)
                                  : add_truths(a, r, p, &s, err);
    if (status == NN_OK)
        nn_folder_apply_exif(&s, orientation);
    return status == NN_OK ? nn_dataset_add(a->data, &s, err) : nn_folder_drop(&s, status);
}

static void take_note(void *ctx, const char *line)
{
    adding *a = ctx;
    nn_dataset_note(a->data, 0, "%s", line);
}

static nn_status judge(const adding *a, const nn_annotation_reader *r, int skipped, nn_error *err)
{
    const nn_folder *f = a->folder;
    const nn_status status =
        judge_labels(f, r->found.skipped, r->found.pictures, r->found.first_skip, err);
    if (status != NN_OK)
        return status;
    if (2 * skipped > a->wanted && a->wanted > 0)
        return nn_fail(err, NN_EFORMAT, "%s: %d of %d pictures are missing or damaged", f->path,
                       skipped, a->wanted);
    if (a->wanted == 0)
        return nn_fail(err, NN_ENOTFOUND, "%s: no labelled picture%s%s", f->path,
                       f->list     ? " in the list "
                       : f->filter ? " that is asked for"
                                   : "",
                       f->list ? f->list : "");
    return NN_OK;
}

// Notes objects that were changed: rotated boxes, or boxes in place of outlines.
static void note_hulls(nn_dataset *d, const char *path, int count, const char *what)
{
    if (count > 0)
        nn_dataset_note(d, 0, "%s: %d %s became the upright boxes around them", path, count, what);
}

nn_status nn_annotated_add(nn_dataset *d, const nn_data_format *format, const nn_folder *f,
                           nn_error *err)
{
    nn_folder given = *f;
    adding a = {.data = d, .folder = &given};
    nn_annotation_reader r = {.root = f->path,
                              .visit = add_picture,
                              .note = f->again ? NULL : take_note,
                              .ctx = &a,
                              .details = f->details,
                              .numbers = f->numbers,
                              .fallback = f->fallback};
    const int skipped = d->skipped;
    const nn_split split = f->list ? nn_split_named(f->list, strlen(f->list)) : NN_SPLIT_NONE;
    // A list that is no split is not in the store, so the files are read again.
    if (f->list && format->lists && f->store &&
        (split == NN_SPLIT_NONE || nn_annotation_store_survey(f->store)->split[split] == 0))
        given.store = NULL;
    a.listed = f->list && format->lists && !given.store;
    a.split = a.listed ? NN_SPLIT_NONE : split;
    if (f->list && !a.listed && split == NN_SPLIT_NONE)
        return nn_fail(err, NN_EINVAL, "%s: '%s' is no split of %s (train, val, test)", f->path,
                       f->list, format->name);
    nn_status status = nn_dataset_add_source(d, f->source, &a.source, err);
    if (status == NN_OK)
        status = read_files(&r, format, &given, err);
    if (status == NN_OK)
        status = judge(&a, &r, d->skipped - skipped, err);
    if (status == NN_OK && f->details)
        status = nn_truth_detail_judge(d, &r.found, f, err);
    for (int i = 0; i < a.labels; i++)
        if (a.label[i] >= 0 && d->label_id[a.label[i]] == 0)
            d->label_id[a.label[i]] = r.found.class_id[i];
    d->skipped += f->again ? 0 : r.found.skipped;
    if (status == NN_OK && f->masks && r.found.outlines == 0)
        status = nn_fail(err, NN_EFORMAT,
                         "%s: %s without outlines: masks are made of outlines, or lie in masks/",
                         f->path, format->name);
    if (status == NN_OK && !f->again && !f->masks) {
        if (!(f->details & NN_DETAIL_ROTATED))
            note_hulls(d, f->path, r.found.rotated, "rotated boxes");
        if (!(f->details & NN_DETAIL_OUTLINES))
            note_hulls(d, f->path, r.found.outlines, "outlines");
    }
    if (status == NN_OK && a.boxed > 0)
        nn_dataset_note(d, 0, "%s: %d objects are boxes without outlines: %s", f->path, a.boxed,
                        f->masks ? "the pixels in them do not count" : "they do not count");
    if (status == NN_OK) {
        nn_folder_note_exif(d, f->path, a.turned);
        if (a.dropped > 0)
            nn_dataset_note(d, 0,
                            "%s: %d %s of classes that the model does not have count as background",
                            f->path, a.dropped, f->masks ? "objects" : "boxes");
    }
    nn_annotation_reader_release(&r);
    return status;
}
