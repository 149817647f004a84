// SPDX-License-Identifier: MIT
// Scores and boxes of heads with an objectness, and their gradients.
#include "nn/train/loss/detect_form.h"

#include <math.h>
#include <string.h>

#define LOG_LIMIT 8.0        // limit of YOLOX's logarithms of sizes, in strides
#define OBJECTNESS_POWER 0.6 // FastestDet's (nn/vision/decode/fastestdet.c)

enum { SIDES = 4 };

nn_detect_form nn_detect_form_of(const char *head)
{
    return strcmp(head, "yolox_maps") == 0        ? NN_DETECT_YOLOX
           : strcmp(head, "fastestdet_maps") == 0 ? NN_DETECT_FASTEST
                                                  : NN_DETECT_PLAIN;
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static int64_t plane_of(const nn_detect_level *v)
{
    return (int64_t)v->h * v->w;
}

static double objectness(const nn_detect_level *v, int n, int64_t i)
{
    return sigmoid((double)v->obj[n * plane_of(v) + i]);
}

// The largest logit of a point, and the sum of exponentials of the others relative to it.
static double softmax_sum(const float *z, int64_t plane, int classes, double *most)
{
    double sum = 0;
    *most = (double)z[0];
    for (int c = 1; c < classes; c++)
        *most = fmax(*most, (double)z[c * plane]);
    for (int c = 0; c < classes; c++)
        sum += exp((double)z[c * plane] - *most);
    return sum;
}

void nn_detect_scores(const nn_detect_level *v, int classes, int n, int64_t i, double *s)
{
    const int64_t plane = plane_of(v);
    const float *z = v->cls + (int64_t)n * classes * plane + i;
    const double object = v->form == NN_DETECT_PLAIN ? 1 : objectness(v, n, i);
    double most, sum = 1;
    if (v->form == NN_DETECT_FASTEST)
        sum = softmax_sum(z, plane, classes, &most);
    for (int c = 0; c < classes; c++)
        s[c] = v->form == NN_DETECT_FASTEST
                   ? pow(object, OBJECTNESS_POWER) *
                         pow(exp((double)z[c * plane] - most) / sum, 1 - OBJECTNESS_POWER)
                   : object * sigmoid((double)z[c * plane]);
}

double nn_detect_score(const nn_detect_level *v, int classes, int n, int c, int64_t i)
{
    const int64_t plane = plane_of(v);
    const float *z = v->cls + (int64_t)n * classes * plane + i;
    double most;
    if (v->form == NN_DETECT_PLAIN)
        return sigmoid((double)z[c * plane]);
    const double object = objectness(v, n, i);
    if (v->form == NN_DETECT_YOLOX)
        return object * sigmoid((double)z[c * plane]);
    const double sum = softmax_sum(z, plane, classes, &most);
    return pow(object, OBJECTNESS_POWER) *
           pow(exp((double)z[c * plane] - most) / sum, 1 - OBJECTNESS_POWER);
}

// d score / d z = score * (1 - factor) for each factor of it that is a sigmoid of z.
void nn_detect_add_slopes(const nn_detect_level *v, int classes, int n, int64_t i, const double *s,
                          const double *slope)
{
    const int64_t plane = plane_of(v);
    const float *z = v->cls + (int64_t)n * classes * plane + i;
    float *grad = v->cls_grad + (int64_t)n * classes * plane + i;
    const bool fastest = v->form == NN_DETECT_FASTEST;
    const double least = 1e-9;
    double sum = 0, most = 0, total = fastest ? softmax_sum(z, plane, classes, &most) : 1;
    for (int c = 0; c < classes; c++) {
        const double by_log = slope[c] / fmax(1 - s[c], least); // d loss / d log score
        sum += by_log;
        if (v->form == NN_DETECT_PLAIN)
            grad[c * plane] += (float)slope[c];
        else if (v->form == NN_DETECT_YOLOX)
            grad[c * plane] += (float)(by_log * (1 - sigmoid((double)z[c * plane])));
        else
            grad[c * plane] += (float)((1 - OBJECTNESS_POWER) * by_log);
    }
    for (int c = 0; c < classes && fastest; c++)
        grad[c * plane] -=
            (float)((1 - OBJECTNESS_POWER) * sum * exp((double)z[c * plane] - most) / total);
    if (v->form != NN_DETECT_PLAIN)
        v->obj_grad[n * plane + i] +=
            (float)((fastest ? OBJECTNESS_POWER : 1) * sum * (1 - objectness(v, n, i)));
}

// Centre and size of a box, and their derivatives by the four numbers.
typedef struct centred {
    double at[SIDES]; // x, y, w, h in pixels
    double growth[SIDES];
} centred;

static centred centred_of(const nn_detect_level *v, int n, int64_t i)
{
    const int64_t plane = plane_of(v);
    const float *t = v->box + (int64_t)n * SIDES * plane + i;
    const double cell[2] = {(double)(i % v->w), (double)(i / v->w)};
    const double side[2] = {(double)v->w * v->stride, (double)v->h * v->stride};
    centred b;
    for (int k = 0; k < 2; k++) {
        const double move = (double)t[k * plane], size = (double)t[(2 + k) * plane];
        if (v->form == NN_DETECT_FASTEST) {
            const double shift = tanh(move), part = sigmoid(size);
            b.at[k] = (cell[k] + shift) * v->stride;
            b.growth[k] = (1 - shift * shift) * v->stride;
            b.at[2 + k] = part * side[k];
            b.growth[2 + k] = part * (1 - part) * side[k];
        } else {
            b.at[k] = (cell[k] + move) * v->stride;
            b.growth[k] = v->stride;
            b.at[2 + k] = exp(fmin(fmax(size, -LOG_LIMIT), LOG_LIMIT)) * v->stride;
            b.growth[2 + k] = fabs(size) > LOG_LIMIT ? 0 : b.at[2 + k];
        }
    }
    return b;
}

void nn_detect_form_box(const nn_detect_level *v, int n, int64_t i, double box[4])
{
    const centred b = centred_of(v, n, i);
    for (int k = 0; k < 2; k++) {
        box[k] = b.at[k] - b.at[2 + k] / 2;
        box[2 + k] = b.at[k] + b.at[2 + k] / 2;
    }
}

void nn_detect_form_box_grad(const nn_detect_level *v, int n, int64_t i, const double slope[4])
{
    const int64_t plane = plane_of(v);
    float *grad = v->box_grad + (int64_t)n * SIDES * plane + i;
    const centred b = centred_of(v, n, i);
    for (int k = 0; k < 2; k++) {
        grad[k * plane] += (float)(b.growth[k] * (slope[k] + slope[2 + k]));
        grad[(2 + k) * plane] += (float)(b.growth[2 + k] * (slope[2 + k] - slope[k]) / 2);
    }
}
