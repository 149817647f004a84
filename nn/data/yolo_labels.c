// SPDX-License-Identifier: MIT
// Reads label files in the formats that come from Darknet.
#include "nn/data/yolo_labels.h"

#include "nn/base/memory.h"
#include "nn/data/folder.h"
#include "nn/data/label_line.h"
#include "nn/io/file.h"
#include "nn/io/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    MAX_NUMBERS = 1 << 16, // of a line
    MAX_BYTES = 64 << 20,
};

// Parses the numbers of the line at *text, which moves to the next line. -1: other text, or too
// many.
static int take_line(const char **text, const char *end, double *numbers)
{
    const char *p = *text;
    int n = 0;
    bool wrong = false;
    while (p < end && *p != '\n' && *p != '\r') {
        char word[64];
        size_t length = 0;
        while (p + length < end && !strchr(" \t\r\n", p[length]))
            length++;
        if (length > 0 && length < sizeof word && n < MAX_NUMBERS && !wrong) {
            char *rest;
            memcpy(word, p, length);
            word[length] = '\0';
            numbers[n++] = strtod(word, &rest);
            wrong = *rest != '\0' || !isfinite(numbers[n - 1]);
        } else if (length > 0) {
            wrong = true;
        }
        p += length > 0 ? length : 1;
    }
    if (p < end && *p == '\r')
        p++;
    if (p < end && *p == '\n')
        p++;
    *text = p;
    return wrong ? -1 : n;
}

// Numbers of each keypoint in a line of n numbers; 0: it has none.
static int find_dims(const nn_keypoint_set *s, int n)
{
    for (int dims = 2; dims <= 3 && s->count > 0; dims++)
        if (n == 5 + s->count * dims && (s->dims == 0 || s->dims == dims))
            return dims;
    return 0;
}

static nn_status add_keypoints(nn_annotation_reader *r, const double *v, int dims, nn_error *err)
{
    nn_keypoint points[NN_KEYPOINTS_MOST];
    const int count = r->found.keypoints.count;
    for (int i = 0; i < count; i++) {
        const double *at = v + 5 + (ptrdiff_t)i * dims;
        const double seen = dims == 3 ? at[2] : at[0] < 0 || at[1] < 0 ? 0 : 2;
        points[i] = (nn_keypoint){(float)at[0], (float)at[1],
                                  seen <= 0    ? 0
                                  : seen < 1.5 ? NN_KEYPOINT_HIDDEN
                                               : NN_KEYPOINT_VISIBLE};
    }
    return nn_annotation_add_keypoints(r, points, count, err);
}

static nn_status add_object(nn_annotation_reader *r, const double *v, int n, const nn_names *known,
                            nn_error *err)
{
    const int dims = find_dims(&r->found.keypoints, n);
    nn_annotation a = {.score = n == NN_YOLO_NUMBERS ? (float)v[5] : 1,
                       .rotated = n == 9 && r->details & NN_DETAIL_ROTATED};
    a.class_index = nn_annotation_number(r, known, (long)v[0], err);
    if (a.class_index < 0)
        return err->status;
    if (n <= NN_YOLO_NUMBERS || dims > 0) {
        a.rotated = false;
        a.x0 = (float)(v[1] - v[3] / 2);
        a.y0 = (float)(v[2] - v[4] / 2);
        a.x1 = (float)(v[1] + v[3] / 2);
        a.y1 = (float)(v[2] + v[4] / 2);
        const nn_status status = nn_annotation_add(r, &a, err);
        return status == NN_OK && dims > 0 ? add_keypoints(r, v, dims, err) : status;
    }
    const int corners = (n - 1) / 2;
    float *xy = nn_alloc(2 * (size_t)corners * sizeof *xy);
    if (!xy)
        return nn_fail(err, NN_ENOMEM, "no memory for %d corners", corners);
    for (int i = 0; i < 2 * corners; i++)
        xy[i] = (float)v[1 + i];
    const nn_status status = nn_annotation_add_outline(r, &a, xy, corners, err);
    nn_free(xy);
    return status;
}

