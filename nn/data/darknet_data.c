// SPDX-License-Identifier: MIT
// Data sets of Darknet, and CVAT's export "YOLO 1.1": obj.data names a file of class names and, for
// train and valid, lists of pictures, whose labels lie beside them or in labels/.
#include "nn/data/label_files.h"
#include "nn/data/yolo_labels.h"
#include "nn/io/text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct description {
    char path[PATH_MAX], base[PATH_MAX];
    char names[PATH_MAX], lists[NN_SPLITS][PATH_MAX]; // "": not given
} description;

// The file itself, or the only .data file of a folder.
static nn_status find_file(description *d, const char *path, nn_error *err)
{
    nn_names list;
    if (nn_folder_ends(path, ".data")) {
        nn_status status = nn_folder_join(d->path, err, "%s", path);
        return status == NN_OK ? nn_path_folder(d->base, path, err) : status;
    }
    nn_status status = nn_folder_list(&list, path, ".data", err);
    if (status != NN_OK)
        return status;
    status = list.count != 1
                 ? nn_fail(err, NN_ENOTFOUND, "%s: %d files of Darknet (.data) in it: name one",
                           path, list.count)
                 : nn_folder_join(d->path, err, "%s/%s", path, list.name[0]);
    nn_names_release(&list);
    return status == NN_OK ? nn_folder_join(d->base, err, "%s", path) : status;
}

// Copies the value of a line "key = value".
static bool take_value(char *out, const char *line, const char *key)
{
    line += strspn(line, " \t");
    const size_t length = strlen(key);
    if (strncmp(line, key, length) != 0)
        return false;
    line += length;
    line += strspn(line, " \t");
    if (*line != '=')
        return false;
    line += 1 + strspn(line + 1, " \t");
    size_t n = strlen(line);
    while (n > 0 && strchr(" \t\r\n", line[n - 1]))
        n--;
    if (n >= PATH_MAX)
        return false;
    memcpy(out, line, n);
    out[n] = '\0';
    return true;
}

static nn_status read_description(description *d, nn_error *err)
{
    char line[PATH_MAX + 64];
    nn_text text;
    nn_status status = nn_text_open(&text, d->path, err);
    if (status != NN_OK)
        return status;
    while (nn_text_next(&text, line, sizeof line))
        (void)(take_value(d->names, line, "names") ||
               take_value(d->lists[NN_SPLIT_TRAIN], line, "train") ||
               take_value(d->lists[NN_SPLIT_VAL], line, "valid") ||
               take_value(d->lists[NN_SPLIT_TEST], line, "test"));
    return nn_text_close(&text, d->path, err);
}

// Paths in these files are relative to the folder where Darknet was started: takes the longest tail
// that exists.
static nn_status locate(char *path, const description *d, const char *name, nn_error *err)
{
    static const char *const below[] = {"", NULL};
    if (name[0] == '/' && access(name, F_OK) == 0)
        return nn_folder_join(path, err, "%s", name);
    for (const char *tail = name; tail; tail = strchr(tail, '/')) {
        tail += *tail == '/';
        nn_status status = nn_folder_locate(path, d->base, below, tail, err);
        if (status != NN_OK || access(path, F_OK) == 0)
            return status;
    }
    return nn_folder_join(path, err, "%s/%s", d->base, name);
}

static nn_status read_picture(nn_annotation_reader *r, const description *d, const nn_names *names,
                              nn_split split, const char *line, nn_error *err)
{
    char path[PATH_MAX], labels[PATH_MAX];
    nn_status status = locate(path, d, line, err);
    if (status == NN_OK)
        status = nn_annotation_begin(r, path, err);
    if (status == NN_OK)
        status = nn_yolo_labels_path(labels, path, NULL, err);
    r->picture.split = split;
    if (status == NN_OK)
        status = nn_yolo_labels_read(r, labels, names, err);
    return status == NN_OK ? nn_annotation_end(r, err) : status;
}

static nn_status read_list(nn_annotation_reader *r, const description *d, const nn_names *names,
                           nn_split split, nn_error *err)
{
    char path[PATH_MAX], line[PATH_MAX];
    nn_text text;
    nn_status status = locate(path, d, d->lists[split], err);
    // CVAT names a list of validation pictures that it does not write.
    if (status == NN_OK && access(path, F_OK) != 0 && split != NN_SPLIT_TRAIN)
        return NN_OK;
    if (status == NN_OK)
        status = nn_text_open(&text, path, err);
    if (status != NN_OK)
        return status;
    while (status == NN_OK && nn_text_next(&text, line, sizeof line))
        if (line[strspn(line, " \t")] != '\0')
            status = read_picture(r, d, names, split, line + strspn(line, " \t"), err);
    const nn_status closed = nn_text_close(&text, path, status == NN_OK ? err : NULL);
    return status == NN_OK ? closed : status;
}

static nn_status read_set(nn_annotation_reader *r, const nn_folder *f, nn_error *err)
{
    description d = {0};
    nn_names names = {0};
    char path[PATH_MAX];
    nn_status status = find_file(&d, f->path, err);
    if (status == NN_OK)
        status = read_description(&d, err);
    if (status == NN_OK && d.names[0])
        status = locate(path, &d, d.names, err);
    if (status == NN_OK && d.names[0])
        status = nn_names_load(&names, path, err);
    if (status == NN_OK)
        status = nn_annotation_classes(r, &names, err);
    if (status == NN_OK && !d.lists[NN_SPLIT_TRAIN][0] && !d.lists[NN_SPLIT_VAL][0])
        status = nn_fail(err, NN_EFORMAT, "%s: names no pictures (train =, valid =)", d.path);
    for (int split = NN_SPLIT_TRAIN; split < NN_SPLITS && status == NN_OK; split++)
        if (d.lists[split][0])
            status = read_list(r, &d, &names, (nn_split)split, err);
    nn_names_release(&names);
    return status;
}

static bool recognise(const char *path)
{
    nn_names list;
    if (nn_folder_ends(path, ".data"))
        return true;
    if (nn_folder_list(&list, path, ".data", NULL) != NN_OK)
        return false;
    const bool any = list.count > 0;
    nn_names_release(&list);
    return any;
}

const nn_data_format nn_data_darknet_data = {
    .name = "Darknet",
    .looks_like = "obj.data (Darknet, CVAT's YOLO 1.1)",
    .kind = NN_DATA_BOXES,
    .recognise = recognise,
    .read = read_set,
};
