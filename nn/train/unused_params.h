// SPDX-License-Identifier: MIT
// Parameters that no loss depends on.
#ifndef NN_TRAIN_UNUSED_PARAMS_H
#define NN_TRAIN_UNUSED_PARAMS_H

#include "nn/graph/graph.h"

// Freezes biases of convolutions that a batch norm takes away again, at once or behind max pooling,
// concatenation and convolutions without padding: frozen[i] of these parameters becomes true. Their
// gradient is 0 but for rounding, and Adam would make whole steps of that: of another direction
// with every number of processes. A batch norm whose scale is frozen keeps its statistics and takes
// nothing away.
nn_status nn_freeze_unused(const nn_graph *g, bool *frozen, nn_error *err);

#endif
