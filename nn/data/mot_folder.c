// SPDX-License-Identifier: MIT
// Sequences of the MOT challenge (Milan 2016): DIR/seqinfo.ini, DIR/img1/000001.jpg and
// DIR/gt/gt.txt; or a folder of such folders, also below train/ and test/. Each is a sequence of
// its own: its frames are alike.
#include "nn/data/label_files.h"
#include "nn/data/mot.h"

#include "nn/base/memory.h"
#include "nn/io/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEQUENCE_DEPTH = 3 }; // MOT17/train/MOT17-02

typedef struct sequence {
    char folder[PATH_MAX], pictures[PATH_MAX];
    int width, height; // 0: seqinfo.ini does not say
} sequence;

static nn_status read_info(sequence *s, nn_error *err)
{
    char path[PATH_MAX], line[512];
    nn_text text;
    nn_status status = nn_folder_join(path, err, "%s/seqinfo.ini", s->folder);
    char images[256] = "img1";
    if (status == NN_OK)
        status = nn_text_open(&text, path, err);
    if (status != NN_OK)
        return status;
    while (nn_text_next(&text, line, sizeof line)) {
        line[strcspn(line, "\r\n")] = '\0';
        char *value = strchr(line, '=');
        if (!value)
            continue;
        *value++ = '\0';
        const long n = strtol(value, NULL, 10);
        const int whole = n > 0 && n < 1 << 24 ? (int)n : 0;
        if (strcmp(line, "imDir") == 0 && nn_folder_is_below(value))
            snprintf(images, sizeof images, "%.255s", value);
        else if (strcmp(line, "imWidth") == 0)
            s->width = whole;
        else if (strcmp(line, "imHeight") == 0)
            s->height = whole;
    }
    status = nn_text_close(&text, path, err);
    return status == NN_OK ? nn_folder_join(s->pictures, err, "%s/%s", s->folder, images) : status;
}

// The number that a picture's name is: 12 of "000012.jpg"; 0: it is none.
static int frame_number(const char *name)
{
    char *end;
    const long number = isdigit((unsigned char)name[0]) ? strtol(name, &end, 10) : 0;
    return number > 0 && number <= INT_MAX && *end == '.' ? (int)number : 0;
}

static nn_status give_frame(nn_annotation_reader *r, const sequence *s, const nn_mot *m,
                            const char *name, int person, nn_error *err)
{
    char path[PATH_MAX];
    nn_truth *truths;
    int count;
    const char *slash = strrchr(s->folder, '/');
    const int frame = frame_number(name);
    if (!nn_mot_covers(m, frame, m->stride))
        return NN_OK;
    nn_status status = nn_folder_join(path, err, "%s/%s", s->pictures, name);
    if (status == NN_OK)
        status = nn_mot_truths(m, frame, 0, &truths, &count, err);
    if (status != NN_OK)
        return status;
    status = nn_annotation_begin(r, path, err);
    snprintf(r->picture.sequence, sizeof r->picture.sequence, "%.255s",
             slash ? slash + 1 : s->folder);
    r->picture.width = s->width;
    r->picture.height = s->height;
    for (int i = 0; i < count && status == NN_OK; i++)
        status = nn_annotation_add(r,
                                   &(nn_annotation){.class_index = person,
                                                    .x0 = truths[i].x0,
                                                    .y0 = truths[i].y0,
                                                    .x1 = truths[i].x1,
                                                    .y1 = truths[i].y1,
                                                    .score = 1,
                                                    .ignore = truths[i].ignore},
                                   err);
    nn_free(truths);
    return status == NN_OK ? nn_annotation_end(r, err) : status;
}

static void pass_note(void *ctx, const char *line)
{
    const nn_annotation_reader *r = ctx;
    if (r->note)
        r->note(r->ctx, line);
}

// One sequence. Those without ground truth (the challenge keeps that of tests) are left out.
static nn_status read_sequence(nn_annotation_reader *r, const char *folder, nn_error *err)
{
    sequence s = {0};
    nn_mot m;
    char path[PATH_MAX];
    nn_status status = nn_folder_join(s.folder, err, "%s", folder);
    if (status == NN_OK)
        status = read_info(&s, err);
    if (status == NN_OK)
        status = nn_folder_join(path, err, "%s/gt/gt.txt", folder);
    if (status != NN_OK || !nn_folder_has(folder, "gt/gt.txt"))
        return status;
    status = nn_mot_load(&m, path, (nn_notes){pass_note, r}, err);
    if (status != NN_OK)
        return status;
    const int person = nn_annotation_class(r, "person", 6, err);
    nn_names frames = {0};
    status =
        person < 0 ? err->status : nn_folder_list(&frames, s.pictures, nn_folder_pictures, err);
    for (int i = 0; i < frames.count && status == NN_OK; i++)
        status = give_frame(r, &s, &m, frames.name[i], person, err);
    nn_names_release(&frames);
    nn_mot_release(&m);
    return status;
}

typedef struct walk {
    nn_annotation_reader *r; // NULL: only looks
    bool found;
} walk;

static nn_status visit(void *ctx, const char *path, nn_error *err)
{
    walk *w = ctx;
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (strcmp(slash ? slash + 1 : path, "seqinfo.ini") != 0)
        return NN_OK;
    w->found = true;
    if (!w->r)
        return nn_fail(err, NN_EINVAL, "enough");
    nn_status status = nn_path_folder(folder, path, err);
    return status == NN_OK ? read_sequence(w->r, folder, err) : status;
}

static nn_status read_set(nn_annotation_reader *r, const nn_folder *f, nn_error *err)
{
    walk w = {.r = r};
    return nn_folder_walk(f->path, SEQUENCE_DEPTH, ".ini", visit, &w, err);
}

static bool recognise(const char *path)
{
    walk w = {0};
    nn_folder_walk(path, SEQUENCE_DEPTH, ".ini", visit, &w, NULL);
    return w.found;
}

const nn_data_format nn_data_mot_folder = {
    .name = "MOT challenge",
    .looks_like = "seqinfo.ini, img1/ and gt/gt.txt (MOT challenge)",
    .kind = NN_DATA_BOXES,
    .recognise = recognise,
    .read = read_set,
};
