// SPDX-License-Identifier: MIT
// Data sets with a folder for each class: DIR/CLASS/*.jpg, or DIR/LIST/CLASS/*.jpg.
#include "nn/data/folder.h"

#include <limits.h>
#include <string.h>

static nn_status list_classes(nn_names *list, char *root, const nn_folder *f, nn_error *err)
{
    nn_status status =
        nn_folder_join(root, err, "%s%s%s", f->path, f->list ? "/" : "", f->list ? f->list : "");
    return status == NN_OK ? nn_folder_list(list, root, NULL, err) : status;
}

static nn_status name_classes(const nn_folder *f, nn_names *names, nn_error *err)
{
    char root[PATH_MAX];
    nn_names list;
    nn_status status = list_classes(&list, root, f, err);
    if (status != NN_OK)
        return status;
    for (int i = 0; i < list.count && status == NN_OK; i++)
        if (nn_names_find(names, list.name[i]) < 0)
            status = nn_names_add(names, list.name[i], strlen(list.name[i]), err);
    nn_names_release(&list);
    return status;
}

typedef struct reading {
    nn_dataset *data;
    const nn_folder *folder;
    int source, wanted, left_out;
} reading;

static nn_status add_class(reading *r, const char *root, const char *name, nn_error *err)
{
    char path[PATH_MAX];
    nn_names pictures;
    int32_t label = nn_class_map_get(r->folder->map, nn_names_find(r->folder->names, name));
    nn_status status = nn_folder_join(path, err, "%s/%s", root, name);
    if (status == NN_OK)
        status = nn_folder_list(&pictures, path, nn_folder_pictures, err);
    if (status != NN_OK)
        return status;
    for (int i = 0; i < pictures.count && status == NN_OK; i++) {
        if (r->folder->filter && !r->folder->filter(r->folder->filter_ctx, pictures.name[i]))
            continue;
        r->wanted++;
        if (label < 0) {
            r->left_out++;
            continue;
        }
        nn_sample s = {.source = r->source};
        status = nn_folder_join(path, err, "%s/%s/%s", root, name, pictures.name[i]);
        if (status == NN_OK)
            status = nn_folder_open_picture(r->data, &s, path, err);
        if (status == NN_OK)
            status = nn_folder_add_class(&s, label, err);
        status = status == NN_OK ? nn_dataset_add(r->data, &s, err) : nn_folder_drop(&s, status);
    }
    nn_names_release(&pictures);
    return status;
}

static nn_status add(nn_dataset *d, const nn_folder *f, nn_error *err)
{
    char root[PATH_MAX];
    nn_names list;
    reading r = {.data = d, .folder = f};
    nn_status status = list_classes(&list, root, f, err);
    if (status != NN_OK)
        return status;
    status = nn_dataset_add_source(d, f->source, &r.source, err);
    for (int i = 0; i < list.count && status == NN_OK; i++)
        status = add_class(&r, root, list.name[i], err);
    nn_names_release(&list);
    return status == NN_OK ? nn_folder_finish(d, f, r.wanted, r.left_out, err) : status;
}

const nn_data_format nn_data_class_folders = {
    .name = "class folders",
    .looks_like = "a folder for each class",
    .kind = NN_DATA_CLASSES,
    .vague = true,
    .recognise = nn_folder_has_folders,
    .names = name_classes,
    .add = add,
};
