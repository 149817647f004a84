// SPDX-License-Identifier: MIT
// Which sample comes when: the order of an epoch as a function of seed and epoch.
#ifndef NN_DATA_SAMPLER_H
#define NN_DATA_SAMPLER_H

#include "nn/base/api.h"
#include "nn/data/dataset.h"

typedef struct nn_sampler {
    const nn_dataset *data; // borrowed
    uint64_t seed;
    int64_t epoch;  // whose order is in `order`; -1: none
    int32_t *order; // owned, epoch_size sample indices
    int epoch_size;
    int *source_first, *source_count; // owned: samples lie together by source
    int32_t *shuffled;                // owned scratch
} nn_sampler;

// `epoch_size` draws make an epoch; 0: as many as there are samples. Each source gets its share of
// them and goes through all of its samples before it repeats one within an epoch. NN_EINVAL without
// samples. The samples of a source must lie together in the data set.
NN_API nn_status nn_sampler_init(nn_sampler *s, const nn_dataset *data, uint64_t seed,
                                 int epoch_size, nn_error *err);
NN_API void nn_sampler_release(nn_sampler *s);

// Sample for the `index`-th draw of the whole training, from 0.
NN_API int nn_sampler_get(nn_sampler *s, int64_t index);

#endif
