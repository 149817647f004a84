// SPDX-License-Identifier: MIT
// Rotated boxes: ProbIoU and directions, with gradients by hand.
#include "nn/train/loss/rotated_loss.h"

#include "nn/vision/details.h"

#include <math.h>

#define LEAST_SPREAD 1e-7 // added under the root of the distance
#define LEAST_LENGTH 1e-6 // of the squared length of a direction

enum { CX, CY, WIDTH, HEIGHT, ANGLE };
enum { LEFT, TOP, RIGHT, BOTTOM, SIDES };

// The covariance of a uniform box: [[p, r], [r, q]], from variances along its axes.
typedef struct spread {
    double along, across, c, s; // variances; cosine and sine of the angle
    double p, q, r;
} spread;

static spread spread_of(const double box[NN_ROTATED_NUMBERS])
{
    spread v = {.along = box[WIDTH] * box[WIDTH] / 12, .across = box[HEIGHT] * box[HEIGHT] / 12};
    v.c = cos(box[ANGLE]);
    v.s = sin(box[ANGLE]);
    v.p = v.along * v.c * v.c + v.across * v.s * v.s;
    v.q = v.along * v.s * v.s + v.across * v.c * v.c;
    v.r = (v.along - v.across) * v.c * v.s;
    return v;
}

// Carries slopes by the covariance of a box to its sides and angle.
static void add_spread_grad(const spread *v, const double box[NN_ROTATED_NUMBERS], double by_p,
                            double by_q, double by_r, double grad[NN_ROTATED_NUMBERS])
{
    const double cc = v->c * v->c, ss = v->s * v->s, cs = v->c * v->s;
    const double longer = v->along - v->across;
    grad[WIDTH] = (by_p * cc + by_q * ss + by_r * cs) * box[WIDTH] / 6;
    grad[HEIGHT] = (by_p * ss + by_q * cc - by_r * cs) * box[HEIGHT] / 6;
    grad[ANGLE] = longer * (2 * cs * (by_q - by_p) + by_r * (cc - ss));
}

double nn_probiou_loss(const double a[NN_ROTATED_NUMBERS], const double b[NN_ROTATED_NUMBERS],
                       double grad[NN_ROTATED_NUMBERS])
{
    const spread va = spread_of(a), vb = spread_of(b);
    const double p = va.p + vb.p, q = va.q + vb.q, r = va.r + vb.r, det = p * q - r * r;
    const double dx = a[CX] - b[CX], dy = a[CY] - b[CY];
    const double square = q * dx * dx - 2 * r * dx * dy + p * dy * dy;
    const double own = va.along * va.across, other = vb.along * vb.across;
    // The Bhattacharyya distance: of the means, and of the covariances.
    const double distance = square / (4 * det) + 0.5 * log(det / (4 * sqrt(own * other)));
    const double alike = exp(-distance), value = sqrt(1 - alike + LEAST_SPREAD);
    if (!grad)
        return value;
    const double slope = alike / (2 * value), by_det = (0.5 - square / (4 * det)) / det;
    add_spread_grad(&va, a, slope * (dy * dy / (4 * det) + by_det * q),
                    slope * (dx * dx / (4 * det) + by_det * p),
                    slope * (-dx * dy / (2 * det) - 2 * by_det * r), grad);
    grad[WIDTH] -= slope / (2 * a[WIDTH]);
    grad[HEIGHT] -= slope / (2 * a[HEIGHT]);
    grad[CX] = slope * (q * dx - r * dy) / (2 * det);
    grad[CY] = slope * (p * dy - r * dx) / (2 * det);
    return value;
}

double nn_direction_loss(const double direction[2], const double box[NN_ROTATED_NUMBERS],
                         double grad[2])
{
    const double longer = fmax(box[WIDTH], box[HEIGHT]), shorter = fmin(box[WIDTH], box[HEIGHT]);
    const double slim = 1 - shorter / longer, s = sin(2 * box[ANGLE]), c = cos(2 * box[ANGLE]);
    const double length =
        sqrt(direction[0] * direction[0] + direction[1] * direction[1] + LEAST_LENGTH);
    const double same = (direction[0] * s + direction[1] * c) / length; // cosine of twice the turn
    const double slope = -(slim + 2 * (1 - slim) * same) / length;
    for (int k = 0; grad && k < 2; k++)
        grad[k] = slope * ((k ? c : s) - same * direction[k] / length);
    return slim * (1 - same) + (1 - slim) * (1 - same * same);
}

void nn_rotated_truth(const nn_detect_loss *l, int n, const nn_truth *t,
                      double box[NN_ROTATED_NUMBERS])
{
    const nn_details *details = l->lists[n].details;
    const nn_detail *d = details ? nn_details_at(details, t->detail) : NULL;
    const double w = (double)t->x1 - (double)t->x0, h = (double)t->y1 - (double)t->y0;
    const bool rotated = d && d->rotated.width > 0 && d->rotated.height > 0;
    box[CX] = rotated ? d->rotated.cx : t->x0 + w / 2;
    box[CY] = rotated ? d->rotated.cy : t->y0 + h / 2;
    box[WIDTH] = rotated ? d->rotated.width : w;
    box[HEIGHT] = rotated ? d->rotated.height : h;
    box[ANGLE] = rotated ? d->rotated.angle : 0;
    if (box[WIDTH] >= box[HEIGHT])
        return;
    const double width = box[WIDTH];
    box[WIDTH] = box[HEIGHT];
    box[HEIGHT] = width;
    box[ANGLE] += acos(-1) / 2;
}

