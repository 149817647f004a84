// SPDX-License-Identifier: MIT
// Data sets in the layout of Pascal VOC: DIR/Annotations/NAME.xml beside DIR/JPEGImages/NAME.jpg, a
// list of names in DIR/ImageSets/Main/LIST.txt. Objects marked difficult become ignore boxes.
#include "nn/base/memory.h"
#include "nn/data/folder.h"
#include "nn/data/voc_xml.h"
#include "nn/io/file.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct reading {
    nn_annotation_reader *r;
    const nn_folder *folder;
    char images[PATH_MAX];
    nn_names in[NN_SPLITS]; // sorted names of the lists of splits
} reading;

static nn_status add_object(void *ctx, const nn_voc_object *o, nn_error *err)
{
    nn_annotation_reader *r = ctx;
    nn_annotation a = {
        .x0 = o->x0, .y0 = o->y0, .x1 = o->x1, .y1 = o->y1, .score = 1, .ignore = o->difficult};
    a.class_index = nn_annotation_class(r, o->name, strlen(o->name), err);
    return a.class_index < 0 ? err->status : nn_annotation_add(r, &a, err);
}

// Reads an annotation; one that cannot be read skips its picture.
static nn_status read_file(reading *d, const char *stem, nn_error *err)
{
    char path[PATH_MAX];
    nn_file xml;
    nn_voc_picture told = {0};
    nn_error why = {0};
    nn_status status = nn_folder_join(path, err, "%s/Annotations/%s.xml", d->folder->path, stem);
    if (status != NN_OK)
        return status;
    status = nn_file_map(&xml, path, &why);
    if (status == NN_OK) {
        status = nn_voc_parse(&told, xml.bytes, xml.size, add_object, d->r, &why);
        nn_file_unmap(&xml);
        if (status == NN_EFORMAT || status == NN_EUNSUPPORTED)
            nn_fail_prefix(&why, status, "%s", path);
    }
    d->r->picture.width = told.width;
    d->r->picture.height = told.height;
    if (status != NN_EFORMAT && status != NN_ENOTFOUND && status != NN_EIO)
        return status == NN_OK ? NN_OK : nn_fail(err, status, "%s", why.text);
    nn_annotation_skip(d->r, "%s", why.text);
    return NN_OK;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static nn_split split_of(const reading *d, const char *stem)
{
    for (int i = NN_SPLIT_TRAIN; i < NN_SPLITS; i++)
        if (d->in[i].count > 0 &&
            bsearch(&stem, d->in[i].name, (size_t)d->in[i].count, sizeof stem, compare))
            return (nn_split)i;
    return NN_SPLIT_NONE;
}

static nn_status read_picture(reading *d, const char *stem, nn_error *err)
{
    char path[PATH_MAX], name[PATH_MAX];
    const nn_folder *f = d->folder;
    const bool there = nn_folder_find_picture(name, sizeof name, d->images, stem);
    nn_status status = nn_folder_join(path, err, "%s/%s", d->images, name);
    if (status == NN_OK)
        status = nn_annotation_begin(d->r, path, err);
    if (status != NN_OK)
        return status;
    d->r->picture.split = f->list ? nn_split_named(f->list, strlen(f->list)) : split_of(d, stem);
    if (there)
        status = read_file(d, stem, err);
    else
        nn_annotation_skip(d->r, "%s: no such picture", path);
    return status == NN_OK ? nn_annotation_end(d->r, err) : status;
}

// The file of a list, or of another name for the same split; false: there is none.
static bool find_list(char *name, const char *path, const char *list)
{
    const nn_split split = nn_split_named(list, strlen(list));
    const char *word = list;
    for (int i = 0; word; word = split == NN_SPLIT_NONE ? NULL : nn_split_word(split, i++))
        if (nn_folder_join(name, NULL, "ImageSets/Main/%s.txt", word) == NN_OK &&
            nn_folder_has(path, name))
            return true;
    return false;
}

static nn_status read_list(nn_names *stems, const char *path, const char *list, nn_error *err)
{
    char name[PATH_MAX], file[PATH_MAX];
    if (!find_list(name, path, list))
        return nn_fail(err, NN_ENOTFOUND, "%s/ImageSets/Main/%s.txt: there is no such list", path,
                       list);
    const nn_status status = nn_folder_join(file, err, "%s/%s", path, name);
    return status == NN_OK ? nn_folder_read_stems(stems, file, err) : status;
}

static nn_status list_all(reading *d, nn_names *stems, nn_error *err)
{
    char path[PATH_MAX];
    nn_status status = nn_folder_join(path, err, "%s/Annotations", d->folder->path);
    if (status == NN_OK)
        status = nn_folder_list(stems, path, ".xml", err);
    for (int i = 0; status == NN_OK && i < stems->count; i++)
        *strrchr(stems->name[i], '.') = '\0';
    for (int i = NN_SPLIT_TRAIN; i < NN_SPLITS && status == NN_OK; i++) {
        const char *word = nn_split_name((nn_split)i);
        if (!find_list(path, d->folder->path, word))
            continue;
        status = read_list(&d->in[i], d->folder->path, word, err);
        if (d->in[i].count > 1)
            qsort(d->in[i].name, (size_t)d->in[i].count, sizeof(char *), compare);
    }
    return status;
}

static nn_status read_set(nn_annotation_reader *r, const nn_folder *f, nn_error *err)
{
    reading d = {.r = r, .folder = f};
    nn_names stems = {0};
    nn_status status = nn_folder_join(d.images, err, "%s/JPEGImages", f->path);
    if (status == NN_OK)
        status = f->list ? read_list(&stems, f->path, f->list, err) : list_all(&d, &stems, err);
    for (int i = 0; i < stems.count && status == NN_OK; i++)
        status = read_picture(&d, stems.name[i], err);
    for (int i = 0; i < NN_SPLITS; i++)
        nn_names_release(&d.in[i]);
    nn_names_release(&stems);
    return status;
}

static nn_status find_splits(const nn_folder *f, bool there[NN_SPLITS], nn_error *err)
{
    char name[PATH_MAX];
    (void)err;
    for (int i = NN_SPLIT_TRAIN; i < NN_SPLITS; i++)
        there[i] = find_list(name, f->path, nn_split_name((nn_split)i));
    return NN_OK;
}

static bool recognise(const char *path)
{
    return nn_folder_has(path, "Annotations") && nn_folder_has(path, "JPEGImages");
}

const nn_data_format nn_data_voc = {
    .name = "Pascal VOC",
    .looks_like = "Annotations/*.xml with JPEGImages/",
    .kind = NN_DATA_BOXES,
    .lists = true,
    .recognise = recognise,
    .read = read_set,
    .splits = find_splits,
};
