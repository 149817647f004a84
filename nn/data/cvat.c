// SPDX-License-Identifier: MIT
// CVAT's own XML. "CVAT for images 1.1" lists pictures with their shapes; "CVAT for video 1.1"
// lists tracks with a shape for each frame, whose pictures are frame_000000 and so on.
#include "nn/data/annotation_rows.h"
#include "nn/data/label_files.h"
#include "nn/io/file.h"
#include "nn/io/xml.h"

#include "nn/base/memory.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct reading {
    nn_annotation_reader *r;
    const char *path, *base;
    bool in_image;
    int track_class;           // class of the track being read; -1: none
    int frames, width, height; // of a video, by its meta data
    bool in_size;
    nn_annotation_rows rows; // shapes of tracks
} reading;

static nn_status locate(void *ctx, char *path, const char *name, nn_error *err)
{
    static const char *const below[] = {
        "", "images", "images/default", "images/Train", "images/Validation", "images/Test", NULL};
    const reading *d = ctx;
    nn_status status = nn_folder_locate(path, d->base, below, name, err);
    if (status == NN_OK && access(path, F_OK) != 0)
        status = nn_fail(err, NN_EFORMAT, "%s: picture '%s' is not there", d->path, name);
    return status;
}

// A numeric attribute; NAN when it is missing or no number.
static float number(const char **attributes, const char *name)
{
    const char *text = nn_xml_attribute(attributes, name);
    char *end;
    const double v = text ? strtod(text, &end) : NAN;
    return text && end != text && *end == '\0' ? (float)v : NAN;
}

static nn_status begin_image(reading *d, const char **attributes, nn_error *err)
{
    char path[PATH_MAX];
    const char *name = nn_xml_attribute(attributes, "name"),
               *subset = nn_xml_attribute(attributes, "subset");
    const float w = number(attributes, "width"), h = number(attributes, "height");
    nn_error why = {0};
    if (!name || !*name)
        return nn_fail(err, NN_EFORMAT, "an image without a name");
    d->in_image = true;
    nn_status status = locate(d, path, name, &why);
    const nn_status begun = nn_annotation_begin(d->r, status == NN_OK ? path : name, err);
    if (begun != NN_OK || status == NN_ENOMEM)
        return begun != NN_OK ? begun : nn_fail(err, status, "%s", why.text);
    if (status != NN_OK)
        nn_annotation_skip(d->r, "%s", why.text);
    if (subset)
        d->r->picture.split = nn_split_named(subset, strlen(subset));
    if (w >= 1 && h >= 1 && w < 1e6f && h < 1e6f) {
        d->r->picture.width = (int)w;
        d->r->picture.height = (int)h;
    }
    return NN_OK;
}

// Parses "x,y;x,y;..." into a new array.
static nn_status read_points(const char *text, float **xy, int *corners, nn_error *err)
{
    int most = 1;
    for (const char *p = text; *p; p++)
        most += *p == ';';
    *corners = 0;
    *xy = nn_alloc(2 * (size_t)most * sizeof **xy);
    if (!*xy)
        return nn_fail(err, NN_ENOMEM, "no memory for %d corners", most);
    while (*text && *corners < most) {
        char *end;
        const double x = strtod(text, &end);
        if (end == text || *end != ',')
            break;
        text = end + 1;
        const double y = strtod(text, &end);
        if (end == text)
            break;
        (*xy)[2 * *corners] = (float)x;
        (*xy)[2 * (*corners)++ + 1] = (float)y;
        text = end + (*end == ';');
    }
    return NN_OK;
}

// Reads the box of a shape, rotated about its centre when it has a rotation.
static void read_box(nn_annotation *a, const char **attributes)
{
    a->x0 = number(attributes, "xtl");
    a->y0 = number(attributes, "ytl");
    a->x1 = number(attributes, "xbr");
    a->y1 = number(attributes, "ybr");
    const float degrees = number(attributes, "rotation");
    if (!(fabsf(degrees) > 0.01f))
        return;
    const float c = fabsf(cosf(degrees * (float)M_PI / 180)),
                s = fabsf(sinf(degrees * (float)M_PI / 180));
    const float x = (a->x0 + a->x1) / 2, y = (a->y0 + a->y1) / 2, w = (a->x1 - a->x0) / 2,
                h = (a->y1 - a->y0) / 2;
    a->rotated = true;
    a->x0 = x - w * c - h * s;
    a->x1 = x + w * c + h * s;
    a->y0 = y - w * s - h * c;
    a->y1 = y + w * s + h * c;
}

