// SPDX-License-Identifier: MIT
// Ground-truth masks: a class for each pixel, stored as runs of equal labels.
#ifndef NN_DATA_MASK_H
#define NN_DATA_MASK_H

#include "nn/base/api.h"
#include "nn/base/rng.h"
#include "nn/base/status.h"

#include <stdbool.h>
#include <stddef.h>

// Class 0 is the background. Pixels with NN_MASK_IGNORE are undecided: they count neither for the
// loss nor for scores.
enum { NN_MASK_BACKGROUND = 0, NN_MASK_IGNORE = 255, NN_MASK_CLASSES = 255 };

// Runs along the rows: a count of 1 .. 255 and a label each. They take about a hundredth of the
// pixels, so that the masks of a whole data set stay in memory.
typedef struct nn_mask {
    int width, height;
    uint8_t *runs; // owned; NULL: no mask
    size_t run_count;
} nn_mask;

// Packs `labels`, width x height values row by row.
nn_status nn_mask_pack(nn_mask *m, const uint8_t *labels, int width, int height, nn_error *err);
NN_API void nn_mask_unpack(const nn_mask *m, uint8_t *labels);
void nn_mask_release(nn_mask *m); // leaves it zeroed

// Adds the number of pixels of each label to counts[256].
NN_API void nn_mask_count(const nn_mask *m, int64_t *counts);

// The centre of a random pixel with this label; false when there is none.
bool nn_mask_pick(const nn_mask *m, int label, nn_rng *rng, float *x, float *y);

#endif
