// SPDX-License-Identifier: MIT
// What embeddings of views are like.
#include "nn/train/loss/pretrain_loss.h"

#include <math.h>

#define LEAST_LENGTH 1e-12

size_t nn_pretrain_loss_room(int pictures, int dims)
{
    const size_t n = 2 * (size_t)pictures, d = (size_t)dims;
    return n * d + (n > d ? n * n : d * d);
}

static double length(const float *z, int dims)
{
    double square = 0;
    for (int d = 0; d < dims; d++)
        square += (double)z[d] * (double)z[d];
    return fmax(sqrt(square), LEAST_LENGTH);
}

double nn_embedding_spread(const float *z, int rows, int dims, float *room)
{
    double sum = 0;
    for (int i = 0; i < rows; i++)
        room[i] = (float)(1 / length(z + (ptrdiff_t)i * dims, dims));
    for (int d = 0; d < dims; d++) {
        double mean = 0, square = 0;
        for (int i = 0; i < rows; i++) {
            const double x = (double)z[(ptrdiff_t)i * dims + d] * (double)room[i];
            mean += x / rows;
            square += x * x / rows;
        }
        sum += sqrt(fmax(square - mean * mean, 0));
    }
    return sum / sqrt((double)dims);
}

double nn_views_cosine(const float *z, int pictures, int dims)
{
    double sum = 0;
    for (int i = 0; i < pictures; i++) {
        const float *a = z + (ptrdiff_t)2 * i * dims, *b = a + dims;
        double dot = 0;
        for (int d = 0; d < dims; d++)
            dot += (double)a[d] * (double)b[d];
        sum += dot / length(a, dims) / length(b, dims);
    }
    return sum / pictures;
}
