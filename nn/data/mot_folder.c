// SPDX-License-Identifier: MIT
// Sequences of the MOT challenge (Milan 2016): DIR/seqinfo.ini, DIR/img1/000001.jpg and
// DIR/gt/gt.txt; or a folder of such folders, also below train/ and test/. gt/labels.txt (CVAT)
// names the classes; without it all objects are people.
#include "nn/data/label_files.h"
#include "nn/data/mot.h"
#include "nn/data/yolo_labels.h"

#include "nn/base/memory.h"
#include "nn/io/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEQUENCE_DEPTH = 3 }; // MOT17/train/MOT17-02

typedef struct sequence {
    char folder[PATH_MAX], pictures[PATH_MAX];
    int width, height; // 0: not in seqinfo.ini
    nn_names names;    // names of class numbers; empty: people only
    int person;        // class index of people, when classes have no names
} sequence;

static nn_status read_info(sequence *s, nn_error *err)
{
    char path[PATH_MAX], line[512];
    nn_text text;
    char images[256] = "img1";
    if (!nn_folder_has(s->folder, "seqinfo.ini")) // CVAT writes none
        return nn_folder_join(s->pictures, err, "%s/%s", s->folder, images);
    nn_status status = nn_folder_join(path, err, "%s/seqinfo.ini", s->folder);
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

// The number in a picture's name, 12 for "000012.jpg"; 0: it has none.
static int frame_number(const char *name)
{
    char *end;
    const long number = isdigit((unsigned char)name[0]) ? strtol(name, &end, 10) : 0;
    return number > 0 && number <= INT_MAX && *end == '.' ? (int)number : 0;
}

static nn_status add_row(nn_annotation_reader *r, const sequence *s, const nn_mot_row *row,
                         nn_error *err)
{
    nn_annotation a = {.class_index = s->person,
                       .x0 = row->truth.x0,
                       .y0 = row->truth.y0,
                       .x1 = row->truth.x1,
                       .y1 = row->truth.y1,
                       .score = row->score > 0 ? row->score : 1,
                       .track = row->id,
                       .ignore = row->ignore};
    if (row->other)
        return NN_OK;
    if (s->names.count > 0 && row->number > 0)
        a.class_index = nn_annotation_number(r, &s->names, row->number - 1, err);
    else if (s->names.count > 0 && row->ignore)
        a.class_index = -1;
    else if (s->names.count > 0)
        a.class_index = nn_annotation_number(r, &s->names, 0, err);
    return a.class_index < 0 && !row->ignore ? err->status : nn_annotation_add(r, &a, err);
}

static nn_status give_frame(nn_annotation_reader *r, const sequence *s, const nn_mot *m,
                            const char *name, nn_error *err)
{
    char path[PATH_MAX];
    const char *slash = strrchr(s->folder, '/');
    const int frame = frame_number(name);
    if (!nn_mot_covers(m, frame, m->stride))
        return NN_OK;
    nn_status status = nn_folder_join(path, err, "%s/%s", s->pictures, name);
    if (status == NN_OK)
        status = nn_annotation_begin(r, path, err);
    snprintf(r->picture.sequence, sizeof r->picture.sequence, "%.255s",
             slash ? slash + 1 : s->folder);
    r->picture.width = s->width;
    r->picture.height = s->height;
    for (int i = nn_mot_first(m, frame);
         i < m->count && m->rows[i].frame == frame && status == NN_OK; i++)
        status = add_row(r, s, &m->rows[i], err);
    return status == NN_OK ? nn_annotation_end(r, err) : status;
}

static void pass_note(void *ctx, const char *line)
{
    const nn_annotation_reader *r = ctx;
    if (r->note)
        r->note(r->ctx, line);
}

static nn_status read_names(nn_annotation_reader *r, sequence *s, nn_error *err)
{
    char path[PATH_MAX];
    if (!nn_folder_has(s->folder, "gt/labels.txt")) {
        s->person = nn_annotation_class(r, "person", 6, err);
        return s->person < 0 ? err->status : NN_OK;
    }
    nn_status status = nn_folder_join(path, err, "%s/gt/labels.txt", s->folder);
    if (status == NN_OK)
        status = nn_names_load(&s->names, path, err);
    return status == NN_OK ? nn_annotation_classes(r, &s->names, err) : status;
}

static nn_status read_frames(nn_annotation_reader *r, sequence *s, nn_error *err)
{
    nn_mot m;
    char path[PATH_MAX];
    const nn_notes notes = {pass_note, r};
    nn_status status = nn_folder_join(path, err, "%s/gt/gt.txt", s->folder);
    if (status == NN_OK)
        status = s->names.count > 0 ? nn_mot_load_classes(&m, path, notes, err)
                                    : nn_mot_load(&m, path, notes, err);
    if (status != NN_OK)
        return status;
    nn_names frames = {0};
    status = nn_folder_list(&frames, s->pictures, nn_folder_pictures, err);
    for (int i = 0; i < frames.count && status == NN_OK; i++)
        status = give_frame(r, s, &m, frames.name[i], err);
    nn_names_release(&frames);
    nn_mot_release(&m);
    return status;
}

// Reads one sequence. Those without ground truth, such as the challenge's test set, are left out.
static nn_status read_sequence(nn_annotation_reader *r, const char *folder, nn_error *err)
{
    sequence s = {0};
    nn_status status = nn_folder_join(s.folder, err, "%s", folder);
    if (status == NN_OK)
        status = read_info(&s, err);
    if (status != NN_OK || !nn_folder_has(folder, "gt/gt.txt"))
        return status;
    status = read_names(r, &s, err);
    if (status == NN_OK)
        status = read_frames(r, &s, err);
    nn_names_release(&s.names);
    return status;
}

typedef struct walk {
    nn_annotation_reader *r; // NULL: only recognises
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

// Finds a sequence without seqinfo.ini, named by its folder or by its file gt/gt.txt.
static bool find_bare(char *folder, const char *path)
{
    char gt[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (nn_folder_join(folder, NULL, "%s", path) != NN_OK)
        return false;
    if (strcmp(slash ? slash + 1 : path, "gt.txt") == 0 &&
        (nn_path_folder(gt, path, NULL) != NN_OK ||
         nn_folder_join(folder, NULL, "%s/..", gt) != NN_OK))
        return false;
    return nn_folder_has(folder, "gt/gt.txt") && nn_folder_has(folder, "img1");
}

static nn_status read_set(nn_annotation_reader *r, const nn_folder *f, nn_error *err)
{
    walk w = {.r = r};
    char folder[PATH_MAX];
    if (find_bare(folder, f->path))
        return read_sequence(r, folder, err);
    return nn_folder_walk(f->path, SEQUENCE_DEPTH, ".ini", visit, &w, err);
}

static bool recognise(const char *path)
{
    walk w = {0};
    char folder[PATH_MAX];
    if (find_bare(folder, path))
        return true;
    nn_folder_walk(path, SEQUENCE_DEPTH, ".ini", visit, &w, NULL);
    return w.found;
}

const nn_data_format nn_data_mot_folder = {
    .name = "MOT challenge",
    .looks_like = "img1/ and gt/gt.txt (MOT challenge, CVAT)",
    .kind = NN_DATA_BOXES,
    .recognise = recognise,
    .read = read_set,
};
