// SPDX-License-Identifier: MIT
// The batches that a teacher looks at.
#ifndef NN_TRAIN_TEACHER_PLACE_H
#define NN_TRAIN_TEACHER_PLACE_H

#include "nn/graph/model.h"
#include "nn/train/loss/detect_loss.h"

typedef struct nn_teacher_place {
    int batch, h, w;
    const nn_card *card; // of the network that learns: mean and std of its batches
    const nn_detect_level *levels;
    int level_count;
    nn_pool *pool; // borrowed; may be NULL
} nn_teacher_place;

#endif
