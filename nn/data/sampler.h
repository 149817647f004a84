// SPDX-License-Identifier: MIT
// The order of samples: a function of seed and epoch.
#ifndef NN_DATA_SAMPLER_H
#define NN_DATA_SAMPLER_H

#include "nn/base/api.h"
#include "nn/data/dataset.h"

typedef struct nn_sampler {
    const nn_dataset *data; // borrowed
    uint64_t seed;
    int64_t epoch;  // the epoch of `order`; -1: none
    int32_t *order; // owned, epoch_size sample indices
    int epoch_size;
    int *source_first, *source_count; // owned: first sample and count of each source
    int32_t *shuffled;                // owned scratch
} nn_sampler;

// An epoch has `epoch_size` draws; 0: as many as there are samples. Each source gets its share of
// the draws. No sample repeats within an epoch before its source is used up. The samples of a
// source must be contiguous. NN_EINVAL without samples.
NN_API nn_status nn_sampler_init(nn_sampler *s, const nn_dataset *data, uint64_t seed,
                                 int epoch_size, nn_error *err);
NN_API void nn_sampler_release(nn_sampler *s);

// The sample of draw `index`, counted from 0 over the whole training.
NN_API int nn_sampler_get(nn_sampler *s, int64_t index);

#endif
