// SPDX-License-Identifier: MIT
// NT-Xent: views of a picture find each other among all views of a batch.
#include "nn/train/loss/pretrain_loss.h"

#include <math.h>

#define LEAST_LENGTH 1e-12 // of an embedding

// Unit vectors of the rows.
static void normalise(const float *z, float *unit, int64_t rows, int64_t dims)
{
    for (int64_t i = 0; i < rows; i++) {
        double square = 0;
        for (int64_t d = 0; d < dims; d++)
            square += (double)z[i * dims + d] * (double)z[i * dims + d];
        const float part = (float)(1 / fmax(sqrt(square), LEAST_LENGTH));
        for (int64_t d = 0; d < dims; d++)
            unit[i * dims + d] = part * z[i * dims + d];
    }
}

// Turns the similarities of a row into the gradient there; returns its cross entropy.
static double cross_entropy(float *s, int64_t n, int64_t self, double part)
{
    const int64_t other = self ^ 1;
    double top = -HUGE_VAL, total = 0;
    for (int64_t j = 0; j < n; j++)
        if (j != self)
            top = fmax(top, (double)s[j]);
    for (int64_t j = 0; j < n; j++)
        if (j != self)
            total += exp((double)s[j] - top);
    const double loss = log(total) + top - (double)s[other];
    for (int64_t j = 0; j < n; j++) {
        const double p = exp((double)s[j] - top) / total;
        s[j] = (float)(j == self ? 0 : part * (p - (j == other)));
    }
    return loss;
}

// From the gradient at unit vectors (in grad) to the one at z.
static void through_length(const float *z, const float *unit, float *grad, int64_t rows,
                           int64_t dims)
{
    for (int64_t i = 0; i < rows; i++) {
        const float *u = unit + i * dims;
        double square = 0, along = 0;
        for (int64_t d = 0; d < dims; d++) {
            square += (double)z[i * dims + d] * (double)z[i * dims + d];
            along += (double)u[d] * (double)grad[i * dims + d];
        }
        const double part = 1 / fmax(sqrt(square), LEAST_LENGTH);
        for (int64_t d = 0; d < dims; d++)
            grad[i * dims + d] =
                (float)(part * ((double)grad[i * dims + d] - along * (double)u[d]));
    }
}

double nn_ntxent_loss(const nn_views_batch *b, float temperature, double scale, const nn_kernels *k)
{
    const int64_t n = 2 * (int64_t)b->pictures, dims = b->dims;
    float *unit = b->room, *s = unit + n * dims;
    const double part = scale / (double)n / (double)temperature;
    double loss = 0;
    normalise(b->z, unit, n, dims);
    k->gemm.sgemm(false, true, n, n, dims, 1 / temperature, unit, dims, unit, dims, 0, s, n);
    for (int64_t i = 0; i < n; i++)
        loss += cross_entropy(s + i * n, n, i, part);
    k->gemm.sgemm(false, false, n, dims, n, 1, s, n, unit, dims, 0, b->grad, dims);
    k->gemm.sgemm(true, false, n, dims, n, 1, s, n, unit, dims, 1, b->grad, dims);
    through_length(b->z, unit, b->grad, n, dims);
    return loss / (double)n;
}
