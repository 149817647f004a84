// SPDX-License-Identifier: MIT
// Task-aligned assignment: which points of the head answer for which object (Feng 2021, TOOD).
#include "nn/train/detect_assign.h"

#include "nn/base/memory.h"

#include <math.h>
#include <string.h>

nn_detect_point nn_detect_point_at(const nn_detect_loss *l, int point)
{
    int level = 0;
    while (level + 1 < l->level_count && point >= l->first[level + 1])
        level++;
    int i = point - l->first[level];
    return (nn_detect_point){level, i % l->w[level], i / l->w[level]};
}

void nn_detect_box_at(const nn_detect_loss *l, const nn_detect_level *levels, int n,
                      nn_detect_point p, double box[4])
{
    const nn_detect_level *v = &levels[p.level];
    int64_t plane = (int64_t)v->h * v->w;
    const float *raw = v->box + 4 * n * plane + (int64_t)p.y * v->w + p.x;
    double side[4];
    for (int i = 0; i < 4; i++) {
        double r = raw[i * plane];
        r = r < -NN_DETECT_LOG_LIMIT ? -NN_DETECT_LOG_LIMIT : r;
        r = r > NN_DETECT_LOG_LIMIT ? NN_DETECT_LOG_LIMIT : r;
        side[i] = exp(r) * l->stride[p.level];
    }
    double cx = (p.x + 0.5) * l->stride[p.level], cy = (p.y + 0.5) * l->stride[p.level];
    box[0] = cx - side[0];
    box[1] = cy - side[1];
    box[2] = cx + side[2];
    box[3] = cy + side[3];
}

static double iou_of(const double a[4], const double b[4])
{
    double w = fmin(a[2], b[2]) - fmax(a[0], b[0]), h = fmin(a[3], b[3]) - fmax(a[1], b[1]);
    if (w <= 0 || h <= 0)
        return 0;
    double inter = w * h;
    return inter / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter + 1e-7);
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

// One object of one picture against the head's outputs.
typedef struct matching {
    nn_detect_loss *l;
    const nn_detect_level *levels;
    const nn_truth *truth;
    int n;     // picture
    int count; // candidates kept, best first
} matching;

static void add_candidate(matching *m, int level, int x, int y)
{
    nn_detect_loss *l = m->l;
    const nn_truth *t = m->truth;
    double box[4], truth[4] = {t->x0, t->y0, t->x1, t->y1};
    nn_detect_box_at(l, m->levels, m->n, (nn_detect_point){level, x, y}, box);
    const nn_detect_level *v = &m->levels[level];
    int64_t plane = (int64_t)v->h * v->w;
    double logit = v->cls[((int64_t)m->n * l->classes + t->label) * plane + (int64_t)y * v->w + x];
    double iou = iou_of(box, truth);
    double dx = (x + 0.5) * l->stride[level] - 0.5 * (t->x0 + t->x1);
    double dy = (y + 0.5) * l->stride[level] - 0.5 * (t->y0 + t->y1);
    // The last term ranks points by distance to the centre while the boxes are still far off.
    float align =
        (float)(pow(sigmoid(logit), l->options.score_power) * pow(iou, l->options.iou_power) +
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

// All points strictly inside the object's box, or the nearest of the finest level.
static void find_candidates(matching *m)
{
    const nn_detect_loss *l = m->l;
    const nn_truth *t = m->truth;
    m->count = 0;
    for (int v = 0; v < l->level_count; v++) {
        double s = l->stride[v];
        int x0 = clamp_index(floor(t->x0 / s - 0.5), l->w[v]);
        int x1 = clamp_index(ceil(t->x1 / s - 0.5), l->w[v]);
        int y0 = clamp_index(floor(t->y0 / s - 0.5), l->h[v]);
        int y1 = clamp_index(ceil(t->y1 / s - 0.5), l->h[v]);
        for (int y = y0; y <= y1; y++)
            for (int x = x0; x <= x1; x++) {
                double px = (x + 0.5) * s, py = (y + 0.5) * s;
                if (px > t->x0 && px < t->x1 && py > t->y0 && py < t->y1)
                    add_candidate(m, v, x, y);
            }
    }
    if (m->count == 0) {
        double s = l->stride[0];
        add_candidate(m, 0, clamp_index(floor(0.5 * (t->x0 + t->x1) / s), l->w[0]),
                      clamp_index(floor(0.5 * (t->y0 + t->y1) / s), l->h[0]));
    }
}

static void mark_ignored(nn_detect_loss *l, int n, const nn_truth *t)
{
    uint8_t *ignored = l->ignored + (int64_t)n * l->points;
    for (int p = 0; p < l->points; p++) {
        nn_detect_point at = nn_detect_point_at(l, p);
        double x = (at.x + 0.5) * l->stride[at.level], y = (at.y + 0.5) * l->stride[at.level];
        if (x > t->x0 && x < t->x1 && y > t->y0 && y < t->y1)
            ignored[p] = 1;
    }
}

// Turns the alignment of an object's points into target scores: scaled so that the best point gets
// the object's best IoU.
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
    memset(l->ignored + base, 0, l->points);
    for (int p = 0; p < l->points; p++)
        l->owner[base + p] = -1;
    for (int i = 0; i < list->count; i++) {
        const nn_truth *t = &list->truths[i];
        if (t->ignore || t->label < 0 || t->label >= l->classes) {
            mark_ignored(l, n, t);
            continue;
        }
        matching m = {l, levels, t, n, 0};
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
    for (int n = 0; n < l->batch; n++)
        assign_picture(l, levels, n, &truths[n]);
    return NN_OK;
}
