// SPDX-License-Identifier: MIT
// The distillation loss of detectors, towards a teacher's outputs for the same pictures.
#include "nn/train/loss/detect_assign.h"
#include "nn/train/loss/detect_form.h"

#include <math.h>

#define TEMPERATURE 10.0
#define LEAST 0.05 // least best score of a point at which the teacher's box counts

enum { SIDES = 4 };

typedef struct lesson {
    nn_detect_loss *l;
    const nn_detect_level *levels;
    const nn_detect_teacher *teacher;
    double scale; // weight / norm
} lesson;

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

// The best score of a point among the classes that the teacher knows.
static double best_score(const lesson *s, int n, int level, int64_t i)
{
    const nn_detect_level *t = &s->teacher->level[level];
    const int64_t plane = (int64_t)t->h * t->w;
    double best = -HUGE_VAL;
    if (t->form != NN_DETECT_PLAIN) {
        double scores[NN_CLASS_MAX];
        nn_detect_scores(t, s->l->classes, n, i, scores);
        for (int c = 0; c < s->l->classes; c++)
            best = s->teacher->known[c] ? fmax(best, scores[c]) : best;
        return best;
    }
    for (int c = 0; c < s->l->classes; c++)
        if (s->teacher->known[c])
            best = fmax(best, t->cls[((int64_t)n * s->l->classes + c) * plane + i]);
    return sigmoid(best);
}

// Adds the class gradients of one plane; returns its loss without the scale.
static double class_plane(const nn_detect_level *from, const nn_detect_level *to, int64_t first,
                          double scale)
{
    const int64_t plane = (int64_t)to->h * to->w;
    double loss = 0;
    for (int64_t i = first; i < first + plane; i++) {
        const double t = sigmoid(from->cls[i]), x = to->cls[i], e = exp(-fabs(x));
        const double s = x >= 0 ? 1 / (1 + e) : e / (1 + e), weight = (s - t) * (s - t);
        loss += weight * (fmax(x, 0) - x * t + log1p(e));
        to->cls_grad[i] += (float)(scale * weight * (s - t));
    }
    return loss;
}

// The same for all classes of a level where scores depend on several numbers.
static double class_points(const lesson *s, const nn_detect_level *from, const nn_detect_level *to,
                           double scale)
{
    const int classes = s->l->classes;
    const int64_t plane = (int64_t)to->h * to->w;
    const double least = 1e-12;
    double loss = 0, t[NN_CLASS_MAX], is[NN_CLASS_MAX], slope[NN_CLASS_MAX];
    for (int64_t k = 0; k < plane * s->l->batch; k++) {
        const int n = (int)(k / plane);
        nn_detect_scores(from, classes, n, k % plane, t);
        nn_detect_scores(to, classes, n, k % plane, is);
        for (int c = 0; c < classes; c++) {
            const double apart = s->teacher->known[c] ? is[c] - t[c] : 0;
            loss -= apart * apart *
                    (t[c] * log(fmax(is[c], least)) + (1 - t[c]) * log(fmax(1 - is[c], least)));
            slope[c] = scale * apart * apart * apart;
        }
        nn_detect_add_slopes(to, classes, n, k % plane, is, slope);
    }
    return loss;
}

// Softened probabilities of a side.
static void soften(const float *logits, int64_t step, int bins, double *p)
{
    float soft[NN_DETECT_MAX_BINS];
    for (int b = 0; b < bins; b++)
        soft[b] = logits[b * step] / (float)TEMPERATURE;
    nn_detect_expect(soft, 1, bins, p);
}

// The mean divergence of the sides of a point, times the squared temperature; adds its gradients.
static double diverge(const nn_detect_level *from, const nn_detect_level *to, int64_t first,
                      int64_t plane, double scale)
{
    double loss = 0, p[NN_DETECT_MAX_BINS], q[NN_DETECT_MAX_BINS];
    for (int k = 0; k < SIDES; k++) {
        const int64_t at = first + (int64_t)k * to->bins * plane;
        soften(from->box + at, plane, to->bins, p);
        soften(to->box + at, plane, to->bins, q);
        for (int b = 0; b < to->bins; b++) {
            loss += p[b] * log(p[b] / q[b]) * TEMPERATURE * TEMPERATURE / SIDES;
            to->box_grad[at + b * plane] += (float)(scale * TEMPERATURE / SIDES * (q[b] - p[b]));
        }
    }
    return loss;
}

