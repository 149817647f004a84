// SPDX-License-Identifier: MIT
// Matches tensors of a file with parameters of a network.
#ifndef NN_IO_PARAMS_H
#define NN_IO_PARAMS_H

#include "nn/base/api.h"
#include "nn/io/io.h"

// Checks that every parameter of `graph` is in the bundle with its shape, and that there is nothing
// else, except PyTorch's counters (num_batches_tracked), auxiliary classifiers that the network was
// built without, and tensors without the common prefix of the parameters. The error names the first
// parameter or tensor, and their number.
nn_status nn_params_check(const nn_graph *graph, const nn_card *card, const nn_bundle *b,
                          nn_error *err);

// A file of tensors as parameters of a graph. Some frameworks put words such as "model." or
// "module." before all names.
typedef struct nn_params_source {
    const nn_bundle *bundle; // borrowed
    char prefix[256];        // before the names of parameters; mostly empty
} nn_params_source;

// Finds the prefix with which most parameters of `graph` are in the bundle.
NN_API nn_params_source nn_params_source_of(const nn_graph *graph, const nn_bundle *b);
// The tensor of parameter `name`, by that name or an older one in published files; NULL when there
// is none.
NN_API const nn_tensor *nn_params_find(const nn_params_source *s, const char *name);

#endif
