// SPDX-License-Identifier: MIT
// Counts hits, misses and switches frame by frame, and matches whole tracks at the end.
#include "nn/eval/tracking_metrics.h"

#include "nn/base/memory.h"
#include "nn/vision/linear_assignment.h"

#include <math.h>

// An object of the truth, or a track.
typedef struct identity {
    int sequence, id;
    int frames, hits;
    int track; // that hit the object last; -1: none yet
    int now;   // that hit it on the frame before; -1: none
    int pieces;
} identity;

// Identities in order of appearance, found by hashing.
typedef struct identities {
    identity *list;
    int *slots; // index + 1; 0: free
    int count, capacity, slot_count;
} identities;

typedef struct pair {
    int object, track;
} pair;

struct nn_tracking_metrics {
    float iou;
    int sequence;
    identities objects, tracks;
    pair *pairs; // that overlap on a frame
    size_t pair_count, pair_capacity;
    int64_t truths, boxes, hits;
    double overlap;
    int switches;
};

nn_tracking_metrics *nn_tracking_metrics_new(float iou)
{
    nn_tracking_metrics *m = nn_calloc(1, sizeof *m);
    if (m)
        m->iou = iou;
    return m;
}

void nn_tracking_metrics_free(nn_tracking_metrics *m)
{
    if (!m)
        return;
    nn_free(m->objects.list);
    nn_free(m->objects.slots);
    nn_free(m->tracks.list);
    nn_free(m->tracks.slots);
    nn_free(m->pairs);
    nn_free(m);
}

void nn_tracking_metrics_next_sequence(nn_tracking_metrics *m)
{
    m->sequence++;
}

static int *find_slot(const identities *s, int sequence, int id)
{
    const uint32_t mask = (uint32_t)s->slot_count - 1;
    uint32_t at = ((uint32_t)id * 2654435761u + (uint32_t)sequence * 40503u) & mask;
    while (s->slots[at] &&
           (s->list[s->slots[at] - 1].id != id || s->list[s->slots[at] - 1].sequence != sequence))
        at = (at + 1) & mask;
    return &s->slots[at];
}

// Makes room for one more.
static bool reserve(identities *s)
{
    if (s->count < s->capacity)
        return true;
    const int larger = s->capacity ? 2 * s->capacity : 64;
    identity *list =
        nn_realloc(s->list, (size_t)s->count * sizeof *list, (size_t)larger * sizeof *list);
    if (list)
        s->list = list;
    int *slots = nn_calloc((size_t)larger * 2, sizeof *slots);
    if (!list || !slots) {
        nn_free(slots);
        return false;
    }
    nn_free(s->slots);
    s->slots = slots;
    s->capacity = larger;
    s->slot_count = 2 * larger;
    for (int i = 0; i < s->count; i++)
        *find_slot(s, list[i].sequence, list[i].id) = i + 1;
    return true;
}

// The index of an identity, which is new or known; -1 when memory is short.
static int know(identities *s, int sequence, int id)
{
    if (!reserve(s))
        return -1;
    int *slot = find_slot(s, sequence, id);
    if (!*slot) {
        s->list[s->count++] = (identity){.sequence = sequence, .id = id, .track = -1, .now = -1};
        *slot = s->count;
    }
    return *slot - 1;
}

static bool add_pair(nn_tracking_metrics *m, int object, int track)
{
    if (m->pair_count == m->pair_capacity) {
        const size_t larger = m->pair_capacity ? 2 * m->pair_capacity : 256;
        pair *pairs = nn_realloc(m->pairs, m->pair_count * sizeof *pairs, larger * sizeof *pairs);
        if (!pairs)
            return false;
        m->pairs = pairs;
        m->pair_capacity = larger;
    }
    m->pairs[m->pair_count++] = (pair){object, track};
    return true;
}

// The work space of one frame.
typedef struct frame {
    const nn_truth *truths;
    const nn_box *boxes;
    int truth_count, box_count;
    float *iou; // truths x boxes; 0 where they do not match
    float *cost;
    int *object, *track, *to; // indices of the identities, -1: does not count; the match
    bool *free_box;           // counts and is not matched
    void *room;
} frame;

