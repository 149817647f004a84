// SPDX-License-Identifier: MIT
// Links rows of MOT text to tracks, fills gaps and removes short tracks.
#include "nn/data/mot_clean.h"

#include "nn/base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { MOTION_WINDOW = 6 }; // boxes over which the velocity is measured
static const float LINK_IOU = 0.3f;

typedef struct pair {
    float iou;
    int live, row;
} pair;

typedef struct linker {
    const nn_mot_row *rows;
    int count;
    int64_t max_gap; // frames that a track survives unseen
    int *prev;       // row -> previous row of its track, or -1
    int *length;     // row -> number of rows of its track up to this one
    int *total;      // row -> number of rows of its track
    int *live;       // last rows of the tracks that may continue
    int live_count;
    pair *pairs;
    size_t pair_capacity;
    bool *taken; // the row is already on a track
} linker;

static float overlap(const nn_truth *a, const nn_truth *b)
{
    float w = (a->x1 < b->x1 ? a->x1 : b->x1) - (a->x0 > b->x0 ? a->x0 : b->x0);
    float h = (a->y1 < b->y1 ? a->y1 : b->y1) - (a->y0 > b->y0 ? a->y0 : b->y0);
    if (w <= 0 || h <= 0)
        return 0;
    float both = w * h;
    return both / ((a->x1 - a->x0) * (a->y1 - a->y0) + (b->x1 - b->x0) * (b->y1 - b->y0) - both);
}

// Predicted position at `frame` of the track that ends in `row`.
static nn_truth predict(const linker *l, int row, int frame)
{
    nn_truth box = l->rows[row].truth;
    int back = row;
    for (int i = 1; i < MOTION_WINDOW && l->prev[back] >= 0; i++)
        back = l->prev[back];
    int frames = l->rows[row].frame - l->rows[back].frame;
    if (!frames)
        return box;
    const nn_truth *old = &l->rows[back].truth;
    float t = 0.5f * (float)(frame - l->rows[row].frame) / (float)frames;
    float dx = t * (box.x0 + box.x1 - old->x0 - old->x1);
    float dy = t * (box.y0 + box.y1 - old->y0 - old->y1);
    box.x0 += dx, box.x1 += dx, box.y0 += dy, box.y1 += dy;
    return box;
}

static int by_iou(const void *a, const void *b)
{
    const pair *x = a, *y = b;
    if (x->iou != y->iou)
        return x->iou < y->iou ? 1 : -1;
    return x->live != y->live ? x->live - y->live : x->row - y->row;
}

static bool grow_pairs(linker *l, size_t need)
{
    if (need <= l->pair_capacity)
        return true;
    nn_free(l->pairs);
    l->pairs = nn_calloc(2 * need, sizeof *l->pairs);
    l->pair_capacity = l->pairs ? 2 * need : 0;
    return l->pairs;
}

static void drop_lost(linker *l, int frame)
{
    int kept = 0;
    for (int i = 0; i < l->live_count; i++)
        if (frame - l->rows[l->live[i]].frame <= l->max_gap)
            l->live[kept++] = l->live[i];
    l->live_count = kept;
}

// Links the rows [begin, end) of one frame.
static bool link_frame(linker *l, int begin, int end)
{
    int frame = l->rows[begin].frame;
    drop_lost(l, frame);
    if (!grow_pairs(l, (size_t)l->live_count * (size_t)(end - begin) + 1))
        return false;
    size_t n = 0;
    for (int i = 0; i < l->live_count; i++) {
        nn_truth expected = predict(l, l->live[i], frame);
        for (int r = begin; r < end; r++) {
            float iou = overlap(&expected, &l->rows[r].truth);
            if (iou >= LINK_IOU)
                l->pairs[n++] = (pair){iou, i, r};
        }
    }
    qsort(l->pairs, n, sizeof *l->pairs, by_iou);
    for (size_t i = 0; i < n; i++) {
        int row = l->pairs[i].row, *last = &l->live[l->pairs[i].live];
        if (l->taken[row] || l->rows[*last].frame == frame)
            continue;
        l->taken[row] = true;
        l->prev[row] = *last;
        l->length[row] = l->length[*last] + 1;
        *last = row;
    }
    for (int r = begin; r < end; r++)
        if (!l->taken[r])
            l->live[l->live_count++] = r;
    return true;
}