static nn_status add_image_shape(reading *d, const char *tag, const char **attributes,
                                 nn_error *err)
{
    const char *label = nn_xml_attribute(attributes, "label"),
               *points = nn_xml_attribute(attributes, "points");
    nn_annotation a = {.score = 1};
    if (!label || !*label)
        return nn_fail(err, NN_EFORMAT, "a <%s> without label", tag);
    a.class_index = nn_annotation_class(d->r, label, strlen(label), err);
    if (a.class_index < 0)
        return err->status;
    if (strcmp(tag, "box") == 0) {
        read_box(&a, attributes);
        return nn_annotation_add(d->r, &a, err);
    }
    if (strcmp(tag, "ellipse") == 0) {
        const float x = number(attributes, "cx"), y = number(attributes, "cy"),
                    w = number(attributes, "rx"), h = number(attributes, "ry");
        a.x0 = x - w, a.x1 = x + w, a.y0 = y - h, a.y1 = y + h;
        return nn_annotation_add(d->r, &a, err);
    }
    float *xy;
    int corners;
    nn_status status = read_points(points ? points : "", &xy, &corners, err);
    if (status == NN_OK && corners < 3)
        nn_annotation_skip(d->r, "%s: a polygon of %d corners has no area", d->r->picture.path,
                           corners);
    else if (status == NN_OK)
        status = nn_annotation_add_outline(d->r, &a, xy, corners, err);
    nn_free(xy);
    return status;
}

static nn_status add_track_shape(reading *d, const char *tag, const char **attributes,
                                 nn_error *err)
{
    const char *outside = nn_xml_attribute(attributes, "outside");
    const float frame = number(attributes, "frame");
    nn_annotation a = {.class_index = d->track_class, .score = 1};
    char name[64];
    if (!(frame >= 0 && frame < 1e8f))
        return nn_fail(err, NN_EFORMAT, "a <%s> of a track without frame", tag);
    if (outside && strcmp(outside, "1") == 0)
        return NN_OK;
    if (strcmp(tag, "box") == 0) {
        read_box(&a, attributes);
    } else {
        float *xy;
        int corners;
        const char *points = nn_xml_attribute(attributes, "points");
        nn_status status = read_points(points ? points : "", &xy, &corners, err);
        a.x0 = a.y0 = INFINITY, a.x1 = a.y1 = -INFINITY;
        for (int i = 0; i < corners; i++) {
            a.x0 = fminf(a.x0, xy[2 * i]), a.x1 = fmaxf(a.x1, xy[2 * i]);
            a.y0 = fminf(a.y0, xy[2 * i + 1]), a.y1 = fmaxf(a.y1, xy[2 * i + 1]);
        }
        nn_free(xy);
        d->r->found.outlines++;
        if (status != NN_OK)
            return status;
    }
    snprintf(name, sizeof name, "frame_%06ld", (long)frame);
    const int picture = nn_annotation_rows_picture(&d->rows, name, err);
    return picture < 0 ? err->status : nn_annotation_rows_add(&d->rows, picture, &a, err);
}

static nn_status on_start(void *ctx, const char *tag, const char **attributes, int depth,
                          nn_error *err)
{
    reading *d = ctx;
    const bool shape =
        strcmp(tag, "box") == 0 || strcmp(tag, "polygon") == 0 || strcmp(tag, "ellipse") == 0;
    if (depth == 1 && strcmp(tag, "annotations") != 0)
        return nn_fail(err, NN_EFORMAT, "not an export of CVAT, whose root is <annotations>");
    if (depth == 2 && strcmp(tag, "image") == 0)
        return begin_image(d, attributes, err);
    if (depth == 2 && strcmp(tag, "track") == 0) {
        const char *label = nn_xml_attribute(attributes, "label");
        if (!label || !*label)
            return nn_fail(err, NN_EFORMAT, "a track without label");
        d->track_class = nn_annotation_class(d->r, label, strlen(label), err);
        return d->track_class < 0 ? err->status : NN_OK;
    }
    if (strcmp(tag, "original_size") == 0)
        d->in_size = true;
    if (depth == 3 && shape && d->in_image)
        return add_image_shape(d, tag, attributes, err);
    return depth == 3 && shape && d->track_class >= 0 ? add_track_shape(d, tag, attributes, err)
                                                      : NN_OK;
}

static int positive(const char *text)
{
    const long v = strtol(text, NULL, 10);
    return v > 0 && v < 1 << 24 ? (int)v : 0;
}

