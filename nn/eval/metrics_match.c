// SPDX-License-Identifier: MIT
// Greedy matching of detections to true boxes (Lin 2014; by the rules of pycocotools' cocoeval).
#include "nn/eval/metrics_match.h"

#include <math.h>

static const double area_from[NN_METRICS_RANGES] = {0, 0, 32 * 32, 96 * 96};
static const double area_to[NN_METRICS_RANGES] = {1e10, 32 * 32, 96 * 96, 1e10};

// IoU thresholds, rounded like numpy's linspace(0.5, 0.95, 10).
static double iou_step(int t)
{
    return t == NN_METRICS_IOUS - 1 ? 0.95 : 0.5 + t * ((0.95 - 0.5) / (NN_METRICS_IOUS - 1));
}

static double area_of(double x0, double y0, double x1, double y1)
{
    return (x1 - x0) * (y1 - y0);
}

// Both ends belong to the range.
static bool in_range(double area, int range)
{
    return area >= area_from[range] && area <= area_to[range];
}

bool nn_match_counts(const nn_truth *t, int range)
{
    const double area = t->area > 0 ? (double)t->area : area_of(t->x0, t->y0, t->x1, t->y1);
    return !t->ignore && in_range(area, range);
}

static double overlap(const nn_box *b, const nn_truth *t)
{
    const double w = fmin(b->x1, t->x1) - fmax(b->x0, t->x0);
    const double h = fmin(b->y1, t->y1) - fmax(b->y0, t->y0);
    if (w <= 0 || h <= 0)
        return 0;
    if (t->ignore == NN_IGNORE_CLASS)
        return 1;
    const double own = area_of(b->x0, b->y0, b->x1, b->y1);
    const double other = area_of(t->x0, t->y0, t->x1, t->y1);
    return w * h / (t->ignore ? own : own + other - w * h);
}

// Index of the best free truth at one IoU, the last of equal ones; -1 when none overlaps enough.
static int pick_truth(const nn_truth *truths, int n, const nn_match *taken, const double *overlaps,
                      int range, int t, bool *counts)
{
    const double least = iou_step(t);
    double best[2] = {least, least};
    int pick[2] = {-1, -1}; // an ignored one, one that counts
    for (int i = 0; i < n; i++) {
        if (overlaps[i] < least || (!truths[i].ignore && taken[i].hit[range] >> t & 1))
            continue;
        const int kind = nn_match_counts(&truths[i], range);
        if (overlaps[i] < best[kind])
            continue;
        best[kind] = overlaps[i];
        pick[kind] = i;
    }
    *counts = pick[1] >= 0;
    return *counts ? pick[1] : pick[0];
}

void nn_match_box(nn_match *out, const nn_box *box, const nn_truth *truths, int n, nn_match *taken,
                  double *overlaps)
{
    *out = (nn_match){0};
    for (int i = 0; i < n; i++) {
        const nn_truth *t = &truths[i];
        const bool same = t->label == box->label || (t->ignore && t->label < 0);
        overlaps[i] = same ? overlap(box, t) : -1;
    }
    const double area = area_of(box->x0, box->y0, box->x1, box->y1);
    for (int r = 0; r < NN_METRICS_RANGES; r++)
        for (int t = 0; t < NN_METRICS_IOUS; t++) {
            bool counts;
            const int i = pick_truth(truths, n, taken, overlaps, r, t, &counts);
            const uint16_t bit = (uint16_t)(1u << t);
            if (i >= 0)
                taken[i].hit[r] |= bit;
            if (counts)
                out->hit[r] |= bit;
            else if (i >= 0 || !in_range(area, r))
                out->ignored[r] |= bit;
        }
}
