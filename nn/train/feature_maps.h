// SPDX-License-Identifier: MIT
// Which feature maps of two networks are compared.
#ifndef NN_TRAIN_FEATURE_MAPS_H
#define NN_TRAIN_FEATURE_MAPS_H

#include "nn/graph/model.h"

enum { NN_FEATURE_PAIRS = 4 };

// A map of the student and one of the teacher, with channels and size for a picture.
typedef struct nn_feature_pair {
    nn_value student, teacher;
    int from, to; // channels of the student's, the teacher's
} nn_feature_pair;

// For pictures of h x w. `names`: "student=teacher,..." of nodes of both; NULL: for detectors, at
// each of the strides 8, 16 and 32 that both have, the last map that all last layers of that stride
// are made of, or where there are none, the last one that anything is made of; for others the
// coarsest map of each. NN_ENOTFOUND: there is no such node, or no stride in common.
nn_status nn_feature_pairs_find(nn_feature_pair pairs[NN_FEATURE_PAIRS], int *count,
                                const nn_model *student, const nn_model *teacher, const char *names,
                                int h, int w, nn_error *err);

#endif
