// SPDX-License-Identifier: MIT
// Data sets of pictures alone: all of a folder and of those below it, whatever labels lie beside.
#include "nn/data/pictures.h"

#include <string.h>

enum { LEAST_SIDE = 32 }; // smaller ones show nothing

typedef struct reading {
    nn_dataset *data;
    const nn_folder *folder;
    int source, wanted;
} reading;

static nn_status add_picture(void *ctx, const char *path, nn_error *err)
{
    reading *r = ctx;
    const nn_folder *f = r->folder;
    const char *slash = strrchr(path, '/');
    if (f->filter && !f->filter(f->filter_ctx, slash ? slash + 1 : path))
        return NN_OK;
    r->wanted++;
    nn_sample s = {.source = r->source};
    nn_status status = nn_folder_open_picture(r->data, &s, path, err);
    if (status == NN_OK && (s.width < LEAST_SIDE || s.height < LEAST_SIDE)) {
        nn_dataset_note(r->data, 1, "%s: only %dx%d pixels, picture skipped", path, s.width,
                        s.height);
        status = NN_EFORMAT;
    }
    return status == NN_OK ? nn_dataset_add(r->data, &s, err) : nn_folder_drop(&s, status);
}

nn_status nn_pictures_add(nn_dataset *d, const nn_folder *f, nn_error *err)
{
    reading r = {.data = d, .folder = f};
    nn_status status = nn_dataset_add_source(d, f->source, &r.source, err);
    if (status == NN_OK)
        status = nn_folder_walk(f->path, NN_WALK_DEPTH, nn_folder_pictures, add_picture, &r, err);
    return status == NN_OK ? nn_folder_finish(d, f, r.wanted, 0, err) : status;
}

bool nn_pictures_recognise(const char *path)
{
    return nn_folder_has(path, ".");
}

const nn_data_format nn_data_pictures = {
    .name = "pictures",
    .looks_like = "any folder with pictures; labels do not matter",
    .kind = NN_DATA_PICTURES,
    .vague = true,
    .recognise = nn_pictures_recognise,
    .add = nn_pictures_add,
};
