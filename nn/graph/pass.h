// SPDX-License-Identifier: MIT
// The rewrites that make a network fast. Each has a name and can be switched off.
#ifndef NN_GRAPH_PASS_H
#define NN_GRAPH_PASS_H

#include "nn/base/api.h"

typedef enum nn_pass {
    // of nn_model_fuse
    NN_PASS_DROPOUT = 1 << 0,   // remove nodes that only act in training
    NN_PASS_AUXILIARY = 1 << 1, // remove outputs that serve training, and what only they need
    NN_PASS_NORM = 1 << 2,      // fold batch norms into the weights before them
    NN_PASS_ADD = 1 << 3,       // move a sum into the convolution before it
    NN_PASS_ACT = 1 << 4,       // move activations into the node before them
    // of compiled plans
    NN_PASS_FOLD = 1 << 5,    // compute constant values once
    NN_PASS_IMPLS = 1 << 6,   // fast implementations: blocked images, packed weights
    NN_PASS_JOIN = 1 << 7,    // concatenate without a copy
    NN_PASS_INPLACE = 1 << 8, // write outputs into the memory of inputs
    NN_PASS_VIEW = 1 << 9,    // read moved channels where they lie
    NN_PASS_INT8 = 1 << 10,   // run quantised layers on bytes
    NN_PASS_IMAGE = 1 << 11,  // quantised first convolutions read the image as float32
    NN_PASS_GATE = 1 << 13,   // multiply weights, not the image, by numbers for each channel
    // of nn_model_choose_precision
    NN_PASS_PRECISION = 1 << 12, // quantised layers that are faster in float32 run so
} nn_pass;

enum { NN_PASS_COUNT = 14 };

// The name of bit i for tables and options, such as "norm".
NN_API const char *nn_pass_name(int i);
// The bit of this name; 0 when there is none.
NN_API unsigned nn_pass_find(const char *name);

#endif