static void release(frame *f)
{
    nn_free(f->iou);
    nn_free(f->cost);
    nn_free(f->object);
    nn_free(f->track);
    nn_free(f->to);
    nn_free(f->free_box);
    nn_free(f->room);
}

static bool allocate(frame *f)
{
    const size_t n = (size_t)f->truth_count, k = (size_t)f->box_count;
    size_t all;
    if (!nn_mul_size(n, k, &all))
        return false;
    f->iou = nn_calloc(all + 1, sizeof *f->iou);
    f->cost = nn_calloc(all + 1, sizeof *f->cost);
    f->object = nn_calloc(n + 1, sizeof *f->object);
    f->to = nn_calloc(n + 1, sizeof *f->to);
    f->track = nn_calloc(k + 1, sizeof *f->track);
    f->free_box = nn_calloc(k + 1, sizeof *f->free_box);
    f->room = nn_alloc((size_t)nn_linear_assignment_room(f->truth_count, f->box_count) + 1);
    return f->iou && f->cost && f->object && f->to && f->track && f->free_box && f->room;
}

static float overlap(const nn_truth *t, const nn_box *b, float least)
{
    const nn_box a = {.x0 = t->x0, .y0 = t->y0, .x1 = t->x1, .y1 = t->y1};
    if (t->label != b->label && t->label >= 0)
        return 0;
    const float iou = nn_box_iou(&a, b);
    return iou >= least ? iou : 0;
}

// Looks up the identities and the overlaps of a frame.
static bool look(nn_tracking_metrics *m, frame *f, const int *ids)
{
    bool ok = true;
    for (int k = 0; k < f->box_count && ok; k++) {
        const int id = f->boxes[k].track_id;
        f->track[k] = id > 0 ? know(&m->tracks, m->sequence, id) : -1;
        f->free_box[k] = id > 0;
        ok = id <= 0 || f->track[k] >= 0;
    }
    for (int i = 0; i < f->truth_count && ok; i++) {
        f->object[i] = f->truths[i].ignore ? -1 : know(&m->objects, m->sequence, ids[i]);
        ok = f->truths[i].ignore || f->object[i] >= 0;
        for (int k = 0; k < f->box_count && ok; k++) {
            float *iou = &f->iou[(size_t)i * (size_t)f->box_count + (size_t)k];
            *iou = f->track[k] >= 0 ? overlap(&f->truths[i], &f->boxes[k], m->iou) : 0;
            if (*iou > 0 && f->object[i] >= 0)
                ok = add_pair(m, f->object[i], f->track[k]);
        }
    }
    return ok;
}

static void match(const nn_tracking_metrics *m, frame *f)
{
    const float kept = 1000; // a pair of the frame before is worth more than any overlap
    for (int i = 0; i < f->truth_count; i++)
        for (int k = 0; k < f->box_count; k++) {
            const size_t at = (size_t)i * (size_t)f->box_count + (size_t)k;
            const bool counts = f->object[i] >= 0 && f->iou[at] > 0;
            const bool same = counts && m->objects.list[f->object[i]].now == f->track[k];
            f->cost[at] = counts ? -f->iou[at] - (same ? kept : 0) : 0;
        }
    nn_linear_assignment(f->cost, f->truth_count, f->box_count, 0, f->to, f->room);
}

static void count_hit(nn_tracking_metrics *m, frame *f, int truth)
{
    const int box = f->to[truth], track = f->track[box];
    identity *o = &m->objects.list[f->object[truth]];
    f->free_box[box] = false;
    m->hits++;
    m->overlap += (double)f->iou[(size_t)truth * (size_t)f->box_count + (size_t)box];
    m->switches += o->track >= 0 && o->track != track;
    o->pieces += o->now < 0;
    o->hits++;
    o->track = track;
}

