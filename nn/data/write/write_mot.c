// SPDX-License-Identifier: MIT
// Writes MOT challenge sequences (Milan 2016): SPLIT/SEQUENCE/seqinfo.ini, img1/000001.jpg,
// gt/gt.txt and, as CVAT does, the class names in gt/labels.txt.
#include "nn/base/memory.h"
#include "nn/data/write/label_text.h"
#include "nn/data/write/write_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS = 3, SCORE_DIGITS = 6, MOST_SEQUENCES = 1 << 20 };

void nn_mot_print(nn_buffer *out, int frame, int id, const double box[4], double score, int number)
{
    const double v[] = {box[0], box[1], box[2] - box[0], box[3] - box[1]};
    nn_buffer_print(out, "%d,%d", frame, id > 0 ? id : -1);
    for (int i = 0; i < 4; i++) {
        nn_buffer_add(out, ",", 1);
        nn_buffer_number(out, v[i], DIGITS);
    }
    nn_buffer_add(out, ",", 1);
    nn_buffer_number(out, score, SCORE_DIGITS);
    nn_buffer_print(out, ",%d", number);
}

// Frames of one size and file type. Others with the same sequence name make a sequence of their
// own.
typedef struct sequence {
    char name[320], told[256], ending[16];
    nn_split split;
    int width, height, last;
    nn_buffer lines;
} sequence;

typedef struct sequences {
    sequence *list; // owned
    int count, capacity, recent;
} sequences;

static nn_status begin(nn_set_writer *w, nn_error *err)
{
    w->state = nn_calloc(1, sizeof(sequences));
    return w->state ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for sequences");
}

static bool has(const sequence *s, const nn_annotated_picture *p, const char *told,
                const char *ending)
{
    return s->split == p->split && s->width == p->width && s->height == p->height &&
           strcmp(s->told, told) == 0 && strcmp(s->ending, ending) == 0;
}

static nn_status add_sequence(sequences *all, const nn_annotated_picture *p, const char *told,
                              const char *ending, nn_error *err)
{
    if (all->count == all->capacity) {
        const int larger = all->capacity ? 2 * all->capacity : 16;
        sequence *grown = larger > MOST_SEQUENCES
                              ? NULL
                              : nn_realloc(all->list, (size_t)all->capacity * sizeof *grown,
                                           (size_t)larger * sizeof *grown);
        if (!grown)
            return nn_fail(err, NN_ENOMEM, "no memory for %d sequences", larger);
        all->list = grown;
        all->capacity = larger;
    }
    sequence *s = &all->list[all->count];
    *s = (sequence){.split = p->split, .width = p->width, .height = p->height};
    snprintf(s->told, sizeof s->told, "%.255s", told);
    snprintf(s->ending, sizeof s->ending, "%.15s", ending);
    int same = 1;
    for (int i = 0; i < all->count; i++)
        same += all->list[i].split == s->split && strcmp(all->list[i].told, told) == 0;
    snprintf(s->name, sizeof s->name, same > 1 ? "%s-%d" : "%s", told, same);
    all->recent = all->count++;
    return NN_OK;
}

static nn_status find_sequence(sequences *all, const nn_annotated_picture *p, const char *ending,
                               nn_error *err)
{
    const char *told = p->sequence[0] && !strchr(p->sequence, '/') && p->sequence[0] != '.'
                           ? p->sequence
                           : "pictures";
    if (all->count > 0 && has(&all->list[all->recent], p, told, ending))
        return NN_OK;
    for (int i = 0; i < all->count; i++)
        if (has(&all->list[i], p, told, ending)) {
            all->recent = i;
            return NN_OK;
        }
    return add_sequence(all, p, told, ending, err);
}

// The frame number in the picture's name, else the next number.
static int next_frame(const sequence *s, const nn_annotated_picture *p)
{
    const char *slash = strrchr(p->path, '/');
    char *end;
    const long number = strtol(slash ? slash + 1 : p->path, &end, 10);
    return p->sequence[0] && *end == '.' && number > s->last && number < 1000000 ? (int)number
                                                                                 : s->last + 1;
}

static nn_status picture(nn_set_writer *w, const nn_annotated_picture *p, const char *stem,
                         const char *ending, char *file, nn_error *err)
{
    sequences *all = w->state;
    (void)stem;
    nn_status status = find_sequence(all, p, ending, err);
    if (status != NN_OK)
        return status;
    sequence *s = &all->list[all->recent];
    s->last = next_frame(s, p);
    for (int i = 0; i < p->count; i++) {
        const nn_annotation *a = &p->list[i];
        const double box[] = {(double)a->x0, (double)a->y0, (double)a->x1, (double)a->y1};
        nn_mot_print(&s->lines, s->last, a->track, box, a->ignore ? 0 : 1,
                     a->class_index < 0 ? -1 : a->class_index + 1);
        nn_buffer_print(&s->lines, ",1\n");
    }
    return nn_folder_join(file, err, "%s/%s/img1/%06d%s", nn_split_name(p->split), s->name, s->last,
                          ending);
}

static nn_status save_sequence(nn_set_writer *w, const sequence *s, const nn_buffer *classes,
                               nn_error *err)
{
    const char *split = nn_split_name(s->split);
    char name[512];
    nn_buffer info = {0};
    nn_buffer_print(&info,
                    "[Sequence]\nname=%s\nimDir=img1\nseqLength=%d\nimWidth=%d\nimHeight=%d\n"
                    "imExt=%s\n",
                    s->name, s->last, s->width, s->height, s->ending);
    snprintf(name, sizeof name, "%s/%s/seqinfo.ini", split, s->name);
    nn_status status = nn_set_writer_save(w, name, &info, 1, err);
    nn_buffer_release(&info);
    snprintf(name, sizeof name, "%s/%s/gt/gt.txt", split, s->name);
    if (status != NN_OK || s->lines.size == 0) // no ground truth, as in the challenge's test set
        return status;
    status = nn_set_writer_save(w, name, &s->lines, 1, err);
    snprintf(name, sizeof name, "%s/%s/gt/labels.txt", split, s->name);
    return status == NN_OK ? nn_set_writer_save(w, name, classes, 1, err) : status;
}

static nn_status end(nn_set_writer *w, nn_error *err)
{
    const sequences *all = w->state;
    nn_buffer classes = {0};
    nn_status status = NN_OK;
    for (int i = 0; i < w->options.classes->count; i++)
        nn_buffer_print(&classes, "%s\n", w->options.classes->name[i]);
    for (int i = 0; i < all->count && status == NN_OK; i++)
        status = save_sequence(w, &all->list[i], &classes, err);
    nn_buffer_release(&classes);
    return status;
}

static void release(nn_set_writer *w)
{
    sequences *all = w->state;
    for (int i = 0; all && i < all->count; i++)
        nn_buffer_release(&all->list[i].lines);
    if (all)
        nn_free(all->list);
    nn_free(all);
}

const nn_write_format nn_write_mot = {
    .name = "mot",
    .title = "MOT",
    .ignores = true,
    .any_ignores = true,
    .tracks = true,
    .begin = begin,
    .picture = picture,
    .end = end,
    .release = release,
};
