// SPDX-License-Identifier: MIT
// YOLO label files beside the pictures (labelImg, AlexeyAB's darknet, Roboflow's Darknet export):
// DIR/NAME.txt with DIR/NAME.jpg, also in folders such as train/. Class names are in classes.txt,
// obj.names, _darknet.labels or another .names file.
#include "nn/data/label_files.h"
#include "nn/data/yolo_labels.h"

#include <string.h>

typedef struct reading {
    nn_annotation_reader *r;
    nn_names names;
} reading;

// Reads the names in a folder and in the folders below it, which must agree.
static nn_status find_names(reading *d, const char *path, nn_error *err)
{
    nn_names list, names;
    nn_status status = nn_yolo_names_read(&d->names, path, err);
    if (status != NN_OK || d->names.count > 0)
        return status;
    status = nn_folder_list(&list, path, NULL, err);
    for (int i = 0; i < list.count && status == NN_OK; i++) {
        char below[PATH_MAX];
        names = (nn_names){0};
        status = nn_folder_join(below, err, "%s/%s", path, list.name[i]);
        if (status == NN_OK)
            status = nn_yolo_names_read(&names, below, err);
        if (status == NN_OK && d->names.count == 0) {
            d->names = names;
            continue;
        }
        for (int k = 0; k < names.count && status == NN_OK; k++)
            if (k >= d->names.count || strcmp(names.name[k], d->names.name[k]) != 0)
                status =
                    nn_fail(err, NN_EFORMAT, "%s: names class %d '%s', another folder '%s'", below,
                            k, names.name[k], k < d->names.count ? d->names.name[k] : "not at all");
        nn_names_release(&names);
    }
    nn_names_release(&list);
    return status;
}

static nn_status read_picture(void *ctx, const char *path, nn_error *err)
{
    reading *d = ctx;
    char labels[PATH_MAX];
    nn_status status = nn_annotation_begin(d->r, path, err);
    if (status == NN_OK)
        status = nn_yolo_labels_path(labels, path, NULL, err);
    if (status == NN_OK)
        status = nn_yolo_labels_read(d->r, labels, &d->names, err);
    return status == NN_OK ? nn_annotation_end(d->r, err) : status;
}

static nn_status read_set(nn_annotation_reader *r, const nn_folder *f, nn_error *err)
{
    reading d = {.r = r};
    nn_status status = find_names(&d, f->path, err);
    if (status == NN_OK)
        status = nn_annotation_classes(r, &d.names, err);
    if (status == NN_OK)
        status = nn_folder_walk(f->path, NN_WALK_DEPTH, nn_folder_pictures, read_picture, &d, err);
    nn_names_release(&d.names);
    return status;
}

static bool recognise(const char *path)
{
    return nn_label_files_beside(path, ".txt");
}

const nn_data_format nn_data_yolo_beside = {
    .name = "YOLO beside the pictures",
    .looks_like = "NAME.txt beside NAME.jpg (labelImg, Darknet)",
    .kind = NN_DATA_BOXES,
    .outlines = true,
    .recognise = recognise,
    .read = read_set,
};
