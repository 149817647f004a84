// SPDX-License-Identifier: MIT
// Data sets in the YOLO layout: every picture of DIR/images with the boxes of
// DIR/labels/NAME.txt, lines "class cx cy w h": centre and size as fractions of the picture. A
// picture without a label file has no objects.
#include "nn/data/folder.h"
#include "nn/data/label_line.h"
#include "nn/io/text.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

// Parses a line "class cx cy w h [score]" into a box of a width x height picture; returns NULL or
// what is wrong.
static const char *parse_line(const char *line, int width, int height, const nn_class_map *map,
                              nn_truth *out, bool *dropped, float *score)
{
    nn_label_number v[NN_YOLO_NUMBERS];
    int n;
    const char *wrong = nn_yolo_line(line, v, &n);
    if (wrong)
        return wrong;
    int32_t label = nn_class_map_get(map, (int64_t)v[0].value);
    *dropped = label == NN_CLASS_DROP;
    *score = n > 5 ? (float)v[5].value : 1;
    *out = (nn_truth){(v[1].value - v[3].value / 2) * width,
                      (v[2].value - v[4].value / 2) * height,
                      (v[1].value + v[3].value / 2) * width,
                      (v[2].value + v[4].value / 2) * height,
                      label == NN_CLASS_IGNORE ? -1 : label,
                      label == NN_CLASS_IGNORE,
                      0};
    return NULL;
}

typedef struct reading {
    nn_dataset *data;
    const nn_folder *folder;
    int source;
    int dropped; // boxes of classes that the model does not have
} reading;

// Reads the boxes of a label file; without a file there are no objects. NN_EFORMAT: damaged, and
// reported.
static nn_status read_labels(reading *r, const char *path, nn_sample *s, nn_error *err)
{
    nn_text text;
    nn_error why;
    nn_status status = nn_text_open(&text, path, &why);
    if (status == NN_ENOTFOUND)
        return NN_OK;
    if (status != NN_OK) {
        nn_dataset_note(r->data, 1, "%s, picture skipped", why.text);
        return NN_EFORMAT;
    }
    char line[512];
    int capacity = 0;
    float ignore_below = r->data->sources[r->source].ignore_below;
    while (status == NN_OK && nn_text_next(&text, line, sizeof line)) {
        if (line[strspn(line, " \t\r\n")] == '\0')
            continue;
        nn_truth t;
        bool dropped;
        float score;
        const char *wrong =
            text.cut ? "a line too long"
                     : parse_line(line, s->width, s->height, r->folder->map, &t, &dropped, &score);
        if (wrong) {
            nn_dataset_note(r->data, 1, "%s:%d: %s, picture skipped", path, text.number, wrong);
            status = NN_EFORMAT;
        } else if (dropped) {
            r->dropped++;
        } else {
            t.ignore = t.ignore || score < ignore_below;
            status = nn_folder_add_truth(s, &capacity, &t, err);
        }
    }
    const nn_status closed = nn_text_close(&text, path, &why);
    if (status == NN_OK && closed != NN_OK) {
        nn_dataset_note(r->data, 1, "%s, picture skipped", why.text);
        status = NN_EFORMAT;
    }
    return status;
}

static nn_status add_picture(void *ctx, const char *name, nn_error *err)
{
    reading *r = ctx;
    const char *dir = r->folder->path;
    char picture[PATH_MAX], labels[PATH_MAX];
    int stem = (int)(strrchr(name, '.') - name);
    nn_status status = nn_folder_join(picture, err, "%s/images/%s", dir, name);
    if (status == NN_OK)
        status = nn_folder_join(labels, err, "%s/%s/%.*s.txt", dir,
                                r->folder->label_dir ? r->folder->label_dir : "labels", stem, name);
    if (status != NN_OK)
        return status;
    nn_sample s = {.source = r->source};
    status = nn_folder_open_picture(r->data, &s, picture, err);
    if (status == NN_OK)
        status = read_labels(r, labels, &s, err);
    return status == NN_OK ? nn_dataset_add(r->data, &s, err) : nn_folder_drop(&s, status);
}

static nn_status add(nn_dataset *d, const nn_folder *f, nn_error *err)
{
    reading r = {.data = d, .folder = f};
    nn_status status = nn_dataset_add_source(d, f->source, &r.source, err);
    if (status == NN_OK)
        status = nn_folder_each_picture(f, add_picture, &r, err);
    if (status == NN_OK && r.dropped > 0)
        nn_dataset_note(d, 0,
                        "%s: %d boxes of classes that the model does not have count as background",
                        f->path, r.dropped);
    return status;
}

static bool recognise(const char *path)
{
    const bool masks = nn_folder_has(path, "masks") && !nn_folder_has(path, "labels");
    return nn_folder_has(path, "images") && !masks;
}

const nn_data_format nn_data_yolo = {
    .name = "YOLO",
    .looks_like = "images/ with labels/",
    .kind = NN_DATA_BOXES,
    .numbered = true,
    .label_dir = true,
    .recognise = recognise,
    .add = add,
};
