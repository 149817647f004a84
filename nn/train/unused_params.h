// SPDX-License-Identifier: MIT
// Parameters without an effect on the loss.
#ifndef NN_TRAIN_UNUSED_PARAMS_H
#define NN_TRAIN_UNUSED_PARAMS_H

#include "nn/graph/graph.h"

// Freezes the biases of convolutions that a batch norm cancels, directly or behind max pooling,
// concatenation and convolutions without padding: sets frozen[i] of these parameters. Their
// gradient is 0 except for rounding, of which Adam would make full steps, different with every
// number of processes. A batch norm with a frozen scale keeps its statistics and cancels nothing.
nn_status nn_freeze_unused(const nn_graph *g, bool *frozen, nn_error *err);

#endif
