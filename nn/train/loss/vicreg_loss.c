// SPDX-License-Identifier: MIT
// VICReg: views of a picture agree, numbers of an embedding vary and do not repeat each other.
#include "nn/train/loss/pretrain_loss.h"

#include <math.h>

#define AGREE 25.0
#define VARY 25.0
#define REPEAT 1.0
#define EPS 1e-4 // of the variance

// Distance of the two views; its gradient goes to grad.
static double agree(const nn_views_batch *b, double scale)
{
    const int64_t dims = b->dims, count = b->pictures * dims;
    const double part = 2 * AGREE * scale / (double)count;
    double sum = 0;
    for (int64_t i = 0; i < b->pictures; i++) {
        const int64_t first = 2 * i * dims, second = first + dims;
        for (int64_t d = 0; d < dims; d++) {
            const double off = (double)b->z[first + d] - (double)b->z[second + d];
            sum += off * off;
            b->grad[first + d] = (float)(part * off);
            b->grad[second + d] = (float)(-part * off);
        }
    }
    return AGREE * sum / (double)count;
}

// centred (pictures x dims) = the rows 2 i + view of z without their mean.
static void centre(const nn_views_batch *b, int view, float *centred)
{
    const int64_t n = b->pictures, dims = b->dims;
    for (int64_t d = 0; d < dims; d++) {
        double mean = 0;
        for (int64_t i = 0; i < n; i++)
            mean += (double)b->z[(2 * i + view) * dims + d] / (double)n;
        for (int64_t i = 0; i < n; i++)
            centred[i * dims + d] = (float)((double)b->z[(2 * i + view) * dims + d] - mean);
    }
}

// What the deviations of one view's numbers lack, from the diagonal of their covariance.
static double vary(const nn_views_batch *b, int view, const float *centred, const float *cov,
                   double scale)
{
    const int64_t n = b->pictures, dims = b->dims;
    double sum = 0;
    for (int64_t d = 0; d < dims; d++) {
        const double deviation = sqrt((double)cov[d * dims + d] + EPS);
        if (deviation >= 1)
            continue;
        sum += 1 - deviation;
        const double part = -VARY * scale / 2 / (double)dims / (double)(n - 1) / deviation;
        for (int64_t i = 0; i < n; i++)
            b->grad[(2 * i + view) * dims + d] += (float)(part * (double)centred[i * dims + d]);
    }
    return VARY * sum / 2 / (double)dims;
}

// Squares of the covariances of different numbers. Their gradient is a product with the covariance
// itself, whose diagonal is lost.
static double repeat(const nn_views_batch *b, int view, const float *centred, float *cov,
                     double scale, const nn_kernels *k)
{
    const int64_t n = b->pictures, dims = b->dims;
    double sum = 0;
    for (int64_t d = 0; d < dims; d++)
        cov[d * dims + d] = 0;
    for (int64_t i = 0; i < dims * dims; i++)
        sum += (double)cov[i] * (double)cov[i];
    const double part = 4 * REPEAT * scale / (double)dims / (double)(n - 1);
    k->gemm.sgemm(false, false, n, dims, dims, (float)part, centred, dims, cov, dims, 1,
                  b->grad + view * dims, 2 * dims);
    return REPEAT * sum / (double)dims;
}

double nn_vicreg_loss(const nn_views_batch *b, double scale, const nn_kernels *k)
{
    const int64_t n = b->pictures, dims = b->dims;
    float *centred = b->room, *cov = centred + n * dims;
    double loss = agree(b, scale);
    for (int view = 0; view < 2; view++) {
        centre(b, view, centred);
        k->gemm.sgemm(true, false, dims, dims, n, 1 / (float)(n - 1), centred, dims, centred, dims,
                      0, cov, dims);
        loss += vary(b, view, centred, cov, scale);
        loss += repeat(b, view, centred, cov, scale, k);
    }
    return loss;
}