// The numbers of a point that make its box.
typedef struct predicted {
    double side[SIDES], direction[2];
    double at[2], c, s;
    bool limited[SIDES];
} predicted;

static predicted predict(const nn_detect_loss *l, const nn_detect_level *levels, int n,
                         nn_detect_point p)
{
    const nn_detect_level *v = &levels[p.level];
    const int64_t plane = (int64_t)v->h * v->w, cell = (int64_t)p.y * v->w + p.x;
    predicted r;
    nn_detect_place(l, p, r.at);
    for (int i = 0; i < SIDES; i++) {
        const double raw = v->box[(SIDES * n + i) * plane + cell], limit = NN_DETECT_LOG_LIMIT;
        r.side[i] = exp(fmin(fmax(raw, -limit), limit)) * v->stride;
        r.limited[i] = fabs(raw) > limit;
    }
    for (int k = 0; k < 2; k++)
        r.direction[k] = v->more[(2 * n + k) * plane + cell];
    const double angle = atan2(r.direction[0], r.direction[1]) / 2;
    r.c = cos(angle);
    r.s = sin(angle);
    return r;
}

static void find_box(const predicted *r, double box[NN_ROTATED_NUMBERS])
{
    const double along = (r->side[RIGHT] - r->side[LEFT]) / 2;
    const double across = (r->side[BOTTOM] - r->side[TOP]) / 2;
    box[CX] = r->at[0] + along * r->c - across * r->s;
    box[CY] = r->at[1] + along * r->s + across * r->c;
    box[WIDTH] = r->side[LEFT] + r->side[RIGHT];
    box[HEIGHT] = r->side[TOP] + r->side[BOTTOM];
    box[ANGLE] = atan2(r->s, r->c);
}

void nn_rotated_box_at(const nn_detect_loss *l, const nn_detect_level *levels, int n,
                       nn_detect_point p, double box[NN_ROTATED_NUMBERS])
{
    const predicted r = predict(l, levels, n, p);
    find_box(&r, box);
}

static nn_rotated_box as_float(const double b[NN_ROTATED_NUMBERS])
{
    return (nn_rotated_box){(float)b[CX], (float)b[CY], (float)b[WIDTH], (float)b[HEIGHT],
                            (float)b[ANGLE]};
}

double nn_rotated_overlap(const double a[NN_ROTATED_NUMBERS], const double b[NN_ROTATED_NUMBERS])
{
    const nn_rotated_box x = as_float(a), y = as_float(b);
    return nn_rotated_iou(&x, &y);
}

bool nn_rotated_holds(const double box[NN_ROTATED_NUMBERS], const double at[2])
{
    const double dx = at[0] - box[CX], dy = at[1] - box[CY];
    const double c = cos(box[ANGLE]), s = sin(box[ANGLE]);
    return 2 * fabs(dx * c + dy * s) < box[WIDTH] && 2 * fabs(dy * c - dx * s) < box[HEIGHT];
}

// Adds the gradients of the outputs from slopes by the box and by the direction.
static void add_grad(const nn_detect_level *v, int n, int64_t cell, const predicted *r,
                     const double by_box[NN_ROTATED_NUMBERS], const double by_direction[2])
{
    const int64_t plane = (int64_t)v->h * v->w;
    const double along = (r->side[RIGHT] - r->side[LEFT]) / 2;
    const double across = (r->side[BOTTOM] - r->side[TOP]) / 2;
    const double by_along = by_box[CX] * r->c + by_box[CY] * r->s;
    const double by_across = by_box[CY] * r->c - by_box[CX] * r->s;
    const double by_side[SIDES] = {by_box[WIDTH] - by_along / 2, by_box[HEIGHT] - by_across / 2,
                                   by_box[WIDTH] + by_along / 2, by_box[HEIGHT] + by_across / 2};
    // Turning moves the centre around the point, too.
    const double by_angle = by_box[ANGLE] + along * by_across - across * by_along;
    const double square = r->direction[0] * r->direction[0] + r->direction[1] * r->direction[1];
    const double turn = by_angle / (2 * (square + LEAST_LENGTH));
    for (int i = 0; i < SIDES; i++) // the side is an exponential
        v->box_grad[(SIDES * n + i) * plane + cell] +=
            r->limited[i] ? 0 : (float)(by_side[i] * r->side[i]);
    v->more_grad[2 * n * plane + cell] += (float)(by_direction[0] + turn * r->direction[1]);
    v->more_grad[(2 * n + 1) * plane + cell] += (float)(by_direction[1] - turn * r->direction[0]);
}

double nn_rotated_grad(const nn_detect_loss *l, const nn_detect_level *levels, int n, int point,
                       const double truth[NN_ROTATED_NUMBERS], double weight,
                       double direction_weight)
{
    const nn_detect_point at = nn_detect_point_at(l, point);
    const nn_detect_level *v = &levels[at.level];
    const predicted r = predict(l, levels, n, at);
    double box[NN_ROTATED_NUMBERS], by_box[NN_ROTATED_NUMBERS], by_direction[2];
    find_box(&r, box);
    double loss = weight * nn_probiou_loss(box, truth, by_box);
    loss += direction_weight * nn_direction_loss(r.direction, truth, by_direction);
    for (int i = 0; i < NN_ROTATED_NUMBERS; i++)
        by_box[i] *= weight;
    for (int k = 0; k < 2; k++)
        by_direction[k] *= direction_weight;
    add_grad(v, n, (int64_t)at.y * v->w + at.x, &r, by_box, by_direction);
    return loss;
}
