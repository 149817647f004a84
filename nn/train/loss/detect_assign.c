// SPDX-License-Identifier: MIT
// Task-aligned assignment of objects to points of the head (Feng 2021, TOOD).
#include "nn/train/loss/detect_assign.h"

#include "nn/base/memory.h"
#include "nn/train/loss/detect_form.h"
#include "nn/train/loss/rotated_loss.h"

#include <math.h>
#include <string.h>

uint64_t nn_class_bit(int label)
{
    return (uint64_t)1 << (label < 63 ? label : 63);
}

static double iou_of(const double a[4], const double b[4])
{
    double w = fmin(a[2], b[2]) - fmax(a[0], b[0]), h = fmin(a[3], b[3]) - fmax(a[1], b[1]);
    if (w <= 0 || h <= 0)
        return 0;
    double inter = w * h;
    return inter / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter + 1e-7);
}

// The predicted box of a point of the current picture, computed once.
static const double *box_of(nn_detect_loss *l, const nn_detect_level *levels, int n,
                            nn_detect_point at)
{
    const int p = l->first[at.level] + at.y * l->w[at.level] + at.x;
    if (!l->seen[p])
        nn_detect_box_at(l, levels, n, at, l->box[p]);
    l->seen[p] = true;
    return l->box[p];
}

// An object of a picture, matched with the head's outputs.
typedef struct matching {
    nn_detect_loss *l;
    const nn_detect_level *levels;
    const nn_truth *truth;
    int n;                              // picture
    int count;                          // candidates, best first
    double rotated[NN_ROTATED_NUMBERS]; // of l->rotated: the box of the object
} matching;

static double overlap_of(const matching *m, nn_detect_point at)
{
    const nn_truth *t = m->truth;
    const double truth[4] = {t->x0, t->y0, t->x1, t->y1};
    double box[NN_ROTATED_NUMBERS];
    if (!m->l->rotated)
        return iou_of(box_of(m->l, m->levels, m->n, at), truth);
    nn_rotated_box_at(m->l, m->levels, m->n, at, box);
    return nn_rotated_overlap(box, m->rotated);
}

static bool is_inside(const nn_detect_loss *l, nn_detect_point p, const nn_truth *t)
{
    double at[2];
    nn_detect_place(l, p, at);
    return at[0] > t->x0 && at[0] < t->x1 && at[1] > t->y0 && at[1] < t->y1;
}

// Whether a point may learn the object.
static bool is_candidate(const matching *m, nn_detect_point p)
{
    double at[2];
    nn_detect_place(m->l, p, at);
    return is_inside(m->l, p, m->truth) && (!m->l->rotated || nn_rotated_holds(m->rotated, at));
}

static void add_candidate(matching *m, int level, int x, int y)
{
    nn_detect_loss *l = m->l;
    const nn_truth *t = m->truth;
    const nn_detect_point point = {level, x, y};
    double at[2];
    const nn_detect_level *v = &m->levels[level];
    const double score = nn_detect_score(v, l->classes, m->n, t->label, (int64_t)y * v->w + x);
    double iou = overlap_of(m, point);
    nn_detect_place(l, point, at);
    double dx = at[0] - 0.5 * (t->x0 + t->x1), dy = at[1] - 0.5 * (t->y0 + t->y1);
    // The last term ranks points by distance to the centre while boxes are still bad.
    float align = (float)(pow(score, l->options.score_power) * pow(iou, l->options.iou_power) +
                          1e-9 / (1 + dx * dx + dy * dy));
    int i = m->count < l->options.topk ? m->count++ : m->count;
    if (i == l->options.topk && !(align > l->candidates[--i].align))
        return;
    for (; i > 0 && l->candidates[i - 1].align < align; i--)
        l->candidates[i] = l->candidates[i - 1];
    l->candidates[i] = (nn_detect_candidate){l->first[level] + y * v->w + x, align, (float)iou};
}

static int clamp_index(double v, int n)
{
    return v < 0 ? 0 : v > n - 1 ? n - 1 : (int)v;
}

