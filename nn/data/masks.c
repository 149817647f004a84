// SPDX-License-Identifier: MIT
// Data sets of pictures and masks: every picture of DIR/images with DIR/masks/NAME.png of the
// same size, whose grey levels or palette places are class numbers; 0 is the background, 255 is to
// be ignored. DIR/classes.txt names the numbers, a line each, from 0 on.
#include "nn/data/folder.h"

#include <limits.h>
#include <string.h>

typedef struct reading {
    nn_dataset *data;
    const nn_folder *folder;
    int source;
} reading;

static nn_status add_picture(void *ctx, const char *name, nn_error *err)
{
    const reading *r = ctx;
    nn_dataset *d = r->data;
    const nn_folder *f = r->folder;
    char picture[PATH_MAX], mask[PATH_MAX];
    const int stem = (int)(strrchr(name, '.') - name);
    nn_status status = nn_folder_join(picture, err, "%s/images/%s", f->path, name);
    if (status == NN_OK)
        status = nn_folder_join(mask, err, "%s/masks/%.*s.png", f->path, stem, name);
    if (status != NN_OK)
        return status;
    nn_sample s = {.source = r->source};
    status = nn_folder_open_picture(d, &s, picture, err);
    if (status == NN_OK)
        status = nn_folder_open_mask(d, &s, f, mask, err);
    return status == NN_OK ? nn_dataset_add(d, &s, err) : nn_folder_drop(&s, status);
}

static nn_status add(nn_dataset *d, const nn_folder *f, nn_error *err)
{
    reading r = {.data = d, .folder = f};
    nn_status status = nn_dataset_add_source(d, f->source, &r.source, err);
    return status == NN_OK ? nn_folder_each_picture(f, add_picture, &r, err) : status;
}

static bool recognise(const char *path)
{
    return nn_folder_has(path, "images") && nn_folder_has(path, "masks");
}

const nn_data_format nn_data_masks = {
    .name = "masks",
    .looks_like = "images/ with masks/*.png",
    .kind = NN_DATA_MASKS,
    .numbered = true,
    .recognise = recognise,
    .add = add,
};
