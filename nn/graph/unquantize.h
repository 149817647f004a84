// SPDX-License-Identifier: MIT
// Layers of a quantised model that become float32 again.
#ifndef NN_GRAPH_UNQUANTIZE_H
#define NN_GRAPH_UNQUANTIZE_H

#include "nn/base/api.h"
#include "nn/graph/model.h"

// The node that a node runs with: an activation with the sole node before it, all others with
// themselves.
int nn_quantized_owner(const nn_graph *g, const int *uses, int node);
// How often each value of a graph is read, outputs included; NULL: no memory. The caller frees it.
int *nn_graph_uses(const nn_graph *g);

// Makes the layers with real[node] float32: weights are computed from their whole numbers, and
// values between such layers are no longer rounded to a byte. So the results are those of the
// float32 model with rounded weights, nearer to it than those in 8 bits. A value whose range ends
// at zero, as behind a ReLU that was merged into it, stays rounded unless what makes it is never
// more than a step below zero. The model is fused afterwards. real NULL: all layers. On failure *m
// is unchanged.
NN_API nn_status nn_model_unquantize(nn_model **m, const bool *real, nn_error *err);

#endif
