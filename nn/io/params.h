// SPDX-License-Identifier: MIT
// Which tensor of a file belongs to which parameter of a network.
#ifndef NN_IO_PARAMS_H
#define NN_IO_PARAMS_H

#include "nn/base/api.h"
#include "nn/io/io.h"

// Whether every parameter of `graph` is in the bundle with its shape, and nothing else is but what
// a network of this card may leave alone: PyTorch's counters (num_batches_tracked), when its
// auxiliary classifiers are off, theirs, and what has not the prefix that the parameters have. The
// error names the first parameter or tensor, and the number of tensors.
nn_status nn_params_check(const nn_graph *graph, const nn_card *card, const nn_bundle *b,
                          nn_error *err);

// A file of tensors as the parameters of a graph: trainers put words such as "model." or "module."
// in front of all names.
typedef struct nn_params_source {
    const nn_bundle *bundle; // borrowed
    char prefix[256];        // in front of the names of parameters; mostly empty
} nn_params_source;

// Finds the prefix with which most parameters of `graph` are in the bundle.
NN_API nn_params_source nn_params_source_of(const nn_graph *graph, const nn_bundle *b);
// The tensor of parameter `name`, by that name or by the one that published files have for it; NULL
// when there is none.
NN_API const nn_tensor *nn_params_find(const nn_params_source *s, const char *name);

#endif
