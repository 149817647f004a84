// SPDX-License-Identifier: MIT
// Passes what the reader of one format finds to the writer of another.
#include "nn/data/write/convert_set.h"

#include "nn/base/memory.h"
#include "nn/io/image/exif_orientation.h"

#include <stdio.h>
#include <string.h>

typedef struct converting {
    nn_conversion *c;
    nn_set_writer writer;
    int to[NN_CLASS_MAX]; // class of the reader -> written class; -1: not wanted
    int known;            // classes mapped so far
    nn_annotation *list;  // owned
    float *xy;            // owned
    int capacity, xy_capacity;
    nn_keypoint *keypoints; // owned: the same of a picture
    int keypoint_capacity;
} converting;

static void note_skip(converting *v, const char *line)
{
    if (v->c->skipped++ == 0)
        snprintf(v->c->first_skip, sizeof v->c->first_skip, "%.255s", line);
    if (v->c->notes.note)
        v->c->notes.note(v->c->notes.ctx, line);
}

static int class_of(converting *v, const nn_annotation_reader *r, int class_index)
{
    for (; v->known < r->found.classes.count; v->known++)
        v->to[v->known] = nn_names_find(v->c->options.classes, r->found.classes.name[v->known]);
    return v->to[class_index];
}

static nn_status reserve(void **list, int *capacity, int count, size_t size, nn_error *err)
{
    if (count <= *capacity)
        return NN_OK;
    void *grown = nn_realloc(*list, (size_t)*capacity * size, (size_t)count * size);
    if (!grown)
        return nn_fail(err, NN_ENOMEM, "no memory for the objects of a picture");
    *list = grown;
    *capacity = count;
    return NN_OK;
}

static void swap_if(float *low, float *high)
{
    const float least = *low < *high ? *low : *high;
    *high = *low < *high ? *high : *low;
    *low = least;
}

// Converts an annotation to pixels of the upright picture of width x height. `w` and `h` scale
// fractions.
static void turn(nn_annotation *a, float *xy, nn_keypoint *k, float w, float h, int orientation,
                 int width, int height)
{
    float *places[] = {&a->x0, &a->y0, &a->x1, &a->y1};
    for (int i = 0; i < 4; i++)
        *places[i] *= i % 2 ? h : w;
    for (int i = 0; i < 2 * a->corners; i++)
        xy[i] *= i % 2 ? h : w;
    for (int i = 0; i < a->keypoints; i++) {
        k[i].x *= w;
        k[i].y *= h;
        if (orientation > 1 && k[i].score > 0)
            nn_exif_apply_point(orientation, width, height, &k[i].x, &k[i].y);
    }
    a->area = orientation == 1 && w == 1 ? a->area : 0;
    if (orientation == 1)
        return;
    nn_exif_apply_point(orientation, width, height, &a->x0, &a->y0);
    nn_exif_apply_point(orientation, width, height, &a->x1, &a->y1);
    swap_if(&a->x0, &a->x1);
    swap_if(&a->y0, &a->y1);
    for (int i = 0; i < a->corners; i++)
        nn_exif_apply_point(orientation, width, height, &xy[2 * i], &xy[2 * i + 1]);
}

// Writes a picture with the upright size width x height.
static nn_status write(converting *v, const nn_annotation_reader *r, const nn_annotated_picture *p,
                       int width, int height, int orientation, nn_error *err)
{
    const bool stored = orientation > 1; // labels are for the stored pixels
    const float w = p->fractions ? (float)(stored ? height : width) : 1,
                h = p->fractions ? (float)(stored ? width : height) : 1;
    nn_annotated_picture made = *p;
    nn_status status = reserve((void **)&v->list, &v->capacity, p->count, sizeof *v->list, err);
    if (status == NN_OK)
        status = reserve((void **)&v->xy, &v->xy_capacity, p->xy_count, sizeof *v->xy, err);
    if (status == NN_OK)
        status = reserve((void **)&v->keypoints, &v->keypoint_capacity, p->keypoint_count,
                         sizeof *v->keypoints, err);
    if (status != NN_OK)
        return status;
    if (p->xy_count > 0)
        memcpy(v->xy, p->xy, (size_t)p->xy_count * sizeof *v->xy);
    if (p->keypoint_count > 0)
        memcpy(v->keypoints, p->keypoints, (size_t)p->keypoint_count * sizeof *v->keypoints);
    made.list = v->list;
    made.xy = v->xy;
    made.keypoints = v->keypoints;
    made.count = 0;
    made.fractions = false;
    made.width = width;
    made.height = height;
    for (int i = 0; i < p->count; i++) {
        nn_annotation a = p->list[i];
        if (a.class_index >= 0)
            a.class_index = class_of(v, r, a.class_index);
        if (a.class_index < 0 && p->list[i].class_index >= 0) {
            v->c->unwanted++;
            continue;
        }
        turn(&a, v->xy + a.first, v->keypoints + a.first_keypoint, w, h, orientation, width,
             height);
        if (a.x1 > a.x0 && a.y1 > a.y0)
            made.list[made.count++] = a;
    }
    return nn_set_writer_add(&v->writer, &made, err);
}