// Whether both have the same bins.
static bool same_bins(const nn_detect_level *a, const nn_detect_level *b)
{
    return a->bins > 0 && a->bins == b->bins && a->corner == b->corner;
}

// The teacher's box at a point of the student.
static void teacher_box(const lesson *s, int n, nn_detect_point at, double box[4])
{
    nn_detect_loss as = *s->l; // with the teacher's form of boxes
    for (int v = 0; v < as.level_count; v++) {
        as.bins[v] = s->teacher->level[v].bins;
        as.offset[v] = s->teacher->level[v].corner ? 0 : 0.5;
    }
    nn_detect_box_at(&as, s->teacher->level, n, at, box);
}

// The loss of the box at point `i` of a level towards the teacher's, without the scale.
static double teach_box(const lesson *s, int n, int v, int64_t i, double weight)
{
    const nn_detect_level *from = &s->teacher->level[v], *to = &s->levels[v];
    const int64_t plane = (int64_t)to->h * to->w;
    double box[SIDES];
    if (same_bins(from, to))
        return weight * diverge(from, to, (int64_t)n * SIDES * to->bins * plane + i, plane,
                                s->scale * weight);
    teacher_box(s, n, (nn_detect_point){v, (int)(i % to->w), (int)(i / to->w)}, box);
    return nn_detect_box_grad(s->l, s->levels, n, s->l->first[v] + (int)i, box, s->scale * weight,
                              0) /
           s->scale;
}

// The sum of the teacher's best scores, at least 1; with ranks its mean over the processes.
static double sum_scores(const lesson *s)
{
    double sum = 0;
    for (int n = 0; n < s->l->batch; n++)
        for (int v = 0; v < s->l->level_count; v++)
            for (int64_t i = 0; i < (int64_t)s->l->h[v] * s->l->w[v]; i++) {
                const double best = best_score(s, n, v, i);
                sum += best > LEAST ? best : 0;
            }
    nn_ranks_sum(s->l->options.ranks, &sum, 1);
    return fmax(sum, 1) / nn_ranks_count(s->l->options.ranks);
}

static double teach_classes(const lesson *s, int v, double scale)
{
    const nn_detect_level *from = &s->teacher->level[v], *to = &s->levels[v];
    const int64_t plane = (int64_t)to->h * to->w;
    double loss = 0;
    if (from->form != NN_DETECT_PLAIN || to->form != NN_DETECT_PLAIN)
        return class_points(s, from, to, scale) * scale;
    for (int64_t c = 0; c < (int64_t)s->l->batch * s->l->classes; c++)
        if (s->teacher->known[c % s->l->classes])
            loss += class_plane(from, to, c * plane, scale);
    return loss * scale;
}

static double teach_boxes(const lesson *s, int v)
{
    double loss = 0;
    for (int n = 0; n < s->l->batch; n++)
        for (int64_t i = 0; i < (int64_t)s->l->h[v] * s->l->w[v]; i++) {
            const double best = best_score(s, n, v, i);
            if (best > LEAST)
                loss += teach_box(s, n, v, i, best);
        }
    return loss * s->scale;
}

nn_detect_loss_value nn_detect_loss_teach(nn_detect_loss *l, const nn_detect_level *levels,
                                          const nn_detect_teacher *teacher)
{
    nn_detect_loss_value r = {0};
    lesson s = {.l = l, .levels = levels, .teacher = teacher};
    r.norm = sum_scores(&s);
    const double cls = teacher->weight * l->options.cls_weight / r.norm;
    for (int v = 0; v < l->level_count; v++) {
        const bool bins = same_bins(&teacher->level[v], &levels[v]);
        s.scale = teacher->weight * (bins ? l->options.dfl_weight : l->options.box_weight) / r.norm;
        r.cls += teach_classes(&s, v, cls);
        r.box += teach_boxes(&s, v);
    }
    return r;
}
