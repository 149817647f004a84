// SPDX-License-Identifier: MIT
// Reads labelled folders into data sets and collects their classes.
#include "app/data/source_folder.h"

#include "app/report/task.h"
#include "nn/data/annotation_store.h"
#include "nn/data/folder_labels.h"
#include "nn/data/sequence_split.h"
#include "nn/data/survey.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

const char *app_data_options_first_folder(const app_data_options *s)
{
    for (int i = 0; i < s->count; i++)
        if (app_source_is_folder(&s->list[i]) && !s->list[i].for_val)
            return s->list[i].path;
    return NULL;
}

nn_status app_data_options_find_kind(app_data_options *s, nn_error *err)
{
    const char *folder = app_data_options_first_folder(s);
    const nn_data_format *format;
    const app_task *t;
    nn_status status = NN_ENOTFOUND;
    s->kind = NN_DATA_BOXES;
    if (!folder)
        return NN_OK;
    for (int i = 0; (t = app_task_at(i)) != NULL && status != NN_OK; i++) {
        if (nn_data_kind_facts(app_task_kind(t))->unlabelled)
            continue; // any folder would do
        s->kind = app_task_kind(t);
        status = nn_data_find(&format, folder, s->kind, err);
    }
    return status;
}

// Appends the classes that the files of a folder name; with `numbers` also the class numbers of
// formats that number classes.
static nn_status add_named(const app_data_options *s, app_source *one, bool numbers,
                           nn_names *names, nn_error *err)
{
    nn_status status = app_source_open(s, one, err);
    nn_folder folder = app_source_describe(s, one, one->list);
    if (status == NN_OK)
        status = nn_folder_add_names(names, &folder, s->kind, numbers, NULL, err);
    folder.list = one->val_list;
    return status == NN_OK && one->val_list && (one->format->lists || !one->format->read)
               ? nn_folder_add_names(names, &folder, s->kind, numbers, NULL, err)
               : status;
}

nn_status app_data_options_labels(app_data_options *s, nn_names *labels, nn_error *err)
{
    nn_folder *folders = g_new(nn_folder, 2 * s->count + 1);
    nn_status status = NN_OK;
    int count = 0;
    for (int i = 0; i < s->count && status == NN_OK; i++) {
        app_source *one = &s->list[i];
        if (!app_source_is_folder(one) || one->for_val)
            continue;
        status = app_source_open(s, one, err);
        folders[count++] = app_source_describe(s, one, one->list);
        if (one->val_list && status == NN_OK && (one->format->lists || !one->format->read))
            folders[count++] = app_source_describe(s, one, one->val_list);
    }
    *labels = (nn_names){0};
    if (status == NN_OK)
        status = nn_folder_labels(labels, folders, count, s->kind, err);
    g_free(folders);
    return status == NN_EINVAL && err && strcmp(err->text, NN_NO_CLASS_NAMES) == 0
               ? nn_fail(err, status, NN_NO_CLASS_NAMES ": give --classes A,B")
               : status;
}

const nn_keypoint_set *app_data_options_keypoints(const app_data_options *s)
{
    for (int i = 0; i < s->count; i++) {
        const app_source *one = &s->list[i];
        const nn_data_survey *found = one->store ? nn_annotation_store_survey(one->store) : NULL;
        if (found && found->keypoints.count > 0)
            return &found->keypoints;
    }
    return NULL;
}

// Finds names for the class numbers of masks.
static nn_status name_numbers(nn_names *own, app_data_options *s, const char *dir,
                              const nn_names *labels, const nn_names *recorded, nn_error *err)
{
    if (s->classes)
        return nn_names_read(own, s->classes, err);
    nn_status status = nn_folder_class_file(own, dir, err);
    for (int i = 0; i < s->count && status == NN_OK && own->count == 0 && dir; i++)
        if (app_source_is_folder(&s->list[i]) && strcmp(s->list[i].path, dir) == 0)
            status = add_named(s, &s->list[i], true, own, err);
    if (status != NN_OK || own->count > 0)
        return status;
    const nn_names *from = recorded && recorded->count > 0 ? recorded : labels;
    return nn_names_copy(own, (const char *const *)from->name, from->count, err);
}

// Whether list `a` begins with list `b`.
static bool begins_with(const nn_names *a, const nn_names *b)
{
    for (int i = 0; i < b->count; i++)
        if (i >= a->count || strcmp(a->name[i], b->name[i]) != 0)
            return false;
    return true;
}

