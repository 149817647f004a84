// SPDX-License-Identifier: MIT
// Ranges of the values between quantised layers, which follow what a training sees (Jacob 2018,
// section 3.1): moving averages of the smallest and largest number of a batch.
#ifndef NN_TRAIN_VALUE_RANGES_H
#define NN_TRAIN_VALUE_RANGES_H

#include "nn/base/pool.h"
#include "nn/graph/plan.h"
#include "nn/graph/rebuild.h"
#include "nn/train/ranks.h"

typedef struct nn_value_ranges nn_value_ranges;

// Adds a parameter with the range of each quantised value of r->source, whose nodes are copied.
void nn_value_ranges_add(nn_rebuild *r);

// Finds the values of the model that was made so, and sets the ranges from scales and zero points.
// Values with the same scale and zero point keep having the same.
nn_status nn_value_ranges_new(nn_value_ranges **out, nn_model *trained, nn_error *err);
void nn_value_ranges_free(nn_value_ranges *r); // NULL is a no-op

// After a run of a training plan of `m`: moves its ranges, and sets scales and zero points. With
// several processes the mean of theirs counts. Both `ranks` and `pool` may be NULL.
void nn_value_ranges_follow(const nn_value_ranges *r, nn_model *m, const nn_plan *plan,
                            nn_ranks *ranks, nn_pool *pool);

// Sets the scales and zero points of `to`, which has them under the names of m, from m's ranges.
void nn_value_ranges_put(const nn_value_ranges *r, const nn_model *m, nn_model *to);

#endif