static bool link_all(linker *l)
{
    for (int i = 0; i < l->count; i++) {
        l->prev[i] = -1;
        l->length[i] = 1;
    }
    for (int begin = 0, end; begin < l->count; begin = end) {
        for (end = begin + 1; end < l->count && l->rows[end].frame == l->rows[begin].frame; end++)
            ;
        if (!link_frame(l, begin, end))
            return false;
    }
    // Copies the length of each track from its last row back to all its rows.
    for (int i = l->count - 1; i >= 0; i--) {
        if (l->total[i] < l->length[i])
            l->total[i] = l->length[i];
        if (l->prev[i] >= 0 && l->total[l->prev[i]] < l->total[i])
            l->total[l->prev[i]] = l->total[i];
    }
    return true;
}

static nn_mot_row between(const nn_mot_row *a, const nn_mot_row *b, int frame)
{
    float t = (float)(frame - a->frame) / (float)(b->frame - a->frame);
    nn_mot_row row = *b;
    row.frame = frame;
    row.score = a->score < b->score ? a->score : b->score;
    row.truth.x0 = a->truth.x0 + t * (b->truth.x0 - a->truth.x0);
    row.truth.y0 = a->truth.y0 + t * (b->truth.y0 - a->truth.y0);
    row.truth.x1 = a->truth.x1 + t * (b->truth.x1 - a->truth.x1);
    row.truth.y1 = a->truth.y1 + t * (b->truth.y1 - a->truth.y1);
    return row;
}

static int by_frame(const void *a, const void *b)
{
    const nn_mot_row *x = a, *y = b;
    if (x->frame != y->frame)
        return x->frame < y->frame ? -1 : 1;
    return x->truth.x0 < y->truth.x0 ? -1 : x->truth.x0 > y->truth.x0;
}

// Writes the repaired rows unless `out` is NULL; returns their number.
static int mend(const linker *l, int stride, int min_track, nn_mot_row *out,
                nn_mot_clean_report *report)
{
    int n = 0;
    for (int i = 0; i < l->count; i++) {
        bool broken = l->rows[i].broken;
        if (!broken && l->total[i] < min_track) {
            report->removed++;
            continue;
        }
        report->tracks += !broken && l->prev[i] < 0;
        const nn_mot_row *before = l->prev[i] >= 0 ? &l->rows[l->prev[i]] : NULL;
        for (int f = before ? before->frame + stride : 0; before && f < l->rows[i].frame;
             f += stride) {
            if (out)
                out[n] = between(before, &l->rows[i], f);
            n++;
            report->added++;
        }
        if (out)
            out[n] = l->rows[i];
        n++;
    }
    return n;
}

nn_status nn_mot_clean(nn_mot *m, const nn_mot_clean_options *options, nn_mot_clean_report *report,
                       nn_error *err)
{
    size_t n = (size_t)m->count;
    int stride = m->stride > 0 ? m->stride : 1;
    linker l = {
        .rows = m->rows,
        .count = m->count,
        .max_gap =
            (int64_t)stride * ((int64_t)(options->fill_gaps > 0 ? options->fill_gaps : 0) + 1),
        .prev = nn_calloc(n, sizeof(int)),
        .length = nn_calloc(n, sizeof(int)),
        .total = nn_calloc(n, sizeof(int)),
        .live = nn_calloc(n, sizeof(int)),
        .taken = nn_calloc(n, sizeof(bool)),
    };
    nn_mot_row *rows = NULL;
    nn_mot_clean_report counted = {0}, again = {0};
    bool ok = l.prev && l.length && l.total && l.live && l.taken && link_all(&l);
    if (ok) {
        int count = mend(&l, stride, options->min_track, NULL, &counted);
        rows = nn_calloc((size_t)count, sizeof *rows);
        ok = rows;
        if (ok) {
            mend(&l, stride, options->min_track, rows, &again);
            qsort(rows, (size_t)count, sizeof *rows, by_frame);
            nn_free(m->rows);
            m->rows = rows;
            m->count = count;
        }
    }
    if (report)
        *report = counted;
    nn_free(l.prev);
    nn_free(l.length);
    nn_free(l.total);
    nn_free(l.live);
    nn_free(l.taken);
    nn_free(l.pairs);
    return ok ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory to link %d boxes", m->count);
}
