// SPDX-License-Identifier: MIT
// Sorts the misses and false boxes of pictures by what they have in common.
#include "nn/eval/box_misses.h"

#include "nn/base/memory.h"

#include <math.h>

#define AT_BORDER 0.01 // of the side of a picture
#define CROWDED 0.3    // IoU of two objects
#define RIGHT 0.5      // IoU of a box with its object
#define NEAR 0.1

typedef struct rect {
    double x0, y0, x1, y1;
} rect;

static rect of_truth(const nn_truth *t)
{
    return (rect){(double)t->x0, (double)t->y0, (double)t->x1, (double)t->y1};
}

static double area(rect r)
{
    return (r.x1 - r.x0) * (r.y1 - r.y0);
}

static double overlap(rect a, rect b)
{
    const double w = fmin(a.x1, b.x1) - fmax(a.x0, b.x0), h = fmin(a.y1, b.y1) - fmax(a.y0, b.y0);
    return w > 0 && h > 0 ? w * h / (area(a) + area(b) - w * h) : 0;
}

static bool is_at_border(rect r, int width, int height)
{
    const double x = AT_BORDER * width, y = AT_BORDER * height;
    return r.x0 <= x || r.y0 <= y || r.x1 >= width - x || r.y1 >= height - y;
}

static bool is_crowded(const nn_truth *truths, int n, int i)
{
    for (int k = 0; k < n; k++)
        if (k != i && !truths[k].ignore &&
            overlap(of_truth(&truths[k]), of_truth(&truths[i])) >= CROWDED)
            return true;
    return false;
}

static void count(nn_misses_of *of, bool is_one, bool found)
{
    of->objects += is_one;
    of->missed += is_one && !found;
}

// A false box: on nothing, beside an object of its class, or the second one on it.
static void count_false(nn_box_misses *m, const nn_box *b, const nn_truth *truths, int n,
                        const bool *found)
{
    const rect box = {(double)b->x0, (double)b->y0, (double)b->x1, (double)b->y1};
    double best = 0, own = 0;
    int pick = -1; // of its class
    for (int i = 0; i < n; i++) {
        const double iou = truths[i].ignore ? 0 : overlap(box, of_truth(&truths[i]));
        best = fmax(best, iou);
        if (truths[i].label != b->label || iou <= own)
            continue;
        own = iou;
        pick = i;
    }
    m->nothing += best < NEAR;
    m->doubled += pick >= 0 && own >= RIGHT && found[pick];
    m->beside += pick >= 0 && own >= NEAR && own < RIGHT && !found[pick];
}

nn_status nn_box_misses_add(nn_box_misses *m, float threshold, const nn_similarity *measure,
                            const nn_scored_objects *o, double scale, nn_error *err)
{
    const nn_truth *truths = o->truths;
    const nn_box *boxes = o->boxes;
    const int truth_count = o->truth_count, box_count = o->box_count;
    const int width = o->width, height = o->height;
    bool *found = nn_alloc((size_t)truth_count + 1);
    nn_verdict *verdicts = nn_alloc(((size_t)box_count + 1) * sizeof *verdicts);
    nn_status status =
        found && verdicts ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for matching");
    if (status == NN_OK)
        status = nn_metrics_judge_objects(measure, o, threshold, found, verdicts, err);
    for (int i = 0; i < truth_count && status == NN_OK; i++) {
        const rect r = of_truth(&truths[i]);
        if (truths[i].ignore || (measure->counts && !measure->counts(o, i)))
            continue;
        count(&m->all, true, found[i]);
        count(&m->small, sqrt(area(r)) * scale < NN_MISSES_SMALL, found[i]);
        count(&m->border, is_at_border(r, width, height), found[i]);
        count(&m->crowded, is_crowded(truths, truth_count, i), found[i]);
    }
    for (int i = 0; i < box_count && status == NN_OK; i++) {
        m->boxes += verdicts[i] != NN_VERDICT_IGNORED;
        if (verdicts[i] == NN_VERDICT_FALSE)
            count_false(m, &boxes[i], truths, truth_count, found);
    }
    m->width += width;
    m->height += height;
    m->pictures++;
    nn_free(found);
    nn_free(verdicts);
    return status;
}