// Checks that the classes.txt files agree: a class number means the same in all folders.
static nn_status check_class_files(const app_data_options *s, const nn_names *own, nn_error *err)
{
    nn_status status = NN_OK;
    for (int i = 0; i < s->count && status == NN_OK && !s->classes; i++) {
        const nn_data_format *format;
        const app_source *one = &s->list[i];
        nn_names there = {0};
        if (!app_source_is_folder(one) ||
            nn_data_find(&format, one->path, s->kind, NULL) != NN_OK || !format->numbered)
            continue;
        status = nn_folder_class_file(&there, one->path, err);
        if (status == NN_OK && !begins_with(own, &there))
            status = nn_fail(err, NN_EINVAL,
                             "%s/classes.txt names other classes than the first folder: give "
                             "--names if the numbers mean the same",
                             one->path);
        nn_names_release(&there);
    }
    return status;
}

nn_status app_data_options_map(app_data_options *s, const char *dir, const nn_names *labels,
                               const nn_names *recorded, const char *recorded_rules,
                               nn_class_map *map, nn_names *names, nn_error *err)
{
    const nn_names *fallback = recorded ? recorded : labels;
    const bool pixels = nn_data_kind_facts(s->kind)->pixels;
    *names = (nn_names){0};
    nn_names_release(&s->fallback);
    nn_status status =
        nn_names_copy(&s->fallback, (const char *const *)fallback->name, fallback->count, err);
    // Names of numbers come first and in order, because a card records them by number.
    if (status == NN_OK && !pixels)
        status = nn_names_copy(names, (const char *const *)s->numbers.name, s->numbers.count, err);
    else if (status == NN_OK)
        status = name_numbers(names, s, dir, labels, recorded, err);
    if (status == NN_OK && pixels)
        status = check_class_files(s, names, err);
    for (int i = 0; i < s->count && status == NN_OK; i++)
        if (app_source_is_folder(&s->list[i]))
            status = add_named(s, &s->list[i], false, names, err);
    // Rules of the card apply to its names only.
    const char *rules = s->map;
    if (!rules && recorded && begins_with(names, recorded))
        rules = recorded_rules;
    if (status == NN_OK)
        status = nn_class_map_build(map, names, labels, rules, err);
    if (status != NN_OK)
        nn_names_release(names);
    return status;
}

bool app_name_matches(const char *patterns, const char *name)
{
    char **list = g_strsplit(patterns, ",", -1);
    bool found = false;
    for (int i = 0; list[i] && !found; i++)
        found = fnmatch(g_strstrip(list[i]), name, 0) == 0;
    g_strfreev(list);
    return found;
}

static bool is_training_picture(void *ctx, const char *name)
{
    const app_source *s = ctx;
    return (!s->match || app_name_matches(s->match, name)) &&
           !(s->val_match && app_name_matches(s->val_match, name));
}

static bool is_validation_picture(void *ctx, const char *name)
{
    const app_source *s = ctx;
    return app_name_matches(s->val_match, name);
}

// Picture lists of a source for training and validation; NULL: it has none.
typedef struct lists {
    const char *train, *val;
} lists;

static const char *held_split(const bool there[NN_SPLITS])
{
    return there[NN_SPLIT_VAL]    ? nn_split_name(NN_SPLIT_VAL)
           : there[NN_SPLIT_TEST] ? nn_split_name(NN_SPLIT_TEST)
                                  : NULL;
}

// Chooses the lists of the options, else the splits of the data.
static nn_status choose_lists(lists *l, const app_data_options *s, const app_source *one,
                              nn_error *err)
{
    const nn_data_format *format = one->format;
    const nn_folder folder = app_source_describe(s, one, NULL);
    bool there[NN_SPLITS];
    *l = (lists){one->list, one->val_list};
    if (one->list || one->val_list || one->match || one->val_match)
        return NN_OK;
    nn_status status = format ? NN_OK : nn_data_find(&format, one->path, s->kind, err);
    if (status == NN_OK)
        status = nn_data_splits(format, &folder, there, err);
    if (status != NN_OK)
        return status;
    const char *held = held_split(there);
    if (one->for_val || (s->score && (there[NN_SPLIT_TRAIN] || !there[NN_SPLIT_NONE])))
        l->train = held; // no split was trained on, so the held-back one may be
    else if (held && there[NN_SPLIT_TRAIN] && !s->score)
        *l = (lists){nn_split_name(NN_SPLIT_TRAIN), held};
    return NN_OK;
}

static void tell_held(nn_dataset *d, const char *path, const nn_sequence_split *how)
{
    g_autofree char *name = g_path_get_basename(path);
    if (how->held == 0)
        nn_dataset_note(d, 0, "%s: of %d pictures none is held back to validate on (--val-data)",
                        name, how->pictures);
    else if (how->held_sequences == 0)
        nn_dataset_note(d, 0,
                        "%s: the last %d of %d pictures%s are held back to validate on, and %d "
                        "before them left out: neighbours are almost equal",
                        name, how->held, how->pictures,
                        how->sequences > 1 ? " of their sequences" : "", how->left_out);
    else if (how->sequences < how->pictures)
        nn_dataset_note(d, 0,
                        "%s: %d of %d pictures are held back to validate on, %d of %d sequences",
                        name, how->held, how->pictures, how->held_sequences, how->sequences);
    else
        nn_dataset_note(d, 0, "%s: %d of %d pictures are held back to validate on", name, how->held,
                        how->pictures);
}