// All points strictly inside the object's box, or the nearest one of the finest level.
static void find_candidates(matching *m)
{
    const nn_detect_loss *l = m->l;
    const nn_truth *t = m->truth;
    m->count = 0;
    for (int v = 0; v < l->level_count; v++) {
        double s = l->stride[v], o = l->offset[v];
        int x0 = clamp_index(floor(t->x0 / s - o), l->w[v]);
        int x1 = clamp_index(ceil(t->x1 / s - o), l->w[v]);
        int y0 = clamp_index(floor(t->y0 / s - o), l->h[v]);
        int y1 = clamp_index(ceil(t->y1 / s - o), l->h[v]);
        for (int y = y0; y <= y1; y++)
            for (int x = x0; x <= x1; x++)
                if (is_candidate(m, (nn_detect_point){v, x, y}))
                    add_candidate(m, v, x, y);
    }
    if (m->count == 0) { // floor(v / s - offset + 0.5) is the index of the nearest point
        double s = l->stride[0], o = 0.5 - l->offset[0];
        add_candidate(m, 0, clamp_index(floor(0.5 * (t->x0 + t->x1) / s + o), l->w[0]),
                      clamp_index(floor(0.5 * (t->y0 + t->y1) / s + o), l->h[0]));
    }
}

static void mark_ignored(nn_detect_loss *l, int n, const nn_truth *t)
{
    uint64_t *ignored = l->ignored + (int64_t)n * l->points;
    const bool one = t->label >= 0 && t->label < l->classes;
    const uint64_t classes = one ? nn_class_bit(t->label) : UINT64_MAX;
    for (int p = 0; p < l->points; p++)
        if (is_inside(l, nn_detect_point_at(l, p), t))
            ignored[p] |= classes;
}

// The sides belong to the region: those of a mosaic touch.
static void mark_unlabelled(nn_detect_loss *l, int n, const nn_truth *t)
{
    uint64_t *unlabelled = l->unlabelled + (int64_t)n * l->points;
    double at[2];
    if (t->label < 0 || t->label >= l->classes)
        return;
    for (int p = 0; p < l->points; p++) {
        nn_detect_place(l, nn_detect_point_at(l, p), at);
        if (at[0] >= t->x0 && at[0] <= t->x1 && at[1] >= t->y0 && at[1] <= t->y1)
            unlabelled[p] |= nn_class_bit(t->label);
    }
}

// Scales the alignment of an object's points to target scores: the best point gets the object's
// best IoU.
static void scale_targets(nn_detect_loss *l, int n, int object)
{
    int64_t base = (int64_t)n * l->points;
    float best_align = 0, best_iou = 0;
    for (int p = 0; p < l->points; p++)
        if (l->owner[base + p] == object) {
            best_align = fmaxf(best_align, l->align[base + p]);
            best_iou = fmaxf(best_iou, l->iou[base + p]);
        }
    for (int p = 0; p < l->points; p++)
        if (l->owner[base + p] == object)
            l->target[base + p] = l->align[base + p] / (best_align + 1e-12f) * best_iou;
}

static void assign_picture(nn_detect_loss *l, const nn_detect_level *levels, int n,
                           const nn_truth_list *list)
{
    int64_t base = (int64_t)n * l->points;
    memset(l->ignored + base, 0, (size_t)l->points * sizeof *l->ignored);
    memset(l->seen, 0, (size_t)l->points * sizeof *l->seen);
    memset(l->unlabelled + base, 0, (size_t)l->points * sizeof *l->unlabelled);
    for (int p = 0; p < l->points; p++)
        l->owner[base + p] = -1;
    for (int i = 0; i < list->count; i++) {
        const nn_truth *t = &list->truths[i];
        if (t->ignore == NN_IGNORE_CLASS) {
            mark_unlabelled(l, n, t);
            continue;
        }
        if (t->ignore || t->label < 0 || t->label >= l->classes) {
            mark_ignored(l, n, t);
            continue;
        }
        matching m = {.l = l, .levels = levels, .truth = t, .n = n};
        if (l->rotated)
            nn_rotated_truth(l, n, t, m.rotated);
        find_candidates(&m);
        for (int k = 0; k < m.count; k++) {
            const nn_detect_candidate *c = &l->candidates[k];
            int64_t p = base + c->point;
            if (l->owner[p] >= 0 && l->iou[p] >= c->iou)
                continue;
            l->owner[p] = i;
            l->iou[p] = c->iou;
            l->align[p] = c->align;
            l->truth[p] = *t;
        }
    }
    for (int i = 0; i < list->count; i++)
        scale_targets(l, n, i);
}

nn_status nn_detect_loss_assign(nn_detect_loss *l, const nn_detect_level *levels,
                                const nn_truth_list *truths, nn_error *err)
{
    for (int n = 0; n < l->batch; n++)
        for (int i = 0; i < truths[n].count; i++) {
            const nn_truth *t = &truths[n].truths[i];
            if (!(t->x1 > t->x0 && t->y1 > t->y0))
                return nn_fail(err, NN_EINVAL, "loss: box %d of picture %d has no area", i, n);
        }
    l->lists = truths;
    for (int n = 0; n < l->batch; n++)
        assign_picture(l, levels, n, &truths[n]);
    return NN_OK;
}
