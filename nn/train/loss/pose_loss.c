// SPDX-License-Identifier: MIT
// Keypoints: object keypoint similarity and visibility, with gradients by hand.
#include "nn/train/loss/pose_loss.h"

#include "nn/vision/details.h"
#include "nn/vision/skeleton.h"

#include <math.h>

#define FAR_WEIGHT 0.1 // of the logarithm

enum { NUMBERS = 3 }; // of a keypoint

double nn_keypoint_loss(double square, double area, double k, double *slope)
{
    const double scale = 1 / (2 * area * k * k), e = square * scale;
    if (slope)
        *slope = scale * (exp(-e) + FAR_WEIGHT / (1 + e));
    return 1 - exp(-e) + FAR_WEIGHT * log1p(e);
}

// An object and the point that learns it.
typedef struct pupil {
    const nn_keypoint *truth;
    double area, at[2];
    const float *raw; // channels are `plane` apart
    float *grad;
    int64_t plane;
    int stride, count; // of keypoints
} pupil;

static double learn_place(const pupil *p, int i, double weight)
{
    const int64_t x = (int64_t)NUMBERS * i * p->plane, y = x + p->plane;
    const double dx = p->at[0] + (double)p->raw[x] * p->stride - (double)p->truth[i].x;
    const double dy = p->at[1] + (double)p->raw[y] * p->stride - (double)p->truth[i].y;
    double slope;
    const double loss =
        nn_keypoint_loss(dx * dx + dy * dy, p->area, 2 * nn_keypoint_sigma(p->count, i), &slope);
    p->grad[x] += (float)(weight * slope * 2 * dx * p->stride);
    p->grad[y] += (float)(weight * slope * 2 * dy * p->stride);
    return weight * loss;
}

static double learn_visible(const pupil *p, int i, double weight)
{
    const int64_t at = ((int64_t)NUMBERS * i + 2) * p->plane;
    const double z = p->raw[at], e = exp(-fabs(z)), want = p->truth[i].score > 0;
    const double s = z >= 0 ? 1 / (1 + e) : e / (1 + e);
    p->grad[at] += (float)(weight * (s - want));
    return weight * (fmax(z, 0) - z * want + log1p(e));
}

static double learn_point(const pupil *p, const nn_pose_loss_options *o, double scale)
{
    int labelled = 0;
    double loss = 0;
    for (int i = 0; i < p->count; i++)
        labelled += p->truth[i].score > 0;
    for (int i = 0; i < p->count && labelled > 0; i++) {
        if (p->truth[i].score > 0)
            loss += learn_place(p, i, scale * o->weight / labelled);
        loss += learn_visible(p, i, scale * o->visible_weight / p->count);
    }
    return loss;
}

// The area of a body in its box, for the similarity: as where COCO's segments are unknown.
static double area_of(const nn_truth *t)
{
    const double part = 0.53;
    return part * ((double)t->x1 - (double)t->x0) * ((double)t->y1 - (double)t->y0);
}

double nn_pose_loss_grad(const nn_detect_loss *l, const nn_detect_level *levels,
                         const nn_pose_loss_options *o, const nn_detect_loss_value *v)
{
    double loss = 0;
    for (int n = 0; n < l->batch; n++)
        for (int i = 0; i < l->points; i++) {
            const int64_t here = (int64_t)n * l->points + i;
            const nn_truth *t = &l->truth[here];
            if (l->owner[here] < 0 || !l->lists[n].details)
                continue;
            const nn_detail *d = nn_details_at(l->lists[n].details, t->detail);
            const nn_detect_point at = nn_detect_point_at(l, i);
            const nn_detect_level *level = &levels[at.level];
            if (!d || d->keypoint_count * NUMBERS != level->more_count)
                continue;
            const int64_t plane = (int64_t)level->h * level->w;
            const int64_t offset = n * level->more_count * plane + (int64_t)at.y * level->w + at.x;
            pupil p = {.truth = nn_detail_keypoints(l->lists[n].details, d),
                       .area = area_of(t),
                       .raw = level->more + offset,
                       .grad = level->more_grad + offset,
                       .plane = plane,
                       .stride = level->stride,
                       .count = d->keypoint_count};
            nn_detect_place(l, at, p.at);
            loss += learn_point(&p, o, l->target[here] / v->norm);
        }
    return loss;
}
