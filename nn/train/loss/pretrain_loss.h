// SPDX-License-Identifier: MIT
// Losses without labels, of two views of each picture: NT-Xent and VICReg.
//
// z is 2 * pictures x dims; rows 2 i and 2 i + 1 are the views of picture i. A loss writes `scale`
// times its gradient to `grad`, of the shape of z, and returns the loss without `scale`. `room` has
// nn_pretrain_loss_room floats. One thread.
#ifndef NN_TRAIN_LOSS_PRETRAIN_LOSS_H
#define NN_TRAIN_LOSS_PRETRAIN_LOSS_H

#include "nn/kernels/kernels.h"

#include <stddef.h>

typedef enum nn_pretrain_method {
    NN_PRETRAIN_SIMCLR, // NT-Xent
    NN_PRETRAIN_VICREG,
} nn_pretrain_method;

typedef struct nn_pretrain_loss_options {
    int method;        // nn_pretrain_method
    int projector;     // outputs of the projector, whose hidden layer is as wide
    float temperature; // of NT-Xent
} nn_pretrain_loss_options;

typedef struct nn_views_batch {
    const float *z;
    float *grad, *room;
    int pictures, dims;
} nn_views_batch;

size_t nn_pretrain_loss_room(int pictures, int dims);

// Which of the other 2 * pictures - 1 views is the second one of the same picture: mean cross
// entropy of the softmax of cosines / temperature (Chen 2020, SimCLR, equation 1).
double nn_ntxent_loss(const nn_views_batch *b, float temperature, double scale,
                      const nn_kernels *k);

// 25 times the distance of the two views, 25 times the standard deviation that a number lacks to 1,
// and the covariance of different numbers (Bardes 2022, VICReg, equations 1 to 6; each is a mean,
// as in the source's code). Takes two pictures or more.
double nn_vicreg_loss(const nn_views_batch *b, double scale, const nn_kernels *k);

// How far embeddings are from being all the same: mean over the numbers of the standard deviation
// of z / |z|, times sqrt(dims). 0: collapsed; 1: in all directions alike (Chen 2021, SimSiam,
// section 4.1). `room`: `rows` floats.
double nn_embedding_spread(const float *z, int rows, int dims, float *room);
// Mean cosine of the two views of a picture.
double nn_views_cosine(const float *z, int pictures, int dims);

#endif
