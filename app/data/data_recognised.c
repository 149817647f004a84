// SPDX-License-Identifier: MIT
// Prints what was recognised in the data: format, splits, classes and pictures.
#include "app/data/source_folder.h"

#include "app/report/task.h"
#include "nn/data/annotation_store.h"

#include <stdio.h>
#include <unistd.h>

// Finds the format of a folder. When --task is missing, the error says so.
static nn_status find_format(const nn_data_format **format, const char *path, nn_data_kind kind,
                             nn_error *err)
{
    const nn_data_format *other;
    nn_status status = nn_data_find(format, path, kind, err);
    if (status != NN_ENOTFOUND || access(path, R_OK) != 0)
        return status;
    const app_task *t;
    for (int i = 0; (t = app_task_at(i)) != NULL; i++)
        if (app_task_kind(t) != kind && !nn_data_kind_facts(app_task_kind(t))->unlabelled &&
            nn_data_find(&other, path, app_task_kind(t), NULL) == NN_OK)
            return nn_fail(err, status, "%s looks like %s (%s): --task %s is for those", path,
                           t->data, other->looks_like, t->name);
    return status;
}

const char *app_grouped(char *text, long n)
{
    char digits[24];
    const int length = g_snprintf(digits, sizeof digits, "%ld", n);
    int used = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            text[used++] = ' ';
        text[used++] = digits[i];
    }
    text[used] = '\0';
    return text;
}

// Adds "3 splits (train 900, val 300, test 371), "; adds nothing when the data have no splits.
static void add_splits(GString *line, const int split[NN_SPLITS])
{
    int count = 0;
    for (int i = NN_SPLIT_TRAIN; i < NN_SPLITS; i++)
        count += split[i] > 0;
    if (count == 0)
        return;
    g_string_append_printf(line, "%d split%s (", count, count == 1 ? "" : "s");
    const char *between = "";
    for (int i = NN_SPLIT_TRAIN; i < NN_SPLITS; i++)
        if (split[i] > 0) {
            char n[32];
            g_string_append_printf(line, "%s%s %s", between, nn_split_name((nn_split)i),
                                   app_grouped(n, split[i]));
            between = ", ";
        }
    g_string_append(line, "), ");
}

static void tell(const app_source *s)
{
    const nn_data_survey *found = nn_annotation_store_survey(s->store);
    g_autofree char *name = g_path_get_basename(s->path);
    char n[32];
    GString *line = g_string_new(NULL);
    g_string_append_printf(line, "%s: %s: ", name, found->called ? found->called : s->format->name);
    add_splits(line, found->split);
    g_string_append_printf(line, "%d class%s, %s picture%s", found->classes.count,
                           found->classes.count == 1 ? "" : "es", app_grouped(n, found->pictures),
                           found->pictures == 1 ? "" : "s");
    if (found->skipped > 0)
        g_string_append_printf(line, ", the labels of %s cannot be used",
                               app_grouped(n, found->skipped));
    fprintf(stderr, "%s\n", line->str);
    g_string_free(line, TRUE);
}

// Prints format, splits and classes of a source whose format tells nothing before it is read.
static void tell_format(const app_data_options *all, const app_source *s)
{
    const nn_folder folder = app_source_describe(all, s, s->list);
    bool there[NN_SPLITS] = {false};
    nn_names names = {0};
    g_autofree char *name = g_path_get_basename(s->path);
    GString *line = g_string_new(NULL);
    g_string_append_printf(line, "%s: %s", name, s->format->name);
    const char *between = ": ";
    if (nn_data_splits(s->format, &folder, there, NULL) == NN_OK)
        for (int i = NN_SPLIT_TRAIN; i < NN_SPLITS; i++)
            if (there[i]) {
                g_string_append_printf(line, "%s%s", between, nn_split_name((nn_split)i));
                between = ", ";
            }
    if (nn_data_kind_facts(s->format->kind)->whole && !s->format->numbered &&
        nn_data_names(s->format, &folder, &names, NULL, NULL) == NN_OK && names.count > 0)
        g_string_append_printf(line, "%s%d class%s", between, names.count,
                               names.count == 1 ? "" : "es");
    nn_names_release(&names);
    fprintf(stderr, "%s\n", line->str);
    g_string_free(line, TRUE);
}

nn_folder app_source_describe(const app_data_options *all, const app_source *s, const char *list)
{
    return (nn_folder){.path = s->path,
                       .list = list,
                       .label_dir = s->label_dir,
                       .numbers = &all->numbers,
                       .fallback = &all->fallback,
                       .details = all->details,
                       .keypoints = all->keypoint_set.count > 0 ? &all->keypoint_set : NULL,
                       .store = s->store,
                       .masks = nn_data_kind_facts(all->kind)->pixels};
}

// Whether the files of a source name all classes in it.
static bool names_all(const app_source *s)
{
    return s->format && !s->format->numbered && (s->store || s->format->names) &&
           !(s->store && nn_annotation_store_survey(s->store)->fell_back);
}

nn_status app_data_options_check_labels(const app_data_options *s, const nn_names *labels,
                                        int count, const nn_names *learnt, const nn_class_map *map,
                                        const nn_names *names, nn_error *err)
{
    int first = nn_data_kind_facts(s->kind)->first_class;
    nn_status status = NN_OK;
    for (int i = 0; i < s->count; i++) {
        if (s->list[i].video && first == 0)
            first = 1;
        if (app_source_is_folder(&s->list[i]) && !names_all(&s->list[i]))
            return NN_OK;
    }
    for (int label = first; label < count && status == NN_OK; label++) {
        const char *name = labels->name[label];
        bool there = nn_names_find(names, name) >= 0; // also when --map drops it
        there = there || (learnt && nn_names_find(learnt, name) >= 0);
        for (int i = 0; i < names->count && !there; i++)
            there = nn_class_map_get(map, i) == label;
        if (!there && names->count > 0)
            status = nn_names_miss(names, "--classes", labels->name[label], "the data", err);
    }
    return status;
}

void app_source_close(app_source *s)
{
    nn_annotation_store_free(s->store);
    s->store = NULL;
}

nn_status app_source_open(const app_data_options *all, app_source *s, nn_error *err)
{
    // Names that came later may name the numbers of this source.
    if (s->store && nn_annotation_store_survey(s->store)->numbered && all->fallback.count > 0)
        app_source_close(s);
    nn_status status = s->format ? NN_OK : find_format(&s->format, s->path, all->kind, err);
    if (status == NN_OK && !s->format->read && !s->told) {
        s->told = true;
        tell_format(all, s);
    }
    if (status != NN_OK || s->store || !s->format->read)
        return status;
    const nn_folder folder = app_source_describe(all, s, NULL);
    status = nn_annotation_store_read(&s->store, s->format, &folder, err);
    if (status == NN_OK && !s->told)
        tell(s);
    s->told = true;
    return status;
}