// Holds back a part of the pictures of the folder that was read last.
static nn_status hold_back(const app_data_options *s, const char *path, nn_dataset *train,
                           int first, nn_dataset *val, nn_error *err)
{
    nn_sequence_split how = {.pictures = train->count - first};
    const int before = val->count;
    nn_status status;
    if (!(s->val_split > 0))
        return NN_OK;
    if (nn_data_kind_facts(s->kind)->whole) {
        status = nn_dataset_split(train, first, s->val_split, s->seed, val, err);
        how.held = val->count - before;
        how.sequences = how.pictures;
        how.held_sequences = how.held;
    } else {
        status = nn_dataset_split_sequences(train, first, s->val_split, s->seed, val, &how, err);
    }
    if (status == NN_OK)
        tell_held(train, path, &how);
    return status;
}

nn_status app_load_folder(const app_data_options *s, int index, const nn_class_map *map,
                          const nn_names *names, nn_dataset *train, nn_dataset *val, nn_error *err)
{
    const app_source *one = &s->list[index];
    nn_dataset *to = one->for_val ? val : train;
    nn_source source = one->options;
    lists l;
    if (!to) // used for training only
        return NN_OK;
    source.path = one->path;
    nn_status status = choose_lists(&l, s, one, err);
    if (status != NN_OK)
        return status;
    nn_folder folder = app_source_describe(s, one, l.train);
    folder.source = &source;
    folder.names = names;
    folder.map = map;
    folder.filter = one->match || one->val_match ? is_training_picture : NULL;
    folder.filter_ctx = (void *)one;
    const int first = to->count;
    if (!val && l.val && !one->list)
        folder.list = NULL; // without validation: everything but the test split is used
    status = nn_dataset_add_folder(to, &folder, s->kind, err);
    if (status != NN_OK || !val || one->for_val)
        return status;
    if (!one->val_match && !l.val)
        return hold_back(s, one->path, train, first, val, err);
    folder.list = l.val ? l.val : l.train;
    folder.again = true;
    folder.filter = one->val_match ? is_validation_picture : NULL;
    return nn_dataset_add_folder(val, &folder, s->kind, err);
}

// Prints the counts of each label, for one source or for all (-1).
static void print_counts(const nn_dataset *d, const nn_names *labels, int source, FILE *out)
{
    // Every mask has background.
    const int first = d->count > 0 && d->samples[0].mask.runs ? NN_MASK_BACKGROUND + 1 : 0;
    for (int label = first; label < labels->count; label++) {
        long found = 0;
        for (int i = 0; i < d->count; i++) {
            const nn_sample *s = &d->samples[i];
            if (source >= 0 && s->source != source)
                continue;
            for (int k = 0; k < s->class_count; k++)
                found += s->classes[k] == label;
            for (int k = 0; k < s->truth_count; k++)
                found += !s->truths[k].ignore && s->truths[k].label == label;
        }
        if (source >= 0 && !nn_source_knows(&d->sources[source], label))
            fprintf(out, "%s %s %ld?", label > first ? "," : "", labels->name[label], found);
        else
            fprintf(out, "%s %s %ld", label > first ? "," : "", labels->name[label], found);
    }
    fputc('\n', out);
}

void app_data_options_count(const nn_dataset *d, const nn_names *labels, const char *what,
                            FILE *out)
{
    if (labels->count == 0)
        return;
    fprintf(out, "%s:", what);
    print_counts(d, labels, -1, out);
    bool asked = false; // a line contains a question mark
    for (int k = 0; k < d->source_count && d->source_count > 1; k++) {
        int pictures = 0, boxes = 0;
        for (int i = 0; i < d->count; i++) {
            pictures += d->samples[i].source == k;
            for (int t = 0; t < d->samples[i].truth_count && d->samples[i].source == k; t++)
                boxes += d->samples[i].truths[t].ignore == NN_IGNORE_BOX;
        }
        fprintf(out, "  %s: %d pictures, %d boxes ignored;", d->sources[k].path, pictures, boxes);
        print_counts(d, labels, k, out);
        for (int label = 0; label < labels->count; label++)
            asked = asked || !nn_source_knows(&d->sources[k], label);
    }
    if (asked)
        fprintf(out, "  (?: more of them may be there without a label)\n");
}