static nn_status on_end(void *ctx, const char *tag, const char *text, int depth, nn_error *err)
{
    reading *d = ctx;
    if (depth == 2 && d->in_image && strcmp(tag, "image") == 0) {
        d->in_image = false;
        return nn_annotation_end(d->r, err);
    }
    if (depth == 2)
        d->track_class = -1;
    if (strcmp(tag, "original_size") == 0)
        d->in_size = false;
    else if (depth == 4 && strcmp(tag, "size") == 0 && d->frames == 0)
        d->frames = positive(text);
    else if (d->in_size && strcmp(tag, "width") == 0)
        d->width = positive(text);
    else if (d->in_size && strcmp(tag, "height") == 0)
        d->height = positive(text);
    return NN_OK;
}

// Folders that may hold the frames of a video.
static const char *const frame_folders[] = {"images", "images/default", "."};
enum { FRAME_FOLDERS = sizeof frame_folders / sizeof *frame_folders };

// Finds the picture of frame_000000, whatever its ending.
static nn_status locate_frame(void *ctx, char *path, const char *name, nn_error *err)
{
    const reading *d = ctx;
    for (int i = 0; i < FRAME_FOLDERS; i++) {
        char folder[PATH_MAX], file[PATH_MAX];
        nn_status status = nn_folder_join(folder, err, "%s/%s", d->base, frame_folders[i]);
        if (status != NN_OK)
            return status;
        if (nn_folder_find_picture(file, sizeof file, folder, name))
            return nn_folder_join(path, err, "%s/%s", folder, file);
    }
    return nn_fail(err, NN_EFORMAT, "%s: picture '%s' is not there (export it with its images)",
                   d->path, name);
}

// Adds the pictures of a folder that are frames of the video, because frames without shapes are not
// listed. The count of frames in the file is not trusted.
static nn_status add_frames(reading *d, const char *folder, nn_error *err)
{
    char path[PATH_MAX];
    nn_names files = {0};
    nn_status status = nn_folder_join(path, err, "%s/%s", d->base, folder);
    if (status == NN_OK)
        status = nn_folder_list(&files, path, nn_folder_pictures, err);
    for (int i = 0; i < files.count && status == NN_OK; i++) {
        char *name = files.name[i], *end;
        const bool frame = strncmp(name, "frame_", 6) == 0 && isdigit((unsigned char)name[6]);
        const long number = frame ? strtol(name + 6, &end, 10) : 0;
        if (!frame || *end != '.' || number >= d->frames)
            continue;
        *end = '\0';
        if (nn_annotation_rows_picture(&d->rows, name, err) < 0)
            status = err->status;
    }
    nn_names_release(&files);
    return status == NN_ENOTFOUND ? NN_OK : status;
}

static nn_status give_tracks(reading *d, nn_error *err)
{
    nn_annotation_rows *rows = &d->rows;
    nn_status status = NN_OK;
    for (int i = 0; i < FRAME_FOLDERS && rows->count > 0 && status == NN_OK; i++)
        status = add_frames(d, frame_folders[i], err);
    if (status != NN_OK)
        return status;
    for (int i = 0; i < rows->picture_count; i++) {
        rows->pictures[i].width = d->width;
        rows->pictures[i].height = d->height;
    }
    return nn_annotation_rows_give(rows, d->r, locate_frame, d, false, err);
}

static nn_status read_set(nn_annotation_reader *r, const nn_folder *f, nn_error *err)
{
    char path[PATH_MAX], base[PATH_MAX];
    nn_file file;
    const bool single = nn_folder_ends(f->path, ".xml");
    nn_status status = nn_folder_join(path, err, single ? "%s" : "%s/annotations.xml", f->path);
    if (status == NN_OK)
        status = nn_path_folder(base, path, err);
    if (status == NN_OK)
        status = nn_file_map(&file, path, err);
    if (status != NN_OK)
        return status;
    reading d = {.r = r, .path = path, .base = base, .track_class = -1};
    status = nn_xml_walk(file.bytes, file.size, &(nn_xml_visitor){on_start, on_end, &d}, err);
    nn_file_unmap(&file);
    if (status == NN_EFORMAT)
        nn_fail_prefix(err, status, "%s", path);
    if (status == NN_OK)
        status = give_tracks(&d, err);
    nn_annotation_rows_release(&d.rows);
    return status;
}

static bool recognise(const char *path)
{
    return nn_folder_ends(path, ".xml") || nn_folder_has(path, "annotations.xml");
}

const nn_data_format nn_data_cvat = {
    .name = "CVAT",
    .looks_like = "annotations.xml (CVAT for images, for video)",
    .kind = NN_DATA_BOXES,
    .outlines = true,
    .recognise = recognise,
    .read = read_set,
};
