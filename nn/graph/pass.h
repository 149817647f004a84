// SPDX-License-Identifier: MIT
// The rewrites that make a network fast, by name, so that each can be switched off.
#ifndef NN_GRAPH_PASS_H
#define NN_GRAPH_PASS_H

#include "nn/base/api.h"

typedef enum nn_pass {
    // nn_model_fuse
    NN_PASS_DROPOUT = 1 << 0,   // what is the identity outside training goes
    NN_PASS_AUXILIARY = 1 << 1, // so do outputs that serve training, and what only they need
    NN_PASS_NORM = 1 << 2,      // batch norm into the weights before it
    NN_PASS_ADD = 1 << 3,       // a sum into the convolution that makes one of its sides
    NN_PASS_ACT = 1 << 4,       // activations into what makes their input
    // compiled plans
    NN_PASS_FOLD = 1 << 5,    // what is constant is computed once
    NN_PASS_IMPLS = 1 << 6,   // blocked images, packed weights: implementations of ops
    NN_PASS_JOIN = 1 << 7,    // concatenation without a copy
    NN_PASS_INPLACE = 1 << 8, // outputs in the memory of inputs
    NN_PASS_VIEW = 1 << 9,    // channels that only move are read where they lie
} nn_pass;

enum { NN_PASS_COUNT = 10 };

// Name of bit i, for tables and options: "norm".
NN_API const char *nn_pass_name(int i);
// The bit of a name; 0 when there is none.
NN_API unsigned nn_pass_find(const char *name);

#endif
