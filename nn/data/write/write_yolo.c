// SPDX-License-Identifier: MIT
// Writes the YOLO layout of Ultralytics: images/SPLIT/NAME.jpg, labels/SPLIT/NAME.txt with a line
// for each object, and data.yaml.
#include "nn/data/write/label_text.h"
#include "nn/data/write/write_set.h"

#include <math.h>
#include <stdio.h>

enum { DIGITS = 8, SCORE_DIGITS = 6 }; // exact for whole pixels

void nn_yolo_print(nn_buffer *out, int class_index, const double box[4], double width,
                   double height, double score)
{
    const double v[] = {(box[0] + box[2]) / 2 / width, (box[1] + box[3]) / 2 / height,
                        (box[2] - box[0]) / width, (box[3] - box[1]) / height};
    nn_buffer_print(out, "%d", class_index);
    for (int i = 0; i < 4; i++) {
        nn_buffer_add(out, " ", 1);
        nn_buffer_number(out, v[i], DIGITS);
    }
    if (score < 0)
        return;
    nn_buffer_add(out, " ", 1);
    nn_buffer_number(out, score, SCORE_DIGITS);
}

void nn_yolo_print_outline(nn_buffer *out, int class_index, const float *xy, int corners,
                           double width, double height)
{
    nn_buffer_print(out, "%d", class_index);
    for (int i = 0; i < 2 * corners; i++) {
        nn_buffer_add(out, " ", 1);
        // Ultralytics refuses coordinates outside of the picture.
        nn_buffer_number(out, fmin(fmax((double)xy[i] / (i % 2 ? height : width), 0), 1), DIGITS);
    }
}

void nn_yolo_print_keypoints(nn_buffer *out, const nn_keypoint *k, int count, double width,
                             double height)
{
    for (int i = 0; i < count; i++) {
        const int seen = !k || k[i].score <= 0 ? 0 : k[i].score < NN_KEYPOINT_VISIBLE ? 1 : 2;
        nn_buffer_add(out, " ", 1);
        nn_buffer_number(out, seen ? fmin(fmax((double)k[i].x / width, 0), 1) : 0, DIGITS);
        nn_buffer_add(out, " ", 1);
        nn_buffer_number(out, seen ? fmin(fmax((double)k[i].y / height, 0), 1) : 0, DIGITS);
        nn_buffer_print(out, " %d", seen);
    }
}

// kpt_shape and what else is known, for data.yaml.
static void print_keypoint_set(nn_buffer *out, const nn_keypoint_set *s)
{
    nn_buffer_print(out, "kpt_shape: [%d, 3]\n", s->count);
    for (int i = 0; i < s->count && s->flips; i++)
        nn_buffer_print(out, "%s%d%s", i ? ", " : "flip_idx: [", s->flip[i],
                        i + 1 < s->count ? "" : "]\n");
    for (int i = 0; i < s->names.count; i++) {
        nn_buffer_print(out, i ? ", " : "kpt_names:\n  0: [");
        nn_buffer_json_text(out, s->names.name[i]);
        nn_buffer_print(out, i + 1 < s->names.count ? "" : "]\n");
    }
}

// The keypoints that lines hold; 0: lines hold boxes or outlines.
static int keypoints_of(const nn_set_writer *w)
{
    return w->options.outlines || !w->options.keypoints ? 0 : w->options.keypoints->count;
}

void nn_yolo_print_set(nn_buffer *out, const char *const *names, int count,
                       const char *const splits[3])
{
    static const char *const keys[] = {"train", "val", "test"};
    for (int i = 0; i < 3; i++)
        if (splits[i])
            nn_buffer_print(out, "%s: %s\n", keys[i], splits[i]);
    nn_buffer_print(out, "nc: %d\nnames:\n", count);
    for (int i = 0; i < count; i++) {
        nn_buffer_print(out, "  %d: ", i);
        nn_buffer_json_text(out, names[i]);
        nn_buffer_add(out, "\n", 1);
    }
}

static void print_object(nn_buffer *out, const nn_set_writer *w, const nn_annotated_picture *p,
                         const nn_annotation *a)
{
    const double box[] = {fmax((double)a->x0, 0), fmax((double)a->y0, 0),
                          fmin((double)a->x1, p->width), fmin((double)a->y1, p->height)};
    if (!(box[2] > box[0] && box[3] > box[1])) // the box is outside of the picture
        return;
    if (!w->options.outlines) {
        nn_yolo_print(out, a->class_index, box, p->width, p->height, -1);
        nn_yolo_print_keypoints(out, a->keypoints > 0 ? p->keypoints + a->first_keypoint : NULL,
                                keypoints_of(w), p->width, p->height);
    } else if (a->corners > 2) {
        nn_yolo_print_outline(out, a->class_index, p->xy + a->first, a->corners, p->width,
                              p->height);
    } else { // outlines: every line of the file is one
        const float xy[] = {a->x0, a->y0, a->x1, a->y0, a->x1, a->y1, a->x0, a->y1};
        nn_yolo_print_outline(out, a->class_index, xy, 4, p->width, p->height);
    }
    nn_buffer_add(out, "\n", 1);
}

static nn_status picture(nn_set_writer *w, const nn_annotated_picture *p, const char *stem,
                         const char *ending, char *file, nn_error *err)
{
    char labels[PATH_MAX];
    nn_buffer text = {0};
    const char *split = nn_split_name(p->split);
    nn_status status = nn_folder_join(file, err, "images/%s/%s%s", split, stem, ending);
    if (status == NN_OK)
        status = nn_folder_join(labels, err, "labels/%s/%s.txt", split, stem);
    for (int i = 0; i < p->count; i++)
        print_object(&text, w, p, &p->list[i]);
    if (status == NN_OK)
        status = nn_set_writer_save(w, labels, &text, 1, err);
    nn_buffer_release(&text);
    return status;
}

static nn_status end(nn_set_writer *w, nn_error *err)
{
    const nn_names *classes = w->options.classes;
    const char *splits[3] = {0};
    char names[3][32];
    nn_buffer text = {0};
    for (int i = 0; i < 3; i++) {
        const nn_split split = (nn_split)(NN_SPLIT_TRAIN + i);
        const int more = i == 0 ? w->counts.split[NN_SPLIT_NONE] : 0;
        snprintf(names[i], sizeof names[i], "images/%s", nn_split_name(split));
        splits[i] = w->counts.split[split] + more > 0 ? names[i] : NULL;
    }
    nn_yolo_print_set(&text, (const char *const *)classes->name, classes->count, splits);
    if (keypoints_of(w) > 0)
        print_keypoint_set(&text, w->options.keypoints);
    nn_status status = nn_set_writer_save(w, "data.yaml", &text, 1, err);
    nn_buffer_release(&text);
    for (int i = 0; i < classes->count; i++)
        nn_buffer_print(&text, "%s\n", classes->name[i]);
    if (status == NN_OK) // for labelImg and other tools that read no YAML
        status = nn_set_writer_save(w, "classes.txt", &text, 1, err);
    nn_buffer_release(&text);
    return status;
}

const nn_write_format nn_write_yolo = {
    .name = "yolo",
    .title = "YOLO",
    .or_outlines = true,
    .keypoints = true,
    .empty = true,
    .picture = picture,
    .end = end,
};
