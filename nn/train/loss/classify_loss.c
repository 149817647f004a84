// SPDX-License-Identifier: MIT
// Cross entropies with explicit gradients, in double precision: their cost is small beside a
// network.
#include "nn/train/loss/classify_loss.h"

#include <math.h>

// The loss of one picture.
static double softmax_row(const float *x, const float *t, float *grad, int classes,
                          double smoothing, double weight)
{
    double top = -HUGE_VAL, mass = 0, total = 0, loss = 0;
    for (int c = 0; c < classes; c++) {
        top = fmax(top, (double)x[c]);
        mass += (double)t[c];
    }
    for (int c = 0; c < classes; c++)
        total += exp((double)x[c] - top);
    const double log_total = top + log(total);
    for (int c = 0; c < classes; c++) {
        if (!(mass > 0)) {
            grad[c] = 0;
            continue;
        }
        const double log_p = (double)x[c] - log_total;
        const double want = (1 - smoothing) * (double)t[c] / mass + smoothing / classes;
        loss -= want * log_p;
        grad[c] = (float)(weight * (exp(log_p) - want));
    }
    return weight * loss;
}

double nn_softmax_loss(const float *logits, const float *targets, float *grad, int rows,
                       int classes, float smoothing, double weight)
{
    double loss = 0;
    for (int i = 0; i < rows; i++) {
        const int64_t at = (int64_t)i * classes;
        loss += softmax_row(logits + at, targets + at, grad + at, classes, (double)smoothing,
                            weight / rows);
    }
    return loss;
}

double nn_sigmoid_loss(const float *logits, const float *targets, float *grad, int rows,
                       int classes, float smoothing, double weight)
{
    double loss = 0;
    for (int64_t i = 0; i < (int64_t)rows * classes; i++) {
        const double x = (double)logits[i], e = exp(-fabs(x));
        const double s = x >= 0 ? 1 / (1 + e) : e / (1 + e);
        const double want = (1 - (double)smoothing) * (double)targets[i] + 0.5 * (double)smoothing;
        loss += fmax(x, 0) - x * want + log1p(e);
        grad[i] = (float)(weight / rows * (s - want));
    }
    return weight * loss / rows;
}

int64_t nn_count_hits(const float *logits, const float *targets, int rows, int classes)
{
    int64_t hits = 0;
    for (int i = 0; i < rows; i++) {
        const float *x = logits + (int64_t)i * classes, *t = targets + (int64_t)i * classes;
        int best = 0;
        float most = t[0];
        for (int c = 1; c < classes; c++) {
            best = x[c] > x[best] ? c : best;
            most = fmaxf(most, t[c]);
        }
        hits += most > 0 && t[best] == most;
    }
    return hits;
}