static nn_status take_picture(void *ctx, const nn_annotation_reader *r,
                              const nn_annotated_picture *p, nn_error *err)
{
    converting *v = ctx;
    nn_conversion *c = v->c;
    char line[PATH_MAX + 256];
    nn_sample s = {.name = (char *)p->path};
    nn_error why = {0};
    nn_status status = nn_image_load_at_least(&s.image, p->path, 1, 1, &s.width, &s.height, &why);
    if (status == NN_OK)
        nn_image_release(&s.image);
    if (status == NN_ENOMEM)
        return nn_fail(err, status, "%s", why.text);
    const int orientation = status == NN_OK ? nn_folder_find_exif(&s, p->width, p->height) : 0;
    if (status != NN_OK) {
        snprintf(line, sizeof line, "%s, picture skipped", why.text);
        note_skip(v, line);
    } else if (orientation == 0) {
        snprintf(line, sizeof line, "%s: is %dx%d, its labels are for %dx%d, picture skipped",
                 p->path, s.width, s.height, p->width, p->height);
        note_skip(v, line);
    } else {
        status = write(v, r, p, s.width, s.height, orientation, err);
        if (status != NN_OK)
            return status;
    }
    return c->went_on && !c->went_on(c->ctx, c->skipped + v->writer.counts.pictures)
               ? nn_fail(err, NN_EIO, "interrupted")
               : NN_OK;
}

static void take_note(void *ctx, const char *line)
{
    const converting *v = ctx;
    if (v->c->notes.note)
        v->c->notes.note(v->c->notes.ctx, line);
}

nn_status nn_data_convert(nn_conversion *c, nn_error *err)
{
    converting v = {.c = c};
    nn_annotation_reader r = {.visit = take_picture,
                              .note = take_note,
                              .ctx = &v,
                              .root = c->folder->path,
                              .details =
                                  NN_DETAIL_OUTLINES | NN_DETAIL_KEYPOINTS | c->folder->details,
                              .numbers = c->folder->numbers,
                              .fallback = c->folder->fallback};
    c->skipped = 0;
    c->unwanted = 0;
    c->first_skip[0] = '\0';
    if (!c->from->read)
        return nn_fail(err, NN_EUNSUPPORTED, "%s: %s is not converted", c->folder->path,
                       c->from->name);
    nn_status status = nn_set_writer_begin(&v.writer, c->to, &c->options, err);
    v.writer.options.keypoints = &r.found.keypoints;
    if (status == NN_OK && c->folder->keypoints)
        status = nn_keypoint_set_copy(&r.found.keypoints, c->folder->keypoints, err);
    if (status == NN_OK)
        status = c->from->read(&r, c->folder, err);
    c->skipped += r.found.skipped;
    if (r.found.skipped > 0 && c->first_skip[0] == '\0')
        memcpy(c->first_skip, r.found.first_skip, sizeof c->first_skip);
    if (status == NN_OK && v.writer.counts.pictures == 0)
        status = nn_fail(err, NN_ENOTFOUND, "%s: no labelled picture%s%s", c->folder->path,
                         c->first_skip[0] ? "; " : "", c->first_skip);
    else if (status == NN_OK && c->skipped > v.writer.counts.pictures)
        status =
            nn_fail(err, NN_EFORMAT, "%s: %d of %d pictures cannot be used; %s", c->folder->path,
                    c->skipped, c->skipped + v.writer.counts.pictures, c->first_skip);
    status = nn_set_writer_end(&v.writer, status, err);
    c->counts = v.writer.counts;
    nn_annotation_reader_release(&r);
    nn_free(v.list);
    nn_free(v.xy);
    nn_free(v.keypoints);
    return status;
}
