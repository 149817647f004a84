// SPDX-License-Identifier: MIT
// Reads boxes, outlines, rotated boxes and keypoints from COCO's JSON. Crowds are ignored.
#include "nn/data/coco_read.h"

#include "nn/base/memory.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct reading {
    nn_annotation_reader *r;
    nn_coco_reader coco;
    int classes[NN_CLASS_MAX]; // category -> class of the reader
    int known;                 // categories that have a class so far
} reading;

static nn_status find_classes(reading *d, nn_error *err)
{
    d->r->found.ordered = true;
    for (; d->known < d->coco.categories.count; d->known++) {
        const char *name = d->coco.categories.name[d->known];
        d->classes[d->known] = nn_annotation_class(d->r, name, strlen(name), err);
        if (d->classes[d->known] < 0)
            return err->status;
        int64_t *id = &d->r->found.class_id[d->classes[d->known]];
        const long long number = strtoll(d->coco.category_ids[d->known], NULL, 10);
        *id = *id || number == LLONG_MAX ? *id : 1 + number;
    }
    return NN_OK;
}

// Adds an object with its box and outline. COCO has no rotated boxes; where they are wanted, a
// polygon of four corners is one.
static nn_status add_shape(reading *d, const nn_coco_annotation *a, bool polygons, nn_error *err)
{
    const nn_coco_shape *s = &a->shape;
    nn_annotation one = {.class_index = d->classes[a->category],
                         .x0 = a->x0,
                         .y0 = a->y0,
                         .x1 = a->x1,
                         .y1 = a->y1,
                         .score = 1,
                         .ignore = a->crowd,
                         .area = a->area};
    float *xy;
    int corners;
    nn_status status = nn_coco_shape_join(s, &xy, &corners, err);
    one.rotated = d->r->details & NN_DETAIL_ROTATED && polygons && corners == 4;
    if (status == NN_OK)
        status = corners > 0 ? nn_annotation_add_with_outline(d->r, &one, xy, corners, err)
                             : nn_annotation_add(d->r, &one, err);
    nn_free(xy);
    return status;
}

// Whether run lengths are of a picture of another size than that of the file.
static bool is_of_other_size(const reading *d, const nn_coco_shape *s)
{
    const nn_annotated_picture *p = &d->r->picture;
    return s->runs && p->width > 0 && p->height > 0 &&
           (s->width != p->width || s->height != p->height);
}

static nn_status add_object(reading *d, nn_coco_annotation *a, nn_error *err)
{
    const char *wrong;
    const bool polygons = a->shape.runs == NULL;
    if (is_of_other_size(d, &a->shape)) {
        nn_annotation_skip(d->r, "%s: annotation %lld: its segmentation is of %dx%d pixels",
                           d->coco.file->path, (long long)a->index, a->shape.width,
                           a->shape.height);
        return NN_OK;
    }
    nn_status status = nn_coco_shape_trace(&a->shape, &wrong, err);
    if (wrong) {
        nn_annotation_skip(d->r, "%s: annotation %lld: %s", d->coco.file->path, (long long)a->index,
                           wrong);
        return NN_OK;
    }
    if (status == NN_OK)
        status = add_shape(d, a, polygons, err);
    return status == NN_OK && a->keypoints
               ? nn_annotation_add_keypoints(d->r, a->keypoints, d->r->found.keypoints.count, err)
               : status;
}

static nn_status visit(void *ctx, const nn_coco_image *image, nn_error *err)
{
    reading *d = ctx;
    const nn_coco_file *file = d->coco.file;
    nn_status status = find_classes(d, err);
    if (status == NN_OK)
        status = nn_annotation_begin(d->r, image->path ? image->path : file->path, err);
    if (status != NN_OK)
        return status;
    if (!image->path)
        nn_annotation_skip(d->r, "%s: image %lld has no id or no proper file_name", file->path,
                           (long long)image->index);
    if (image->id && strlen(image->id) < sizeof d->r->picture.id) // a part would be another's
        snprintf(d->r->picture.id, sizeof d->r->picture.id, "%s", image->id);
    d->r->picture.width = image->width;
    d->r->picture.height = image->height;
    if (file->list)
        d->r->picture.split = file->split;
    for (int64_t i = 0; i < image->count && status == NN_OK; i++)
        if (image->list[i].wrong)
            nn_annotation_skip(d->r, "%s: annotation %lld: %s", file->path,
                               (long long)image->list[i].index, image->list[i].wrong);
        else
            status = add_object(d, &image->list[i], err);
    return status == NN_OK ? nn_annotation_end(d->r, err) : status;
}

static void pass_note(void *ctx, const char *line)
{
    const reading *d = ctx;
    if (d->r->note)
        d->r->note(d->r->ctx, line);
}

static nn_status read_set(nn_annotation_reader *r, const nn_folder *f, nn_error *err)
{
    nn_coco_file *files = nn_calloc(NN_SPLITS, sizeof *files);
    int count = 0;
    if (!files)
        return nn_fail(err, NN_ENOMEM, "no memory for the names of files");
    nn_status status = nn_coco_find_files(files, &count, f, err);
    for (int i = 0; i < count && status == NN_OK; i++) {
        reading d = {.r = r};
        d.coco = (nn_coco_reader){.boxes = true,
                                  .shapes = r->details & (NN_DETAIL_OUTLINES | NN_DETAIL_ROTATED),
                                  .keypoints =
                                      r->details & NN_DETAIL_KEYPOINTS ? &r->found.keypoints : NULL,
                                  .visit = visit,
                                  .note = pass_note,
                                  .ctx = &d};
        status = nn_coco_read(&d.coco, &files[i], err);
    }
    nn_free(files);
    return status;
}

const nn_data_format nn_data_coco = {
    .name = "COCO",
    .looks_like = "annotations/*.json or a COCO JSON file",
    .kind = NN_DATA_BOXES,
    .lists = true,
    .recognise = nn_coco_recognise,
    .read = read_set,
    .splits = nn_coco_splits,
};
