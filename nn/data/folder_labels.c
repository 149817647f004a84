// SPDX-License-Identifier: MIT
// The classes that folders of labelled pictures have, by their names.
#include "nn/data/folder_labels.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

nn_status nn_folder_class_file(nn_names *names, const char *dir, nn_error *err)
{
    char path[PATH_MAX];
    *names = (nn_names){0};
    if (!dir || !nn_folder_has(dir, "classes.txt"))
        return NN_OK;
    nn_status status = nn_folder_join(path, err, "%s/classes.txt", dir);
    return status == NN_OK ? nn_names_load(names, path, err) : status;
}

nn_status nn_folder_add_names(nn_names *names, const nn_folder *f, nn_data_kind kind, bool numbers,
                              bool *ordered, nn_error *err)
{
    const nn_data_format *format;
    nn_folder given = *f;
    given.masks = nn_data_kind_facts(kind)->pixels;
    nn_status status = nn_data_find(&format, f->path, kind, err);
    if (ordered)
        *ordered = false;
    if (status != NN_OK || (format->numbered && !numbers))
        return status;
    return nn_data_names(format, &given, names, ordered, err);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

nn_status nn_folder_labels(nn_names *labels, const nn_folder *folders, int count, nn_data_kind kind,
                           nn_error *err)
{
    nn_status status = NN_OK;
    *labels = (nn_names){0};
    if (nn_data_kind_facts(kind)->unlabelled)
        return NN_OK;
    for (int i = 0; i < count && status == NN_OK && labels->count == 0; i++)
        status = nn_folder_class_file(labels, folders[i].path, err);
    const bool filed = labels->count > 0;
    bool ordered = true;
    for (int i = 0; i < count && status == NN_OK; i++) {
        bool in_order = true;
        status = nn_folder_add_names(labels, &folders[i], kind, !filed, &in_order, err);
        ordered = ordered && in_order;
    }
    if (status == NN_OK && labels->count == 0)
        status = nn_fail(err, NN_EINVAL, NN_NO_CLASS_NAMES);
    // An order that does not depend on which picture comes first. The numbers in masks have one.
    if (status == NN_OK && !filed && !ordered && !nn_data_kind_facts(kind)->pixels)
        qsort(labels->name, (size_t)labels->count, sizeof(char *), compare);
    if (status != NN_OK)
        nn_names_release(labels);
    return status;
}

// The classes that the files of a folder name, for masks behind the names of their numbers.
static nn_status name_classes(nn_names *names, const nn_folder *f, nn_data_kind kind,
                              const nn_names *labels, nn_error *err)
{
    nn_status status = NN_OK;
    if (nn_data_kind_facts(kind)->pixels) {
        status = nn_folder_class_file(names, f->path, err);
        if (status == NN_OK && names->count == 0)
            status = nn_folder_add_names(names, f, kind, true, NULL, err);
        if (status == NN_OK && names->count == 0)
            status = nn_names_copy(names, (const char *const *)labels->name, labels->count, err);
    }
    return status == NN_OK ? nn_folder_add_names(names, f, kind, false, NULL, err) : status;
}

nn_status nn_folder_load(nn_dataset *d, const char *path, const char *list, nn_data_kind kind,
                         unsigned details, const nn_names *labels, nn_error *err)
{
    const nn_source source = {.path = (char *)path};
    nn_class_map map;
    nn_names names = {0};
    nn_folder f = {.path = path,
                   .list = list,
                   .source = &source,
                   .names = &names,
                   .map = &map,
                   .fallback = labels,
                   .details = details};
    nn_status status = name_classes(&names, &f, kind, labels, err);
    if (status == NN_OK)
        status = nn_class_map_build(&map, &names, labels, NULL, err);
    if (status == NN_OK)
        status = nn_dataset_add_folder(d, &f, kind, err);
    nn_names_release(&names);
    return status;
}
