// SPDX-License-Identifier: MIT
// Quality focal loss on the classes, generalised IoU loss on the boxes and distribution focal loss
// on distributions of sides, with their gradients.
#include "nn/train/loss/detect_loss.h"

#include "nn/base/memory.h"
#include "nn/train/loss/detect_assign.h"
#include "nn/train/loss/detect_form.h"
#include "nn/train/loss/rotated_loss.h"

#include <math.h>
#include <string.h>

nn_status nn_detect_loss_new(nn_detect_loss **out, const nn_detect_loss_options *options,
                             const nn_detect_level *levels, int level_count, int batch, int classes,
                             nn_error *err)
{
    *out = NULL;
    if (level_count < 1 || level_count > NN_DETECT_MAX_LEVELS || batch < 1 || classes < 1 ||
        classes > NN_CLASS_MAX || options->topk < 1)
        return nn_fail(err, NN_EINVAL, "loss: %d levels, batch %d, %d classes, topk %d",
                       level_count, batch, classes, options->topk);
    for (int i = 0; i < level_count; i++)
        if (levels[i].bins < 0 || levels[i].bins == 1 || levels[i].bins > NN_DETECT_MAX_BINS)
            return nn_fail(err, NN_EUNSUPPORTED, "loss: distributions of %d bins", levels[i].bins);
    nn_detect_loss *l = nn_calloc(1, sizeof *l);
    if (!l)
        return nn_fail(err, NN_ENOMEM, "loss: no memory");
    l->options = *options;
    l->level_count = level_count;
    l->batch = batch;
    l->classes = classes;
    for (int i = 0; i < level_count; i++) {
        l->stride[i] = levels[i].stride;
        l->h[i] = levels[i].h;
        l->w[i] = levels[i].w;
        l->bins[i] = levels[i].bins;
        l->rotated = levels[i].rotated;
        l->offset[i] = levels[i].corner ? 0 : 0.5;
        l->first[i] = l->points;
        l->points += levels[i].h * levels[i].w;
    }
    size_t n = (size_t)batch * l->points;
    l->owner = nn_calloc(n, sizeof *l->owner);
    l->target = nn_calloc(n, sizeof *l->target);
    l->iou = nn_calloc(n, sizeof *l->iou);
    l->align = nn_calloc(n, sizeof *l->align);
    l->ignored = nn_calloc(n, sizeof *l->ignored);
    l->unlabelled = nn_calloc(n, sizeof *l->unlabelled);
    l->box = nn_calloc((size_t)l->points, sizeof *l->box);
    l->seen = nn_calloc((size_t)l->points, sizeof *l->seen);
    l->truth = nn_calloc(n, sizeof *l->truth);
    l->candidates = nn_calloc(options->topk, sizeof *l->candidates);
    if (!l->owner || !l->target || !l->iou || !l->align || !l->ignored || !l->truth ||
        !l->candidates || !l->unlabelled || !l->box || !l->seen) {
        nn_detect_loss_free(l);
        return nn_fail(err, NN_ENOMEM, "loss: no memory for %zu points", n);
    }
    *out = l;
    return NN_OK;
}

void nn_detect_loss_free(nn_detect_loss *l)
{
    if (!l)
        return;
    nn_free(l->owner);
    nn_free(l->target);
    nn_free(l->iou);
    nn_free(l->align);
    nn_free(l->ignored);
    nn_free(l->unlabelled);
    nn_free(l->box);
    nn_free(l->seen);
    nn_free(l->truth);
    nn_free(l->candidates);
    nn_free(l);
}

float nn_detect_loss_target(const nn_detect_loss *l, int n, int c, int p)
{
    int64_t i = (int64_t)n * l->points + p;
    return l->owner[i] >= 0 && l->truth[i].label == c ? l->target[i] : 0;
}

int nn_detect_loss_owner(const nn_detect_loss *l, int n, int p)
{
    return l->owner[(int64_t)n * l->points + p];
}

static double sum_targets(const nn_detect_loss *l, int64_t *positives)
{
    double sum = 0;
    int64_t n = (int64_t)l->batch * l->points;
    for (int64_t i = 0; i < n; i++)
        if (l->owner[i] >= 0) {
            sum += l->target[i];
            ++*positives;
        }
    // Each process divides by the mean over all processes, so that the mean of their losses is that
    // of the whole batch.
    nn_ranks_sum(l->options.ranks, &sum, 1);
    return (sum > 1 ? sum : 1) / nn_ranks_count(l->options.ranks);
}

