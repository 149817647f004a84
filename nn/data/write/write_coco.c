// SPDX-License-Identifier: MIT
// COCO (Lin 2014): annotations/instances_SPLIT.json, and the pictures in SPLIT/.
#include "nn/base/memory.h"
#include "nn/data/write/label_text.h"
#include "nn/data/write/write_set.h"

#include <stdio.h>
#include <string.h>

enum { DIGITS = 3 };

static void print_keypoints(nn_buffer *out, const nn_coco_label *l)
{
    int labelled = 0;
    if (l->keypoint_count == 0)
        return;
    nn_buffer_print(out, ", \"keypoints\": [");
    for (int i = 0; i < l->keypoint_count; i++) {
        const nn_keypoint *k = &l->keypoints[i];
        const int seen = k->score <= 0 ? 0 : k->score < NN_KEYPOINT_VISIBLE ? 1 : 2;
        nn_buffer_print(out, i ? ", " : "");
        nn_buffer_number(out, seen ? (double)k->x : 0, DIGITS);
        nn_buffer_print(out, ", ");
        nn_buffer_number(out, seen ? (double)k->y : 0, DIGITS);
        nn_buffer_print(out, ", %d", seen);
        labelled += seen > 0;
    }
    nn_buffer_print(out, "], \"num_keypoints\": %d", labelled);
}

void nn_coco_print_label(nn_buffer *out, const nn_coco_label *l)
{
    const double w = l->box[2] - l->box[0], h = l->box[3] - l->box[1];
    const double place[] = {l->box[0], l->box[1], w, h};
    nn_buffer_print(out, "{\"id\": %lld, \"image_id\": %s, \"category_id\": %s", l->id, l->image,
                    l->category);
    for (int i = 0; i < 4; i++) {
        nn_buffer_print(out, i ? ", " : ", \"bbox\": [");
        nn_buffer_number(out, place[i], DIGITS);
    }
    nn_buffer_print(out, "], \"area\": ");
    nn_buffer_number(out, l->area > 0 ? l->area : w * h, DIGITS);
    nn_buffer_print(out, ", \"iscrowd\": %d, \"segmentation\": [", l->crowd);
    for (int i = 0; i < 2 * l->corners; i++) {
        nn_buffer_print(out, i ? ", " : "[");
        nn_buffer_number(out, (double)l->xy[i], DIGITS);
    }
    nn_buffer_print(out, l->corners > 0 ? "]]" : "]");
    print_keypoints(out, l);
    if (l->score >= 0) {
        nn_buffer_print(out, ", \"score\": ");
        nn_buffer_number(out, l->score, 6);
    }
    nn_buffer_add(out, "}", 1);
}

void nn_coco_print_image(nn_buffer *out, const char *id, const char *name, int width, int height)
{
    nn_buffer_print(out, "{\"id\": %s, \"file_name\": ", id);
    nn_buffer_json_text(out, name);
    nn_buffer_print(out, ", \"width\": %d, \"height\": %d}", width, height);
}

static void print_keypoint_set(nn_buffer *out, const nn_keypoint_set *s)
{
    char number[24];
    nn_buffer_print(out, ", \"keypoints\": [");
    for (int i = 0; i < s->count; i++) {
        snprintf(number, sizeof number, "keypoint_%d", i + 1);
        nn_buffer_print(out, i ? ", " : "");
        nn_buffer_json_text(out, i < s->names.count ? s->names.name[i] : number);
    }
    nn_buffer_print(out, "], \"skeleton\": [");
    for (int i = 0; i < s->link_count; i++)
        nn_buffer_print(out, "%s[%d, %d]", i ? ", " : "", s->links[i][0] + 1, s->links[i][1] + 1);
    nn_buffer_print(out, "]");
}

void nn_coco_print_category(nn_buffer *out, const char *id, const char *name,
                            const nn_keypoint_set *keypoints)
{
    nn_buffer_print(out, "{\"id\": %s, \"name\": ", id);
    nn_buffer_json_text(out, name);
    if (keypoints && keypoints->count > 0)
        print_keypoint_set(out, keypoints);
    nn_buffer_add(out, "}", 1);
}

// The buffers of one split's file.
typedef struct coco_set {
    struct {
        nn_buffer images, labels;
        int image_count;
        long long label_count;
    } split[NN_SPLITS];
} coco_set;