static void count(nn_tracking_metrics *m, frame *f)
{
    for (int i = 0; i < f->truth_count; i++) {
        if (f->object[i] < 0)
            continue;
        m->truths++;
        m->objects.list[f->object[i]].frames++;
        if (f->to[i] >= 0)
            count_hit(m, f, i);
    }
    for (int i = 0; i < m->objects.count; i++)
        m->objects.list[i].now = -1;
    for (int i = 0; i < f->truth_count; i++)
        if (f->object[i] >= 0 && f->to[i] >= 0)
            m->objects.list[f->object[i]].now = f->track[f->to[i]];
    for (int k = 0; k < f->box_count; k++) {
        bool counts = f->track[k] >= 0;
        for (int i = 0; i < f->truth_count && f->free_box[k]; i++)
            if (f->object[i] < 0 && f->iou[(size_t)i * (size_t)f->box_count + (size_t)k] > 0)
                counts = f->free_box[k] = false;
        if (counts) {
            m->boxes++;
            m->tracks.list[f->track[k]].frames++;
        }
    }
}

nn_status nn_tracking_metrics_add(nn_tracking_metrics *m, const nn_truth *truths, const int *ids,
                                  int truth_count, const nn_box *boxes, int box_count,
                                  nn_error *err)
{
    frame f = {
        .truths = truths, .boxes = boxes, .truth_count = truth_count, .box_count = box_count};
    const bool ok = allocate(&f) && look(m, &f, ids);
    if (ok) {
        match(m, &f);
        count(m, &f);
    }
    release(&f);
    return ok ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory to score %d tracks", box_count);
}

// The frames that agree when every object belongs to one track at most: IDTP.
static nn_status count_agreeing(const nn_tracking_metrics *m, int64_t *out, nn_error *err)
{
    const size_t n = (size_t)m->objects.count, k = (size_t)m->tracks.count;
    size_t all;
    *out = 0;
    if (m->pair_count == 0)
        return NN_OK;
    float *cost = nn_mul_size(n, k, &all) ? nn_calloc(all, sizeof *cost) : NULL;
    int *to = nn_calloc(n, sizeof *to);
    void *room = nn_alloc((size_t)nn_linear_assignment_room((int)n, (int)k));
    const bool ok = cost && to && room;
    if (ok) {
        for (size_t i = 0; i < m->pair_count; i++)
            cost[(size_t)m->pairs[i].object * k + (size_t)m->pairs[i].track] -= 1;
        nn_linear_assignment(cost, (int)n, (int)k, 0, to, room);
        for (size_t i = 0; i < n; i++)
            if (to[i] >= 0)
                *out -= (int64_t)cost[i * k + (size_t)to[i]];
    }
    nn_free(cost);
    nn_free(to);
    nn_free(room);
    return ok ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory to match %zu objects", n);
}

static double part(int64_t a, int64_t b)
{
    return b > 0 ? (double)a / (double)b : (double)NAN;
}

nn_status nn_tracking_metrics_compute(const nn_tracking_metrics *m, nn_tracking_score *out,
                                      nn_error *err)
{
    int64_t agreeing;
    const nn_status status = count_agreeing(m, &agreeing, err);
    if (status != NN_OK)
        return status;
    *out = (nn_tracking_score){.truths = m->truths,
                               .boxes = m->boxes,
                               .hits = m->hits,
                               .missed = m->truths - m->hits,
                               .false_boxes = m->boxes - m->hits,
                               .switches = m->switches,
                               .objects = m->objects.count,
                               .tracks = m->tracks.count};
    for (int i = 0; i < m->objects.count; i++) {
        const identity *o = &m->objects.list[i];
        out->fragmentations += o->pieces > 1 ? o->pieces - 1 : 0;
        out->mostly_tracked += 5 * (int64_t)o->hits > 4 * (int64_t)o->frames;
        out->mostly_lost += 5 * (int64_t)o->hits < o->frames;
    }
    out->partly_tracked = out->objects - out->mostly_tracked - out->mostly_lost;
    out->mota = part(out->hits - out->false_boxes - out->switches, out->truths);
    out->motp = m->hits > 0 ? m->overlap / (double)m->hits : (double)NAN;
    out->precision = part(out->hits, out->boxes);
    out->recall = part(out->hits, out->truths);
    out->id_precision = part(agreeing, out->boxes);
    out->id_recall = part(agreeing, out->truths);
    out->idf1 = part(2 * agreeing, out->truths + out->boxes);
    return NN_OK;
}