// Writes the class gradients of one plane of a picture and returns its loss; the target is at
// points of class `c`.
static double class_plane(const nn_detect_loss *l, const float *z, float *grad, int64_t base,
                          int64_t plane, int c, double scale)
{
    const uint64_t bit = nn_class_bit(c);
    double loss = 0;
    for (int64_t i = 0; i < plane; i++) {
        int64_t p = base + i;
        bool positive = l->owner[p] >= 0, own = positive && l->truth[p].label == c;
        if ((l->ignored[p] & bit && !positive) || (l->unlabelled[p] & bit && !own)) {
            grad[i] = 0;
            continue;
        }
        double t = own ? l->target[p] : 0;
        double x = z[i], e = exp(-fabs(x));
        double s = x >= 0 ? 1 / (1 + e) : e / (1 + e);
        double weight = (s - t) * (s - t);
        loss += weight * (fmax(x, 0) - x * t + log1p(e));
        grad[i] = (float)(scale * weight * (s - t));
    }
    return loss * scale;
}

// The same for all classes of a point where scores depend on several numbers; adds to the
// gradients.
static double class_point(const nn_detect_loss *l, const nn_detect_level *v, int n, int64_t p,
                          int64_t i, double scale)
{
    const bool positive = l->owner[p] >= 0;
    const double least = 1e-12;
    double s[NN_CLASS_MAX], slope[NN_CLASS_MAX], loss = 0;
    nn_detect_scores(v, l->classes, n, i, s);
    for (int c = 0; c < l->classes; c++) {
        const uint64_t bit = nn_class_bit(c);
        const bool own = positive && l->truth[p].label == c;
        const bool open = (l->ignored[p] & bit && !positive) || (l->unlabelled[p] & bit && !own);
        const double t = own ? l->target[p] : 0, weight = open ? 0 : (s[c] - t) * (s[c] - t);
        loss -= weight * (t * log(fmax(s[c], least)) + (1 - t) * log(fmax(1 - s[c], least)));
        slope[c] = scale * weight * (s[c] - t);
    }
    nn_detect_add_slopes(v, l->classes, n, i, s, slope);
    return loss * scale;
}

static double class_points(const nn_detect_loss *l, const nn_detect_level *v, int level,
                           double scale)
{
    const int64_t plane = (int64_t)v->h * v->w;
    double loss = 0;
    memset(v->cls_grad, 0, sizeof(float) * (size_t)(plane * l->classes * l->batch));
    memset(v->obj_grad, 0, sizeof(float) * (size_t)(plane * l->batch));
    for (int n = 0; n < l->batch; n++)
        for (int64_t i = 0; i < plane; i++)
            loss += class_point(l, v, n, (int64_t)n * l->points + l->first[level] + i, i, scale);
    return loss;
}

// Box loss of a point with a target; adds its gradients.
static double box_point(const nn_detect_loss *l, const nn_detect_level *levels, int n, int point,
                        double scale)
{
    const int64_t i = (int64_t)n * l->points + point;
    const nn_truth *t = &l->truth[i];
    const double truth[4] = {t->x0, t->y0, t->x1, t->y1}, weight = scale * l->target[i];
    if (l->rotated) {
        double rotated[NN_ROTATED_NUMBERS];
        nn_rotated_truth(l, n, t, rotated);
        return nn_rotated_grad(l, levels, n, point, rotated, l->options.box_weight * weight,
                               l->options.direction_weight * weight);
    }
    return nn_detect_box_grad(l, levels, n, point, truth, l->options.box_weight * weight,
                              l->options.dfl_weight * weight);
}

nn_detect_loss_value nn_detect_loss_grad(nn_detect_loss *l, const nn_detect_level *levels)
{
    nn_detect_loss_value r = {0};
    r.norm = sum_targets(l, &r.positives);
    for (int v = 0; v < l->level_count; v++) {
        const nn_detect_level *level = &levels[v];
        int64_t plane = (int64_t)level->h * level->w;
        const int sides = 4 * (l->bins[v] > 0 ? l->bins[v] : 1);
        memset(level->box_grad, 0, sizeof(float) * (size_t)(sides * plane * l->batch));
        if (level->more_grad)
            memset(level->more_grad, 0,
                   sizeof(float) * (size_t)(level->more_count * plane * l->batch));
        if (level->form != NN_DETECT_PLAIN)
            r.cls += class_points(l, level, v, l->options.cls_weight / r.norm);
        for (int n = 0; n < l->batch && level->form == NN_DETECT_PLAIN; n++)
            for (int c = 0; c < l->classes; c++) {
                int64_t o = ((int64_t)n * l->classes + c) * plane;
                r.cls += class_plane(l, level->cls + o, level->cls_grad + o,
                                     (int64_t)n * l->points + l->first[v], plane, c,
                                     l->options.cls_weight / r.norm);
            }
    }
    for (int n = 0; n < l->batch; n++)
        for (int p = 0; p < l->points; p++)
            if (l->owner[(int64_t)n * l->points + p] >= 0)
                r.box += box_point(l, levels, n, p, 1 / r.norm);
    return r;
}
