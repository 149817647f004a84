// SPDX-License-Identifier: MIT
// Places of points and their boxes; box losses with gradients: generalised IoU, and the distribution
// focal loss of the sides.
#include "nn/train/loss/detect_assign.h"
#include "nn/train/loss/detect_form.h"

#include <math.h>

nn_detect_point nn_detect_point_at(const nn_detect_loss *l, int point)
{
    int level = 0;
    while (level + 1 < l->level_count && point >= l->first[level + 1])
        level++;
    int i = point - l->first[level];
    return (nn_detect_point){level, i % l->w[level], i / l->w[level]};
}

void nn_detect_place(const nn_detect_loss *l, nn_detect_point p, double at[2])
{
    at[0] = (p.x + l->offset[p.level]) * l->stride[p.level];
    at[1] = (p.y + l->offset[p.level]) * l->stride[p.level];
}

double nn_detect_expect(const float *logits, int64_t step, int bins, double *p)
{
    double most = logits[0], sum = 0, mean = 0;
    for (int b = 1; b < bins; b++)
        most = fmax(most, logits[b * step]);
    for (int b = 0; b < bins; b++)
        sum += p[b] = exp(logits[b * step] - most);
    for (int b = 0; b < bins; b++) {
        p[b] /= sum;
        mean += b * p[b];
    }
    return mean;
}

static double side_at(const float *raw, int64_t plane, int bins)
{
    double p[NN_DETECT_MAX_BINS], r = raw[0];
    if (bins > 0)
        return nn_detect_expect(raw, plane, bins, p);
    return exp(fmin(fmax(r, -NN_DETECT_LOG_LIMIT), NN_DETECT_LOG_LIMIT));
}

void nn_detect_box_at(const nn_detect_loss *l, const nn_detect_level *levels, int n,
                      nn_detect_point p, double box[4])
{
    const nn_detect_level *v = &levels[p.level];
    const int bins = l->bins[p.level], channels = bins > 0 ? bins : 1; // of a side
    int64_t plane = (int64_t)v->h * v->w;
    const float *raw = v->box + 4 * channels * n * plane + (int64_t)p.y * v->w + p.x;
    double at[2];
    if (v->form != NN_DETECT_PLAIN) {
        nn_detect_form_box(v, n, (int64_t)p.y * v->w + p.x, box);
        return;
    }
    nn_detect_place(l, p, at);
    for (int i = 0; i < 4; i++) {
        double side = side_at(raw + i * channels * plane, plane, bins) * l->stride[p.level];
        box[i] = i < 2 ? at[i] - side : at[i - 2] + side;
    }
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
        // Derivatives of area, intersection and hull along each side.
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

// One side of a box; its outputs are `plane` apart.
typedef struct box_side {
    const float *raw;
    float *grad;
    int64_t plane;
    int bins;
    double stride, length; // predicted, in pixels
    double slope;          // derivative of the loss by `length`
    double truth;          // in pixels
    double weight;         // of the distribution focal loss
} box_side;

// d length / d raw = length: it is an exponential.
static double log_side(const box_side *s)
{
    const bool limited = fabsf(s->raw[0]) > NN_DETECT_LOG_LIMIT;
    s->grad[0] += limited ? 0 : (float)(s->slope * s->length);
    return 0;
}

// Returns the distribution focal loss of the side.
static double bins_side(const box_side *s)
{
    double p[NN_DETECT_MAX_BINS];
    const double mean = nn_detect_expect(s->raw, s->plane, s->bins, p);
    const double y = fmin(fmax(s->truth / s->stride, 0), s->bins - 1);
    const int low = y < s->bins - 2 ? (int)y : s->bins - 2;
    const double upper = y - low; // weight of the upper bin
    for (int b = 0; b < s->bins; b++) {
        const double want = b == low ? 1 - upper : b == low + 1 ? upper : 0;
        s->grad[b * s->plane] +=
            (float)(s->slope * s->stride * p[b] * (b - mean) + s->weight * (p[b] - want));
    }
    const double least = 1e-30;
    return -s->weight *
           ((1 - upper) * log(fmax(p[low], least)) + upper * log(fmax(p[low + 1], least)));
}

double nn_detect_box_grad(const nn_detect_loss *l, const nn_detect_level *levels, int n, int point,
                          const double truth[4], double weight, double dfl_weight)
{
    enum { SIDES = 4 };
    const nn_detect_point p = nn_detect_point_at(l, point);
    const nn_detect_level *v = &levels[p.level];
    const int bins = l->bins[p.level], channels = bins > 0 ? bins : 1;
    const int64_t plane = (int64_t)v->h * v->w;
    const int64_t offset = SIDES * channels * n * plane + (int64_t)p.y * v->w + p.x;
    double box[SIDES], grad[SIDES], at[2];
    nn_detect_box_at(l, levels, n, p, box);
    nn_detect_place(l, p, at);
    double loss = weight * (1 - nn_giou(box, truth, grad));
    if (v->form != NN_DETECT_PLAIN) {
        for (int k = 0; k < SIDES; k++)
            grad[k] *= -weight;
        nn_detect_form_box_grad(v, n, (int64_t)p.y * v->w + p.x, grad);
        return loss;
    }
    for (int k = 0; k < SIDES; k++) {
        const int sign = k < 2 ? -1 : 1; // left and top sides move against the axes
        const int64_t first = offset + (int64_t)k * channels * plane;
        const box_side side = {.raw = v->box + first,
                               .grad = v->box_grad + first,
                               .plane = plane,
                               .bins = bins,
                               .stride = v->stride,
                               .length = sign * (box[k] - at[k & 1]),
                               .slope = -weight * sign * grad[k],
                               .truth = sign * (truth[k] - at[k & 1]),
                               .weight = dfl_weight / SIDES};
        loss += bins > 0 ? bins_side(&side) : log_side(&side);
    }
    return loss;
}
