// SPDX-License-Identifier: MIT
// Reads MOT text files, and tells which frames they label.
#include "nn/data/mot.h"

#include "nn/base/memory.h"
#include "nn/data/label_line.h"
#include "nn/io/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void note_line(const nn_notes *notes, const char *path, int number, const char *what)
{
    char line[512];
    if (!notes->note)
        return;
    snprintf(line, sizeof line, "%s:%d: %s, line skipped", path, number, what);
    notes->note(notes->ctx, line);
}

// Reads flag, class and visibility, the last three numbers of a line of MOT16's ground truth.
static void read_class(nn_mot_row *row, const double v[9])
{
    const int label = (int)v[7];
    row->ignore = v[6] == 0 || label == 2 || label == 7 || label == 8 || label == 12;
    row->other = !row->ignore && label != 1;
}

static bool has_class(const double v[9])
{
    return (v[6] == 0 || v[6] == 1) && v[7] >= 1 && v[7] <= 13 && v[7] == floor(v[7]) &&
           v[8] >= 0 && v[8] <= 1;
}

// Parses a line. Returns NULL, or what is wrong; row->frame is then 0 unless the frame number is
// valid. `named`: classes have names, so that none has a special meaning.
static const char *parse_row(const char *line, bool named, nn_mot_row *row)
{
    nn_label_number number[NN_MOT_NUMBERS];
    double v[NN_MOT_NUMBERS] = {0, 0, 0, 0, 0, 0, 1};
    int n;
    const char *wrong = nn_mot_line(line, number, &n);
    *row = (nn_mot_row){.frame = n > 0 ? (int)number[0].value : 0, .broken = wrong != NULL};
    if (wrong)
        return wrong;
    for (int i = 0; i < n; i++)
        v[i] = number[i].value;
    row->truth = (nn_truth){.x0 = (float)v[2],
                            .y0 = (float)v[3],
                            .x1 = (float)(v[2] + v[4]),
                            .y1 = (float)(v[3] + v[5])};
    row->score = v[6] == -1 ? 1 : (float)v[6];
    row->ignore = v[6] == 0;
    row->id = v[1] > 0 && v[1] < 1e9 ? (int)v[1] : 0;
    row->number = n > 7 && v[7] >= 1 && v[7] <= NN_CLASS_MAX ? (int)v[7] : 0;
    if (n == 9 && !named && has_class(v))
        read_class(row, v);
    return NULL;
}

static nn_status append_row(nn_mot *m, int *capacity, const nn_mot_row *row, nn_error *err)
{
    if (m->count == *capacity) {
        int larger = *capacity ? *capacity * 2 : 256;
        nn_mot_row *grown = nn_realloc(m->rows, *capacity * sizeof *grown, larger * sizeof *grown);
        if (!grown)
            return nn_fail(err, NN_ENOMEM, "no memory for %d label rows", larger);
        m->rows = grown;
        *capacity = larger;
    }
    m->rows[m->count++] = *row;
    return NN_OK;
}

static int compare_rows(const void *a, const void *b)
{
    const nn_mot_row *x = a, *y = b;
    return (x->frame > y->frame) - (x->frame < y->frame);
}

// Greatest common divisor of the distances between labelled frames.
static int find_stride(const nn_mot *m)
{
    int stride = 0, distances = 0;
    for (int i = 1; i < m->count; i++) {
        int a = m->rows[i].frame - m->rows[i - 1].frame, b = stride;
        if (a == 0)
            continue;
        distances++;
        while (b != 0) {
            int rest = a % b;
            a = b;
            b = rest;
        }
        stride = a;
    }
    return distances >= 2 ? stride : 1;
}

static nn_status load(nn_mot *m, const char *path, bool named, nn_notes notes, nn_error *err)
{
    *m = (nn_mot){.stride = 1};
    nn_text text;
    nn_status status = nn_text_open(&text, path, err);
    if (status != NN_OK)
        return status;
    char line[512];
    int capacity = 0;
    while (status == NN_OK && nn_text_next(&text, line, sizeof line)) {
        if (line[0] == '#' || line[strspn(line, " \t\r\n")] == '\0')
            continue;
        nn_mot_row row;
        const char *wrong = parse_row(line, named, &row);
        if (text.cut) {
            wrong = "a line too long";
            row.broken = true;
        }
        if (wrong)
            note_line(&notes, path, text.number, wrong);
        if (row.frame > 0)
            status = append_row(m, &capacity, &row, err);
    }
    const nn_status closed = nn_text_close(&text, path, status == NN_OK ? err : NULL);
    status = status == NN_OK ? closed : status;
    if (status == NN_OK && m->count == 0)
        status = nn_fail(err, NN_EFORMAT, "%s: no line 'frame,id,x,y,w,h,score' in it", path);
    if (status != NN_OK) {
        nn_mot_release(m);
        return status;
    }
    // The order of rows within a frame does not matter.
    qsort(m->rows, m->count, sizeof *m->rows, compare_rows);
    m->first = m->rows[0].frame;
    m->last = m->rows[m->count - 1].frame;
    m->stride = find_stride(m);
    return NN_OK;
}

nn_status nn_mot_load(nn_mot *m, const char *path, nn_notes notes, nn_error *err)
{
    return load(m, path, false, notes, err);
}

nn_status nn_mot_load_classes(nn_mot *m, const char *path, nn_notes notes, nn_error *err)
{
    return load(m, path, true, notes, err);
}

void nn_mot_release(nn_mot *m)
{
    nn_free(m->rows);
    *m = (nn_mot){0};
}

int nn_mot_first(const nn_mot *m, int frame)
{
    int low = 0, high = m->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (m->rows[middle].frame < frame)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool nn_mot_covers(const nn_mot *m, int frame, int stride)
{
    if (frame < 1 || m->count == 0 || (stride > 1 && (frame - m->first) % stride != 0))
        return false;
    for (int i = nn_mot_first(m, frame); i < m->count && m->rows[i].frame == frame; i++)
        if (m->rows[i].broken)
            return false;
    return true;
}

nn_status nn_mot_truths(const nn_mot *m, int frame, float ignore_below, nn_truth **out, int *count,
                        nn_error *err)
{
    *out = NULL;
    *count = 0;
    int first = nn_mot_first(m, frame), end = first;
    while (end < m->count && m->rows[end].frame == frame)
        end++;
    if (end == first)
        return NN_OK;
    nn_truth *t = nn_calloc(end - first, sizeof *t);
    if (!t)
        return nn_fail(err, NN_ENOMEM, "no memory for the boxes of frame %d", frame);
    for (int i = first; i < end; i++) {
        if (m->rows[i].other)
            continue;
        t[*count] = m->rows[i].truth;
        t[(*count)++].ignore = m->rows[i].ignore || m->rows[i].score < ignore_below;
    }
    if (*count == 0) {
        nn_free(t);
        t = NULL;
    }
    *out = t;
    return NN_OK;
}