static nn_status begin(nn_set_writer *w, nn_error *err)
{
    w->state = nn_calloc(1, sizeof(coco_set));
    return w->state ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for lists of pictures");
}

static void print_label(nn_buffer *out, const nn_annotated_picture *p, const nn_annotation *a,
                        const char *image, long long id)
{
    char category[16];
    snprintf(category, sizeof category, "%d", a->class_index + 1);
    const nn_coco_label l = {
        .id = id,
        .image = image,
        .category = category,
        .box = {(double)a->x0, (double)a->y0, (double)a->x1, (double)a->y1},
        .area = (double)a->area,
        .crowd = a->ignore,
        .score = a->score < 1 ? (double)a->score : -1,
        .xy = p->xy ? p->xy + a->first : NULL,
        .corners = a->corners > 2 ? a->corners : 0,
        .keypoints = p->keypoints ? p->keypoints + a->first_keypoint : NULL,
        .keypoint_count = a->keypoints,
    };
    nn_coco_print_label(out, &l);
}

static nn_status picture(nn_set_writer *w, const nn_annotated_picture *p, const char *stem,
                         const char *ending, char *file, nn_error *err)
{
    coco_set *set = w->state;
    nn_buffer *images = &set->split[p->split].images, *labels = &set->split[p->split].labels;
    char name[PATH_MAX], id[16];
    nn_status status = nn_folder_join(name, err, "%s%s", stem, ending);
    if (status == NN_OK)
        status = nn_folder_join(file, err, "%s/%s", nn_split_name(p->split), name);
    if (status != NN_OK)
        return status;
    snprintf(id, sizeof id, "%d", ++set->split[p->split].image_count);
    nn_buffer_print(images, images->size ? ",\n  " : "  ");
    nn_coco_print_image(images, id, name, p->width, p->height);
    for (int i = 0; i < p->count; i++) {
        nn_buffer_print(labels, labels->size ? ",\n  " : "  ");
        print_label(labels, p, &p->list[i], id, ++set->split[p->split].label_count);
    }
    return NN_OK;
}

static nn_status save_split(nn_set_writer *w, nn_split split, nn_error *err)
{
    coco_set *set = w->state;
    const nn_names *classes = w->options.classes;
    enum { HEAD, IMAGES, MIDDLE, LABELS, TAIL, PARTS };
    nn_buffer parts[PARTS] = {
        [IMAGES] = set->split[split].images, [LABELS] = set->split[split].labels};
    char name[64], id[16];
    nn_buffer_print(&parts[HEAD], "{\"images\": [\n");
    nn_buffer_print(&parts[MIDDLE], "\n],\n\"annotations\": [\n");
    nn_buffer_print(&parts[TAIL], "\n],\n\"categories\": [\n");
    for (int i = 0; i < classes->count; i++) {
        snprintf(id, sizeof id, "%d", i + 1);
        nn_buffer_print(&parts[TAIL], i ? ",\n  " : "  ");
        nn_coco_print_category(&parts[TAIL], id, classes->name[i], w->options.keypoints);
    }
    nn_buffer_print(&parts[TAIL], "\n]}\n");
    snprintf(name, sizeof name, "annotations/instances_%s.json", nn_split_name(split));
    const nn_status status = nn_set_writer_save(w, name, parts, PARTS, err);
    for (int i = HEAD; i < PARTS; i += 2)
        nn_buffer_release(&parts[i]);
    return status;
}

static nn_status end(nn_set_writer *w, nn_error *err)
{
    const coco_set *set = w->state;
    nn_status status = NN_OK;
    for (int i = NN_SPLIT_TRAIN; i < NN_SPLITS && status == NN_OK; i++)
        if (set->split[i].image_count > 0)
            status = save_split(w, (nn_split)i, err);
    return status;
}

static void release(nn_set_writer *w)
{
    coco_set *set = w->state;
    for (int i = 0; set && i < NN_SPLITS; i++) {
        nn_buffer_release(&set->split[i].images);
        nn_buffer_release(&set->split[i].labels);
    }
    nn_free(set);
}

const nn_write_format nn_write_coco = {
    .name = "coco",
    .title = "COCO",
    .ignores = true,
    .outlines = true,
    .keypoints = true,
    .scores = true,
    .empty = true,
    .begin = begin,
    .picture = picture,
    .end = end,
    .release = release,
};
