// SPDX-License-Identifier: MIT
// Lists of pictures as Darknet and Ultralytics take them: a text file with the path of a picture on
// each line. YOLO labels are in labels/ beside images/, or beside the pictures; class names are
// near the list.
#include "nn/data/label_files.h"
#include "nn/data/yolo_labels.h"
#include "nn/io/text.h"

#include <string.h>
#include <unistd.h>

typedef struct reading {
    nn_annotation_reader *r;
    char base[PATH_MAX]; // folder of the list
    nn_names names;
} reading;

// Paths may belong to another machine or another working folder: takes the longest tail that exists
// below the folder of the list.
static nn_status locate(char *path, const char *base, const char *name, nn_error *err)
{
    static const char *const below[] = {"", NULL};
    if (name[0] == '/' && access(name, F_OK) == 0)
        return nn_folder_join(path, err, "%s", name);
    for (const char *tail = name; tail; tail = strpbrk(tail, "/\\")) {
        tail += *tail == '/' || *tail == '\\';
        nn_status status = *tail ? nn_folder_locate(path, base, below, tail, err) : NN_OK;
        if (status != NN_OK || (*tail && access(path, F_OK) == 0))
            return status;
    }
    return nn_folder_locate(path, base, below, name, err);
}

static nn_status read_picture(reading *d, const char *line, nn_error *err)
{
    char path[PATH_MAX], labels[PATH_MAX];
    nn_status status = locate(path, d->base, line, err);
    if (status == NN_OK)
        status = nn_annotation_begin(d->r, path, err);
    if (status == NN_OK)
        status = nn_yolo_labels_path(labels, path, NULL, err);
    d->r->picture.split = NN_SPLIT_NONE; // everything in the list is wanted
    if (status == NN_OK)
        status = nn_yolo_labels_read(d->r, labels, &d->names, err);
    return status == NN_OK ? nn_annotation_end(d->r, err) : status;
}

// Finds the class names in the folder of the list, or in its parent.
static nn_status find_names(reading *d, nn_error *err)
{
    char above[PATH_MAX];
    nn_status status = nn_yolo_names_read(&d->names, d->base, err);
    if (status != NN_OK || d->names.count > 0)
        return status;
    status = nn_folder_join(above, err, "%s/..", d->base);
    return status == NN_OK ? nn_yolo_names_read(&d->names, above, err) : status;
}

static nn_status read_lines(reading *d, const char *path, nn_error *err)
{
    char line[PATH_MAX];
    nn_text text;
    nn_status status = nn_text_open(&text, path, err);
    if (status != NN_OK)
        return status;
    while (status == NN_OK && nn_text_next(&text, line, sizeof line)) {
        size_t length = strlen(line);
        while (length > 0 && strchr(" \t\r\n", line[length - 1]))
            line[--length] = '\0';
        const char *name = line + strspn(line, " \t");
        if (*name)
            status = read_picture(d, name, err);
    }
    const nn_status closed = nn_text_close(&text, path, status == NN_OK ? err : NULL);
    return status == NN_OK ? closed : status;
}

static nn_status read_set(nn_annotation_reader *r, const nn_folder *f, nn_error *err)
{
    reading d = {.r = r};
    nn_status status = nn_path_folder(d.base, f->path, err);
    if (status == NN_OK)
        status = find_names(&d, err);
    if (status == NN_OK)
        status = nn_annotation_classes(r, &d.names, err);
    if (status == NN_OK)
        status = read_lines(&d, f->path, err);
    nn_names_release(&d.names);
    return status;
}

// Recognises a list by its first line that is not blank.
static bool recognise(const char *path)
{
    char line[PATH_MAX];
    nn_text text;
    bool found = false, blank = true;
    if (!nn_folder_ends(path, ".txt") || nn_text_open(&text, path, NULL) != NN_OK)
        return false;
    while (blank && nn_text_next(&text, line, sizeof line)) {
        line[strcspn(line, "\r\n")] = '\0';
        blank = line[strspn(line, " \t")] == '\0';
        found = nn_folder_ends(line, nn_folder_pictures);
    }
    nn_text_close(&text, path, NULL);
    return found;
}

const nn_data_format nn_data_picture_list = {
    .name = "list of pictures",
    .looks_like = "a .txt with a picture a line (Darknet, Ultralytics)",
    .kind = NN_DATA_BOXES,
    .outlines = true,
    .recognise = recognise,
    .read = read_set,
};
