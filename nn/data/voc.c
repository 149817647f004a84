// SPDX-License-Identifier: MIT
// Data sets in the layout of Pascal VOC: DIR/Annotations/NAME.xml beside DIR/JPEGImages/NAME.jpg, a
// list of names in DIR/ImageSets/Main/LIST.txt. Objects marked difficult become ignore boxes.
#include "nn/base/memory.h"
#include "nn/data/folder.h"
#include "nn/data/voc_xml.h"
#include "nn/io/file.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static nn_status list_stems(nn_names *stems, const nn_folder *f, nn_error *err)
{
    char path[PATH_MAX];
    nn_status status = f->list
                           ? nn_folder_join(path, err, "%s/ImageSets/Main/%s.txt", f->path, f->list)
                           : nn_folder_join(path, err, "%s/Annotations", f->path);
    if (status != NN_OK || f->list)
        return status == NN_OK ? nn_folder_read_stems(stems, path, err) : status;
    status = nn_folder_list(stems, path, ".xml", err);
    for (int i = 0; status == NN_OK && i < stems->count; i++)
        *strrchr(stems->name[i], '.') = '\0';
    return status;
}

static nn_status parse_file(nn_voc_picture *picture, const char *dir, const char *stem,
                            nn_voc_visit *visit, void *ctx, nn_error *err)
{
    char path[PATH_MAX];
    nn_file xml;
    nn_status status = nn_folder_join(path, err, "%s/Annotations/%s.xml", dir, stem);
    if (status == NN_OK)
        status = nn_file_map(&xml, path, err);
    if (status != NN_OK)
        return status;
    status = nn_voc_parse(picture, xml.bytes, xml.size, visit, ctx, err);
    nn_file_unmap(&xml);
    return status == NN_EFORMAT || status == NN_EUNSUPPORTED
               ? nn_fail_prefix(err, status, "%s", path)
               : status;
}

static nn_status add_name(void *ctx, const nn_voc_object *o, nn_error *err)
{
    nn_names *names = ctx;
    if (nn_names_find(names, o->name) >= 0)
        return NN_OK;
    return nn_names_add(names, o->name, strlen(o->name), err);
}

static nn_status name_classes(const nn_folder *f, nn_names *names, nn_error *err)
{
    nn_names stems;
    nn_voc_picture picture;
    nn_status status = list_stems(&stems, f, err);
    if (status != NN_OK)
        return status;
    for (int i = 0; i < stems.count && status == NN_OK; i++) {
        nn_error why = {0};
        status = parse_file(&picture, f->path, stems.name[i], add_name, names, &why);
        if (status == NN_EFORMAT || status == NN_ENOTFOUND || status == NN_EIO)
            status = NN_OK; // reported when its picture is read
        else if (status != NN_OK)
            nn_fail(err, status, "%s", why.text);
    }
    nn_names_release(&stems);
    return status;
}

typedef struct reading {
    nn_dataset *data;
    const nn_folder *folder;
    int source;
    int dropped; // boxes of classes that the model does not have
    int turned;  // pictures whose boxes were made for the stored pixels
    nn_sample sample;
    int capacity; // of sample.truths
} reading;

static nn_status add_object(void *ctx, const nn_voc_object *o, nn_error *err)
{
    reading *r = ctx;
    int32_t label = nn_class_map_get(r->folder->map, nn_names_find(r->folder->names, o->name));
    if (label == NN_CLASS_DROP) {
        r->dropped++;
        return NN_OK;
    }
    bool ignore = label == NN_CLASS_IGNORE || o->difficult;
    const nn_truth t = {o->x0, o->y0, o->x1, o->y1, label < 0 ? -1 : label, ignore, 0};
    return nn_folder_add_truth(&r->sample, &r->capacity, &t, err);
}

// Opens the picture and compares its size with the annotation.
static nn_status open_picture(reading *r, const char *path, const nn_voc_picture *told,
                              nn_error *err)
{
    nn_sample *s = &r->sample;
    nn_status status = nn_folder_open_picture(r->data, s, path, err);
    const int orientation = status == NN_OK ? nn_folder_find_exif(s, told->width, told->height) : 1;
    if (orientation > 0) {
        r->turned += orientation > 1;
        nn_folder_apply_exif(s, orientation);
        return status;
    }
    nn_dataset_note(r->data, 1, "%s: is %dx%d, its boxes are for %dx%d, picture skipped", path,
                    s->width, s->height, told->width, told->height);
    return NN_EFORMAT;
}

static nn_status add_picture(reading *r, const char *stem, const char *name, bool there,
                             nn_error *err)
{
    const char *dir = r->folder->path;
    char path[PATH_MAX];
    nn_voc_picture told;
    nn_error why = {0};
    nn_status status = nn_folder_join(path, err, "%s/JPEGImages/%s", dir, name);
    if (status != NN_OK)
        return status;
    if (!there) {
        nn_dataset_note(r->data, 1, "%s: no such picture, annotation skipped", path);
        return NN_OK;
    }
    r->sample = (nn_sample){.source = r->source};
    r->capacity = 0;
    status = parse_file(&told, dir, stem, add_object, r, &why);
    if (status == NN_EFORMAT || status == NN_ENOTFOUND || status == NN_EIO) {
        nn_dataset_note(r->data, 1, "%s, picture skipped", why.text);
        status = NN_EFORMAT;
    } else if (status != NN_OK) {
        nn_fail(err, status, "%s", why.text);
    } else {
        status = open_picture(r, path, &told, err);
    }
    return status == NN_OK ? nn_dataset_add(r->data, &r->sample, err)
                           : nn_folder_drop(&r->sample, status);
}

static nn_status add(nn_dataset *d, const nn_folder *f, nn_error *err)
{
    nn_names stems;
    nn_status status = list_stems(&stems, f, err);
    if (status != NN_OK)
        return status;
    reading r = {.data = d, .folder = f};
    int wanted = 0;
    status = nn_dataset_add_source(d, f->source, &r.source, err);
    for (int i = 0; i < stems.count && status == NN_OK; i++) {
        char name[PATH_MAX], images[PATH_MAX];
        status = nn_folder_join(images, err, "%s/JPEGImages", f->path);
        if (status != NN_OK)
            break;
        bool there = nn_folder_find_picture(name, sizeof name, images, stems.name[i]);
        if (f->filter && !f->filter(f->filter_ctx, name))
            continue;
        wanted++;
        status = add_picture(&r, stems.name[i], name, there, err);
    }
    nn_names_release(&stems);
    if (status == NN_OK && wanted == 0)
        return nn_fail(err, NN_ENOTFOUND, "%s: no annotated picture%s%s", f->path,
                       f->list     ? " in the list "
                       : f->filter ? " that is asked for"
                                   : "",
                       f->list ? f->list : "");
    nn_folder_note_exif(d, f->path, r.turned);
    if (status == NN_OK && r.dropped > 0)
        nn_dataset_note(d, 0,
                        "%s: %d boxes of classes that the model does not have count as background",
                        f->path, r.dropped);
    return status;
}

static nn_status find_splits(const nn_folder *f, bool there[NN_SPLITS], nn_error *err)
{
    (void)err;
    there[NN_SPLIT_TRAIN] = nn_folder_has(f->path, "ImageSets/Main/train.txt");
    there[NN_SPLIT_VAL] = nn_folder_has(f->path, "ImageSets/Main/val.txt");
    there[NN_SPLIT_TEST] = nn_folder_has(f->path, "ImageSets/Main/test.txt");
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
    .recognise = recognise,
    .names = name_classes,
    .splits = find_splits,
    .add = add,
};
