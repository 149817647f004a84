// SPDX-License-Identifier: MIT
// Data sets in the YOLO layout without a description: pictures below DIR/images, or
// DIR/train/images and so on, and labels below labels/ beside that. Class names are in
// DIR/classes.txt or in that of labels/.
#include "nn/data/label_files.h"
#include "nn/data/yolo_labels.h"

typedef struct reading {
    nn_annotation_reader *r;
    const char *label_dir;
    nn_names names;
} reading;

static nn_status read_picture(void *ctx, const char *path, nn_error *err)
{
    reading *d = ctx;
    char labels[PATH_MAX];
    nn_status status = nn_annotation_begin(d->r, path, err);
    if (status == NN_OK)
        status = nn_yolo_labels_path(labels, path, d->label_dir, err);
    if (status == NN_OK)
        status = nn_yolo_labels_read(d->r, labels, &d->names, err);
    return status == NN_OK ? nn_annotation_end(d->r, err) : status;
}

static nn_status find_names(reading *d, const char *path, nn_error *err)
{
    char labels[PATH_MAX];
    nn_status status = nn_yolo_names_read(&d->names, path, err);
    if (status != NN_OK || d->names.count > 0 || !nn_folder_has(path, "labels"))
        return status;
    status = nn_folder_join(labels, err, "%s/labels", path);
    return status == NN_OK ? nn_yolo_names_read(&d->names, labels, err) : status;
}

// Reads the pictures of DIR/images, or of the folders in DIR that have an images/.
static nn_status walk(reading *d, const char *path, nn_error *err)
{
    char below[PATH_MAX];
    nn_names list;
    if (nn_folder_has(path, "images")) {
        nn_status status = nn_folder_join(below, err, "%s/images", path);
        return status == NN_OK
                   ? nn_folder_walk(below, NN_WALK_DEPTH, nn_folder_pictures, read_picture, d, err)
                   : status;
    }
    nn_status status = nn_folder_list(&list, path, NULL, err);
    for (int i = 0; i < list.count && status == NN_OK; i++) {
        status = nn_folder_join(below, err, "%s/%s/images", path, list.name[i]);
        if (status == NN_OK && nn_folder_has(below, "."))
            status = nn_folder_walk(below, NN_WALK_DEPTH, nn_folder_pictures, read_picture, d, err);
    }
    nn_names_release(&list);
    return status;
}

static nn_status read_set(nn_annotation_reader *r, const nn_folder *f, nn_error *err)
{
    reading d = {.r = r, .label_dir = f->label_dir};
    nn_status status = find_names(&d, f->path, err);
    if (status == NN_OK)
        status = nn_annotation_classes(r, &d.names, err);
    if (status == NN_OK)
        status = walk(&d, f->path, err);
    nn_names_release(&d.names);
    return status;
}

static bool recognise(const char *path)
{
    static const char *const splits[] = {"train", "valid", "val", "test"};
    if (nn_folder_has(path, "images"))
        return !nn_folder_has(path, "masks") || nn_folder_has(path, "labels");
    for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
        char below[PATH_MAX];
        if (nn_folder_join(below, NULL, "%s/%s", path, splits[i]) == NN_OK &&
            nn_folder_has(below, "images") && nn_folder_has(below, "labels"))
            return true;
    }
    return false;
}

const nn_data_format nn_data_yolo = {
    .name = "YOLO",
    .looks_like = "images/ with labels/",
    .kind = NN_DATA_BOXES,
    .outlines = true,
    .label_dir = true,
    .recognise = recognise,
    .read = read_set,
};
