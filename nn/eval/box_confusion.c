// SPDX-License-Identifier: MIT
// Counts the confusions of a detector, picture by picture.
#include "nn/eval/box_confusion.h"

#include "nn/base/memory.h"

#include <math.h>

#define LEAST_IOU 0.5

struct nn_box_confusion {
    int classes;
    float threshold;
    int64_t *counts; // (classes + 1) x (classes + 1), a row for each true class
};

nn_box_confusion *nn_box_confusion_new(int classes, float threshold)
{
    nn_box_confusion *c = classes > 0 ? nn_calloc(1, sizeof *c) : NULL;
    if (!c)
        return NULL;
    c->classes = classes;
    c->threshold = threshold;
    c->counts = nn_calloc(((size_t)classes + 1) * ((size_t)classes + 1), sizeof *c->counts);
    if (!c->counts) {
        nn_free(c);
        return NULL;
    }
    return c;
}

void nn_box_confusion_free(nn_box_confusion *c)
{
    if (!c)
        return;
    nn_free(c->counts);
    nn_free(c);
}

static int64_t *cell(const nn_box_confusion *c, int truth, int predicted)
{
    return &c->counts[(size_t)truth * ((size_t)c->classes + 1) + (size_t)predicted];
}

static double overlap(const nn_box *b, const nn_truth *t)
{
    const double w = fmin(b->x1, t->x1) - fmax(b->x0, t->x0);
    const double h = fmin(b->y1, t->y1) - fmax(b->y0, t->y0);
    const double own = (double)(b->x1 - b->x0) * (double)(b->y1 - b->y0);
    const double other = (double)(t->x1 - t->x0) * (double)(t->y1 - t->y0);
    return w > 0 && h > 0 ? w * h / (own + other - w * h) : 0;
}

static bool is_class(const nn_box_confusion *c, int label)
{
    return label >= 0 && label < c->classes;
}

// Index of the true box, not found yet, that a wrong box covers; -1: none.
static int find_truth(const nn_box *b, const nn_truth *truths, int n, const bool *found)
{
    double best = LEAST_IOU;
    int pick = -1;
    for (int i = 0; i < n; i++) {
        const double iou = found[i] ? -1 : overlap(b, &truths[i]);
        if (iou < best || (pick >= 0 && iou <= best))
            continue;
        best = iou;
        pick = i;
    }
    return pick;
}

static void count(nn_box_confusion *c, const nn_truth *truths, int truth_count, const nn_box *boxes,
                  int box_count, bool *found, const nn_verdict *verdicts)
{
    for (int i = 0; i < truth_count; i++) // before a wrong box takes one
        if (found[i] && !truths[i].ignore && is_class(c, truths[i].label))
            ++*cell(c, truths[i].label, truths[i].label);
    for (int i = 0; i < box_count; i++) {
        if (verdicts[i] != NN_VERDICT_FALSE || !is_class(c, boxes[i].label))
            continue;
        const int t = find_truth(&boxes[i], truths, truth_count, found);
        ++*cell(c, t >= 0 && is_class(c, truths[t].label) ? truths[t].label : c->classes,
                boxes[i].label);
        if (t >= 0)
            found[t] = true;
    }
    for (int i = 0; i < truth_count; i++)
        if (!found[i] && is_class(c, truths[i].label))
            ++*cell(c, truths[i].label, c->classes);
}

nn_status nn_box_confusion_add(nn_box_confusion *c, const nn_similarity *measure,
                               const nn_scored_objects *o, nn_error *err)
{
    bool *found = nn_alloc((size_t)o->truth_count + 1);
    nn_verdict *verdicts = nn_alloc(((size_t)o->box_count + 1) * sizeof *verdicts);
    nn_status status =
        found && verdicts ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for matching");
    if (status == NN_OK)
        status = nn_metrics_judge_objects(measure, o, c->threshold, found, verdicts, err);
    if (status == NN_OK)
        count(c, o->truths, o->truth_count, o->boxes, o->box_count, found, verdicts);
    nn_free(found);
    nn_free(verdicts);
    return status;
}

int64_t nn_box_confusion_count(const nn_box_confusion *c, int truth, int predicted)
{
    return *cell(c, truth, predicted);
}

int nn_box_confusion_classes(const nn_box_confusion *c)
{
    return c->classes;
}

float nn_box_confusion_threshold(const nn_box_confusion *c)
{
    return c->threshold;
}
