// SPDX-License-Identifier: MIT
// Shared by the Inception networks: parallel chains of convolutions, concatenated over channels.
#ifndef NN_ZOO_INCEPTION_H
#define NN_ZOO_INCEPTION_H

#include "nn/graph/graph.h"

// Names, below a prefix, of the parts of one unit: convolution, batch norm (eps 1e-3), ReLU.
// Without `norm` the convolution has a bias instead. An empty name is the prefix itself.
typedef struct nn_unit_names {
    const char *conv, *norm, *act;
    // Everything is padded, so that sizes are divided exactly, as maps for heads need it.
    bool exact;
} nn_unit_names;

typedef struct nn_inception_step {
    const char *name; // below the module's prefix; NULL ends a chain
    int out, kernel_h, kernel_w, stride;
    bool same; // padded so that the size stays (at stride 1); else not padded
} nn_inception_step;

// A pool (when it has a name), then convolutions, one after the other.
typedef struct nn_inception_branch {
    const char *pool;
    enum { NN_INCEPTION_MAX, NN_INCEPTION_AVG, NN_INCEPTION_AVG_INSIDE } kind; // 3x3
    int pool_stride, pool_pad;
    nn_inception_step steps[6]; // at most 5
    bool fork;                  // the last two convolutions are parallel, on the same input
} nn_inception_branch;

enum { NN_INCEPTION_BRANCHES = 4 };

// One unit on x with *channels channels; *channels becomes that of its output.
nn_value nn_inception_unit(nn_graph *g, const nn_unit_names *names, const char *prefix, nn_value x,
                           int *channels, const nn_inception_step *step);
// Runs x through up to NN_INCEPTION_BRANCHES branches and concatenates their outputs.
nn_value nn_inception_module(nn_graph *g, const nn_unit_names *names, const char *prefix,
                             nn_value x, int *channels, const nn_inception_branch *branches,
                             int count);

#endif
