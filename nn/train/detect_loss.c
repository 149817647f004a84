// SPDX-License-Identifier: MIT
// Quality focal loss on the classes and generalised IoU loss on the boxes, with their gradients.
#include "nn/train/detect_loss.h"

#include "nn/base/memory.h"
#include "nn/train/detect_assign.h"

#include <math.h>
#include <string.h>

void nn_detect_loss_defaults(nn_detect_loss_options *o)
{
    *o = (nn_detect_loss_options){
        .topk = 10, .score_power = 0.5f, .iou_power = 4, .cls_weight = 2, .box_weight = 2.5f};
}

nn_status nn_detect_loss_new(nn_detect_loss **out, const nn_detect_loss_options *options,
                             const nn_detect_level *levels, int level_count, int batch, int classes,
                             nn_error *err)
{
    *out = NULL;
    if (level_count < 1 || level_count > NN_DETECT_MAX_LEVELS || batch < 1 || classes < 1 ||
        options->topk < 1)
        return nn_fail(err, NN_EINVAL, "loss: %d levels, batch %d, %d classes, topk %d",
                       level_count, batch, classes, options->topk);
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
        l->first[i] = l->points;
        l->points += levels[i].h * levels[i].w;
    }
    size_t n = (size_t)batch * l->points;
    l->owner = nn_calloc(n, sizeof *l->owner);
    l->target = nn_calloc(n, sizeof *l->target);
    l->iou = nn_calloc(n, sizeof *l->iou);
    l->align = nn_calloc(n, sizeof *l->align);
    l->ignored = nn_calloc(n, 1);
    l->truth = nn_calloc(n, sizeof *l->truth);
    l->candidates = nn_calloc(options->topk, sizeof *l->candidates);
    if (!l->owner || !l->target || !l->iou || !l->align || !l->ignored || !l->truth ||
        !l->candidates) {
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

double nn_giou(const double a[4], const double b[4], double grad[4])
{
    const double eps = 1e-7;
    double iw = fmin(a[2], b[2]) - fmax(a[0], b[0]), ih = fmin(a[3], b[3]) - fmax(a[1], b[1]);
    bool meet = iw > 0 && ih > 0;
    double w = a[2] - a[0], h = a[3] - a[1];
    double inter = meet ? iw * ih : 0;
    double all = w * h + (b[2] - b[0]) * (b[3] - b[1]) - inter + eps;
    double cw = fmax(a[2], b[2]) - fmin(a[0], b[0]), ch = fmax(a[3], b[3]) - fmin(a[1], b[1]);
    double hull = cw * ch + eps;
    if (grad) {
        // Along each side: derivative of the area, of the intersection, of the hull.
        const double area[4] = {-h, -w, h, w};
        const double cut[4] = {a[0] > b[0] ? -ih : 0, a[1] > b[1] ? -iw : 0, a[2] < b[2] ? ih : 0,
                               a[3] < b[3] ? iw : 0};
        const double out[4] = {a[0] < b[0] ? -ch : 0, a[1] < b[1] ? -cw : 0, a[2] > b[2] ? ch : 0,
                               a[3] > b[3] ? cw : 0};
        for (int i = 0; i < 4; i++) {
            double di = meet ? cut[i] : 0, du = area[i] - di;
            grad[i] =
                di / all - inter * du / (all * all) + du / hull - all * out[i] / (hull * hull);
        }
    }
    return inter / all - 1 + all / hull;
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
    // Several processes divide by the mean over them, so that their mean is the whole batch's loss.
    nn_ranks_sum(l->options.ranks, &sum, 1);
    return (sum > 1 ? sum : 1) / nn_ranks_count(l->options.ranks);
}

// Writes the class gradients of one plane and returns its loss; target is where the class is `c`.
static double class_plane(const nn_detect_loss *l, const float *z, float *grad, int64_t base,
                          int64_t plane, int c, double scale)
{
    double loss = 0;
    for (int64_t i = 0; i < plane; i++) {
        int64_t p = base + i;
        bool positive = l->owner[p] >= 0;
        if (l->ignored[p] && !positive) {
            grad[i] = 0;
            continue;
        }
        double t = positive && l->truth[p].label == c ? l->target[p] : 0;
        double x = z[i], e = exp(-fabs(x));
        double s = x >= 0 ? 1 / (1 + e) : e / (1 + e);
        double weight = (s - t) * (s - t);
        loss += weight * (fmax(x, 0) - x * t + log1p(e));
        grad[i] = (float)(scale * weight * (s - t));
    }
    return loss * scale;
}

// Box loss of one point; writes its four gradients `plane` apart.
static double box_point(const nn_detect_loss *l, const nn_detect_level *levels, int n, int point,
                        double scale)
{
    nn_detect_point at = nn_detect_point_at(l, point);
    const nn_detect_level *v = &levels[at.level];
    int64_t plane = (int64_t)v->h * v->w, i = (int64_t)n * l->points + point;
    int64_t offset = 4 * n * plane + (int64_t)at.y * v->w + at.x;
    const nn_truth *t = &l->truth[i];
    double box[4], truth[4] = {t->x0, t->y0, t->x1, t->y1}, grad[4];
    nn_detect_box_at(l, levels, n, at, box);
    double weight = scale * l->target[i];
    double loss = weight * (1 - nn_giou(box, truth, grad));
    double centre[2] = {(at.x + 0.5) * v->stride, (at.y + 0.5) * v->stride};
    for (int k = 0; k < 4; k++) {
        float raw = v->box[offset + k * plane];
        bool limited = raw < -NN_DETECT_LOG_LIMIT || raw > NN_DETECT_LOG_LIMIT;
        // d side / d raw = side - centre: its sign is that of the direction the side moves in.
        double move = limited ? 0 : box[k] - centre[k & 1];
        v->box_grad[offset + k * plane] = (float)(-weight * grad[k] * move);
    }
    return loss;
}

nn_detect_loss_value nn_detect_loss_grad(nn_detect_loss *l, const nn_detect_level *levels)
{
    nn_detect_loss_value r = {0};
    r.norm = sum_targets(l, &r.positives);
    for (int v = 0; v < l->level_count; v++) {
        const nn_detect_level *level = &levels[v];
        int64_t plane = (int64_t)level->h * level->w;
        memset(level->box_grad, 0, sizeof(float) * 4 * plane * l->batch);
        for (int n = 0; n < l->batch; n++)
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
                r.box += box_point(l, levels, n, p, l->options.box_weight / r.norm);
    return r;
}
