// SPDX-License-Identifier: MIT
// Where a graph is quantised: which layers run on 8 bits, and which values between them.
#ifndef NN_QUANTIZE_POINTS_H
#define NN_QUANTIZE_POINTS_H

#include "nn/graph/model.h"

// A layer is a convolution or dense layer with a weight of its own. Its input is quantised, and so
// are the inputs of what leads to it: pooling, sums, concatenations. What only moves numbers (a
// concatenation, maxima) has one scale for inputs and output.
typedef struct nn_quantize_points {
    bool *layer;     // of each node
    bool *quantized; // of each value
    int *group;      // of each value: the value whose scale it has
    int layer_count;
} nn_quantize_points;

// `keep` names layers that stay float32; it ends with NULL, or is NULL. `shapes` has the shape of
// each value. Release *p also on failure. NN_ENOTFOUND: no layer has a name of `keep`.
nn_status nn_quantize_points_find(nn_quantize_points *p, const nn_model *m, const nn_shape *shapes,
                                  const char *const *keep, nn_error *err);
void nn_quantize_points_release(nn_quantize_points *p);

#endif
