// SPDX-License-Identifier: MIT
// Annotations of Pascal VOC in any folder: NAME.xml beside NAME.jpg, as labelImg and Roboflow write
// them, or in a folder annotations/ or Annotations/ beside the pictures' one.
#include "nn/data/label_files.h"
#include "nn/data/voc_xml.h"
#include "nn/io/file.h"

#include <string.h>
#include <unistd.h>

static nn_status add_object(void *ctx, const nn_voc_object *o, nn_error *err)
{
    nn_annotation_reader *r = ctx;
    nn_annotation a = {
        .x0 = o->x0, .y0 = o->y0, .x1 = o->x1, .y1 = o->y1, .score = 1, .ignore = o->difficult};
    a.class_index = nn_annotation_class(r, o->name, strlen(o->name), err);
    return a.class_index < 0 ? err->status : nn_annotation_add(r, &a, err);
}

static nn_status nothing(void *ctx, const nn_voc_object *o, nn_error *err)
{
    (void)ctx;
    (void)o;
    (void)err;
    return NN_OK;
}

// Beside the annotation, or where data sets usually have their pictures.
static nn_status locate(char *picture, const char *path, const nn_voc_picture *told, nn_error *err)
{
    static const char *const below[] = {"", "images", "JPEGImages", "imgs", NULL};
    char folder[PATH_MAX], above[PATH_MAX];
    nn_error why;
    nn_status status = nn_label_files_picture(picture, path, &why);
    if (status == NN_OK)
        status = nn_path_folder(folder, path, err);
    else if (status == NN_EFORMAT && told->filename[0] &&
             nn_path_folder(folder, path, &why) == NN_OK &&
             nn_folder_join(above, &why, "%s/..", folder) == NN_OK &&
             nn_folder_locate(picture, above, below, told->filename, &why) == NN_OK &&
             access(picture, F_OK) == 0)
        return NN_OK;
    return status == NN_OK
               ? NN_OK
               : nn_fail(err, status,
                         "%s: its picture is neither beside it nor in images/ or JPEGImages/",
                         path);
}

static nn_status read_file(void *ctx, const char *path, nn_error *err)
{
    nn_annotation_reader *r = ctx;
    nn_file xml;
    nn_voc_picture told;
    nn_error why = {0};
    char picture[PATH_MAX];
    nn_status status = nn_file_map(&xml, path, err);
    if (status != NN_OK)
        return status;
    status = nn_voc_parse(&told, xml.bytes, xml.size, nothing, NULL, &why);
    if (status == NN_EFORMAT)
        nn_fail_prefix(&why, status, "%s", path);
    if (status == NN_OK)
        status = locate(picture, path, &told, &why);
    const nn_status begun = nn_annotation_begin(r, status == NN_OK ? picture : path, err);
    if (status == NN_ENOMEM || begun != NN_OK) {
        nn_file_unmap(&xml);
        return begun != NN_OK ? begun : nn_fail(err, status, "%s", why.text);
    }
    if (status != NN_OK)
        nn_annotation_skip(r, "%s", why.text);
    r->picture.width = told.width;
    r->picture.height = told.height;
    status = status == NN_OK ? nn_voc_parse(&told, xml.bytes, xml.size, add_object, r, err) : NN_OK;
    nn_file_unmap(&xml);
    return status == NN_OK ? nn_annotation_end(r, err) : status;
}

static nn_status read_set(nn_annotation_reader *r, const nn_folder *f, nn_error *err)
{
    return nn_folder_walk(f->path, NN_WALK_DEPTH, ".xml", read_file, r, err);
}

static bool holds_xml(const char *path, const char *name)
{
    nn_names list;
    char folder[PATH_MAX];
    if (nn_folder_join(folder, NULL, "%s/%s", path, name) != NN_OK ||
        nn_folder_list(&list, folder, ".xml", NULL) != NN_OK)
        return false;
    const bool any = list.count > 0;
    nn_names_release(&list);
    return any;
}

static bool recognise(const char *path)
{
    return nn_label_files_beside(path, ".xml") || holds_xml(path, "annotations") ||
           holds_xml(path, "Annotations");
}

const nn_data_format nn_data_label_img = {
    .name = "Pascal VOC beside the pictures",
    .looks_like = "NAME.xml beside NAME.jpg (labelImg)",
    .kind = NN_DATA_BOXES,
    .recognise = recognise,
    .read = read_set,
};
