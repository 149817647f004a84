// SPDX-License-Identifier: MIT
// The table of all operators, for those that walk it.
#ifndef NN_OPS_OP_TABLE_H
#define NN_OPS_OP_TABLE_H

#include "nn/ops/op.h"

// In the order of the word list in meson.build, then the activations; ends with NULL.
extern const nn_op *const nn_op_table[];

// The op of that name; NULL when there is none.
const nn_op *nn_op_find(const char *name);

#endif
