// SPDX-License-Identifier: MIT
// Reads masks from polygons and run lengths in COCO's JSON. Small objects are painted over large
// ones, pixels without object are background, and crowds are ignored.
#include "nn/data/coco_read.h"

#include "nn/base/memory.h"
#include "nn/io/image/exif_orientation.h"

#include <string.h>

typedef struct reading {
    nn_dataset *data;
    const nn_folder *folder;
    nn_coco_reader coco;
    int source, wanted, turned;
} reading;

static int32_t label_of(const reading *r, const char *category)
{
    return nn_class_map_get(r->folder->map, nn_names_find(r->folder->names, category));
}

static bool wants(void *ctx, const char *category)
{
    return label_of(ctx, category) != NN_CLASS_DROP;
}

// Paints the annotations in their order.
static nn_status paint(const reading *r, nn_sample *s, const nn_coco_image *image, int orientation,
                       nn_error *err)
{
    const bool turns = nn_exif_swaps_axes(orientation);
    const int width = turns ? s->height : s->width, height = turns ? s->width : s->height;
    const size_t pixels = (size_t)width * (size_t)height;
    uint8_t *labels = nn_calloc(turns ? 2 * pixels : pixels, 1);
    nn_status status =
        labels ? NN_OK
               : nn_fail(err, NN_ENOMEM, "no memory for a mask of %dx%d", s->width, s->height);
    for (int64_t i = 0; i < image->count && status == NN_OK; i++) {
        const nn_coco_annotation *a = &image->list[i];
        const int32_t label = label_of(r, r->coco.categories.name[a->category]);
        status = nn_coco_shape_paint(&a->shape, labels, width, height,
                                     a->crowd || label < 0 ? NN_MASK_IGNORE : (uint8_t)label);
        if (status == NN_ENOMEM)
            nn_fail(err, status, "no memory to paint a polygon");
        if (status != NN_ESHAPE)
            continue;
        nn_dataset_note(r->data, 1, "%s: is %dx%d, a segmentation of it %dx%d, picture skipped",
                        s->name, width, height, a->shape.width, a->shape.height);
        status = NN_EFORMAT;
    }
    if (status == NN_OK && turns)
        nn_exif_apply_plane(labels + pixels, labels, width, height, orientation);
    if (status == NN_OK)
        status = nn_folder_take_mask(s, turns ? labels + pixels : labels, err);
    nn_free(labels);
    return status;
}

// NN_EFORMAT, noted and counted, when an annotation cannot be used.
static nn_status check(const reading *r, const nn_coco_image *image)
{
    for (int64_t i = 0; i < image->count; i++)
        if (image->list[i].wrong) {
            nn_dataset_note(r->data, 1, "%s: annotation %lld: %s, picture skipped",
                            r->coco.file->path, (long long)image->list[i].index,
                            image->list[i].wrong);
            return NN_EFORMAT;
        }
    return NN_OK;
}

static nn_status visit(void *ctx, const nn_coco_image *image, nn_error *err)
{
    reading *r = ctx;
    const nn_folder *f = r->folder;
    nn_sample s = {.source = r->source};
    if (!image->path) {
        nn_dataset_note(r->data, 1, "%s: image %lld has no id or no proper file_name, skipped",
                        r->coco.file->path, (long long)image->index);
        return NN_OK;
    }
    const char *slash = strrchr(image->name, strchr(image->name, '/') ? '/' : '\\');
    if (f->filter && !f->filter(f->filter_ctx, slash ? slash + 1 : image->name))
        return NN_OK;
    r->wanted++;
    nn_status status = nn_folder_open_picture(r->data, &s, image->path, err);
    const int orientation =
        status == NN_OK ? nn_folder_find_exif(&s, image->width, image->height) : 1;
    if (orientation == 0) {
        nn_dataset_note(r->data, 1, "%s: is %dx%d, its labels are for %dx%d, picture skipped",
                        image->path, s.width, s.height, image->width, image->height);
        status = NN_EFORMAT;
    }
    r->turned += orientation > 1;
    if (status == NN_OK)
        status = check(r, image);
    if (status == NN_OK)
        status = paint(r, &s, image, orientation, err);
    return status == NN_OK ? nn_dataset_add(r->data, &s, err) : nn_folder_drop(&s, status);
}

static void take_note(void *ctx, const char *line)
{
    nn_dataset_note(((const reading *)ctx)->data, 0, "%s", line);
}

static nn_status read_one(reading *r, const nn_coco_file *file, nn_error *err)
{
    r->coco = (nn_coco_reader){
        .shapes = true, .masks = true, .wants = wants, .visit = visit, .note = take_note, .ctx = r};
    r->turned = 0;
    const nn_status status = nn_coco_read(&r->coco, file, err);
    nn_folder_note_exif(r->data, file->path, r->turned);
    if (status == NN_OK && r->coco.unwanted > 0)
        nn_dataset_note(
            r->data, 0,
            "%s: %lld objects of classes that the model does not have count as background",
            file->path, (long long)r->coco.unwanted);
    return status;
}

static nn_status add(nn_dataset *d, const nn_folder *f, nn_error *err)
{
    reading r = {.data = d, .folder = f};
    nn_coco_file *files = nn_calloc(NN_SPLITS, sizeof *files);
    int count = 0;
    if (!files)
        return nn_fail(err, NN_ENOMEM, "no memory for the names of files");
    nn_status status = nn_dataset_add_source(d, f->source, &r.source, err);
    if (status == NN_OK)
        status = nn_coco_find_files(files, &count, f, err);
    for (int i = 0; i < count && status == NN_OK; i++)
        if (f->list || files[i].split != NN_SPLIT_TEST)
            status = read_one(&r, &files[i], err);
    if (status == NN_OK && r.wanted == 0)
        status = nn_fail(err, NN_ENOTFOUND, "%s: no picture%s", files->path,
                         f->filter ? " that is asked for" : "");
    nn_free(files);
    return status;
}

static nn_status name_classes(const nn_folder *f, nn_names *names, nn_error *err)
{
    static const char background[] = "background";
    nn_status status = NN_OK;
    if (nn_names_find(names, background) < 0)
        status = nn_names_add(names, background, strlen(background), err);
    return status == NN_OK ? nn_coco_names(f, names, err) : status;
}

const nn_data_format nn_data_coco_masks = {
    .name = "COCO masks",
    .looks_like = "annotations/*.json with segmentations",
    .kind = NN_DATA_MASKS,
    .late = true,
    .recognise = nn_coco_recognise,
    .names = name_classes,
    .add = add,
};
