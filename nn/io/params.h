// SPDX-License-Identifier: MIT
// Which tensor of a file belongs to which parameter of a network.
#ifndef NN_IO_PARAMS_H
#define NN_IO_PARAMS_H

#include "nn/io/io.h"

// Whether every parameter of `graph` is in the bundle with its shape, and nothing else is but what
// a network of this card may leave alone: PyTorch's counters (num_batches_tracked) and, when its
// auxiliary classifiers are off, theirs. The error names the first parameter or tensor, and the
// number of tensors.
nn_status nn_params_check(const nn_graph *graph, const nn_card *card, const nn_bundle *b,
                          nn_error *err);

// The tensor of parameter `name`, by that name or by the one that published files have for it; NULL
// when there is none.
const nn_tensor *nn_params_find(const nn_bundle *b, const char *name);

#endif
