// SPDX-License-Identifier: MIT
// Greedy matching of detections to true objects (Lin 2014; by the rules of pycocotools' cocoeval).
#include "nn/eval/metrics_match.h"

#include "nn/base/memory.h"

static const double area_from[NN_METRICS_RANGES] = {0, 0, 32 * 32, 96 * 96};
static const double area_to[NN_METRICS_RANGES] = {1e10, 32 * 32, 96 * 96, 1e10};

// IoU thresholds, rounded like numpy's linspace(0.5, 0.95, 10).
static double iou_step(int t)
{
    return t == NN_METRICS_IOUS - 1 ? 0.95 : 0.5 + t * ((0.95 - 0.5) / (NN_METRICS_IOUS - 1));
}

// Both ends belong to the range.
static bool in_range(double area, int range)
{
    return area >= area_from[range] && area <= area_to[range];
}

bool nn_match_counts(const nn_similarity *m, const nn_scored_objects *o, int truth, int range)
{
    const nn_truth *t = &o->truths[truth];
    const double box = ((double)t->x1 - (double)t->x0) * ((double)t->y1 - (double)t->y0);
    return !t->ignore && in_range(t->area > 0 ? (double)t->area : box, range) &&
           (!m->counts || m->counts(o, truth));
}

nn_status nn_matching_open(nn_matching *m, const nn_similarity *measure,
                           const nn_scored_objects *objects, nn_error *err)
{
    *m = (nn_matching){.measure = measure, .objects = objects};
    m->taken = nn_calloc((size_t)objects->truth_count + 1, sizeof *m->taken);
    m->similar = nn_calloc((size_t)objects->truth_count + 1, sizeof *m->similar);
    if (!m->taken || !m->similar)
        return nn_fail(err, NN_ENOMEM, "no memory for matching");
    return measure->open ? measure->open(&m->state, objects, err) : NN_OK;
}

void nn_matching_close(nn_matching *m)
{
    nn_similarity_close(&m->state);
    nn_free(m->taken);
    nn_free(m->similar);
    *m = (nn_matching){0};
}

// Index of the best free truth at one threshold, the last of equal ones; -1 when none is similar
// enough.
static int pick_truth(const nn_matching *m, int range, int t, bool *counts)
{
    const nn_scored_objects *o = m->objects;
    const double least = iou_step(t);
    double best[2] = {least, least};
    int pick[2] = {-1, -1}; // an ignored one, one that counts
    for (int i = 0; i < o->truth_count; i++) {
        if (m->similar[i] < least || (!o->truths[i].ignore && m->taken[i].hit[range] >> t & 1))
            continue;
        const int kind = nn_match_counts(m->measure, o, i, range);
        if (m->similar[i] < best[kind])
            continue;
        best[kind] = m->similar[i];
        pick[kind] = i;
    }
    *counts = pick[1] >= 0;
    return *counts ? pick[1] : pick[0];
}

void nn_matching_box(nn_matching *m, int box, nn_match *out)
{
    const nn_scored_objects *o = m->objects;
    *out = (nn_match){0};
    for (int i = 0; i < o->truth_count; i++) {
        const nn_truth *t = &o->truths[i];
        const bool same = t->label == o->boxes[box].label || (t->ignore && t->label < 0);
        m->similar[i] = same ? nn_similarity_of(m->measure, &m->state, o, box, i) : -1;
    }
    const double area = m->measure->area(&m->state, o, box);
    for (int r = 0; r < NN_METRICS_RANGES; r++)
        for (int t = 0; t < NN_METRICS_IOUS; t++) {
            bool counts;
            const int i = pick_truth(m, r, t, &counts);
            const uint16_t bit = (uint16_t)(1u << t);
            if (i >= 0)
                m->taken[i].hit[r] |= bit;
            if (counts)
                out->hit[r] |= bit;
            else if (i >= 0 || !in_range(area, r))
                out->ignored[r] |= bit;
        }
}