// Returns NULL, or what is wrong with a line of n numbers.
static const char *check_line(const nn_annotation_reader *r, const double *v, int n)
{
    const nn_keypoint_set *s = &r->found.keypoints;
    if (n < 0)
        return "something that is no number";
    const int dims = find_dims(s, n);
    if (dims > 0)
        return nn_yolo_check_keypoints(v, s->count, dims);
    if (s->dims > 0 && n > NN_YOLO_NUMBERS)
        return "not as many numbers as the keypoints of kpt_shape need";
    if (r->details & NN_DETAIL_ROTATED && n > NN_YOLO_NUMBERS && n != 9)
        return "not the four corners of a rotated box: 'class x1 y1 x2 y2 x3 y3 x4 y4'";
    if (s->count == 0 && n > NN_YOLO_NUMBERS && n % 2 == 0)
        return "neither a box nor an outline; for keypoints data.yaml needs kpt_shape";
    return nn_yolo_check(v, n);
}

static nn_status read_lines(nn_annotation_reader *r, const char *path, const nn_file *file,
                            const nn_names *known, nn_error *err)
{
    const char *text = file->bytes, *end = text + file->size;
    size_t size = file->size;
    nn_error why = {0};
    if (nn_text_skip_mark(&text, &size, &why) != NN_OK) {
        nn_annotation_skip(r, "%s: %s", path, why.text);
        return NN_OK;
    }
    double *numbers = nn_alloc(MAX_NUMBERS * sizeof *numbers);
    nn_status status = numbers ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for labels");
    for (int line = 1; status == NN_OK && text < end && !r->broken; line++) {
        const int n = take_line(&text, end, numbers);
        if (n == 0)
            continue;
        const char *wrong = check_line(r, numbers, n);
        if (wrong)
            nn_annotation_skip(r, "%s:%d: %s", path, line, wrong);
        else
            status = add_object(r, numbers, n, known, err);
    }
    nn_free(numbers);
    return status;
}

nn_status nn_yolo_labels_read(nn_annotation_reader *r, const char *path, const nn_names *known,
                              nn_error *err)
{
    nn_file file;
    nn_error why = {0};
    r->picture.fractions = true;
    if (access(path, F_OK) != 0)
        return NN_OK;
    nn_status status = nn_file_map(&file, path, &why);
    if (status != NN_OK) {
        nn_annotation_skip(r, "%s", why.text);
        return status == NN_ENOMEM ? nn_fail(err, status, "%s", why.text) : NN_OK;
    }
    if (file.size > MAX_BYTES)
        nn_annotation_skip(r, "%s: %zu bytes are too many for labels", path, file.size);
    else if (file.size > 0)
        status = read_lines(r, path, &file, known, err);
    nn_file_unmap(&file);
    return status;
}

nn_status nn_yolo_labels_path(char *labels, const char *picture, const char *label_dir,
                              nn_error *err)
{
    static const char images[] = "/images/";
    const char *last = NULL, *dot = strrchr(picture, '.');
    const int stem = (int)(dot ? dot - picture : (long)strlen(picture));
    label_dir = label_dir ? label_dir : "labels";
    for (const char *p = picture; (p = strstr(p, images)); p++)
        last = p;
    if (!last)
        return nn_folder_join(labels, err, "%.*s.txt", stem, picture);
    const int before = (int)(last - picture), after = (int)(last - picture + sizeof images - 1);
    nn_status status = nn_folder_join(labels, err, "%.*s/%s", before, picture, label_dir);
    if (status != NN_OK || access(labels, F_OK) != 0)
        return status == NN_OK ? nn_folder_join(labels, err, "%.*s.txt", stem, picture) : status;
    return nn_folder_join(labels, err, "%.*s/%s/%.*s.txt", before, picture, label_dir, stem - after,
                          picture + after);
}

nn_status nn_yolo_names_read(nn_names *names, const char *path, nn_error *err)
{
    static const char *const files[] = {"classes.txt", "obj.names", "_darknet.labels",
                                        "predefined_classes.txt", "labels.txt"};
    char file[PATH_MAX];
    nn_names others;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (nn_folder_has(path, files[i])) {
            const nn_status status = nn_folder_join(file, err, "%s/%s", path, files[i]);
            return status == NN_OK ? nn_names_load(names, file, err) : status;
        }
    nn_status status = nn_folder_list(&others, path, ".names", err);
    if (status == NN_OK && others.count == 1 &&
        (status = nn_folder_join(file, err, "%s/%s", path, others.name[0])) == NN_OK)
        status = nn_names_load(names, file, err);
    nn_names_release(&others);
    return status;
}

nn_status nn_annotation_classes(nn_annotation_reader *r, const nn_names *names, nn_error *err)
{
    for (int i = 0; i < names->count; i++)
        if (nn_annotation_class(r, names->name[i], strlen(names->name[i]), err) < 0)
            return err->status;
    r->found.ordered = r->found.ordered || names->count > 0;
    return NN_OK;
}
