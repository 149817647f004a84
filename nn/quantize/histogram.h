// SPDX-License-Identifier: MIT
// How the numbers of a value are distributed, and which range of them 8 bits should stand for.
#ifndef NN_QUANTIZE_HISTOGRAM_H
#define NN_QUANTIZE_HISTOGRAM_H

#include "nn/quantize/method.h"

#include <stdint.h>

enum { NN_HISTOGRAM_BINS = 8192 };

// Counts of finite numbers in equal bins over [-limit, limit). The limit is a power of 2 that
// doubles when a number lies outside, so that one walk over the data is enough.
typedef struct nn_histogram {
    uint64_t bins[NN_HISTOGRAM_BINS]; // of numbers other than 0
    uint64_t zeros;                   // 8 bits hold 0 without an error
    float limit;                      // 0: nothing was counted
    float low, high;                  // the smallest and the largest; 0 is always between them
} nn_histogram;

void nn_histogram_add(nn_histogram *h, const float *x, int64_t n);
// Adds the counts of `from`.
void nn_histogram_merge(nn_histogram *h, const nn_histogram *from);

// The numbers that 8 bits should hold: low <= 0 <= high.
typedef struct nn_range {
    float low, high;
} nn_range;

nn_range nn_histogram_range(const nn_histogram *h, nn_range_method method);

#endif
