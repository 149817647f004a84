// SPDX-License-Identifier: MIT
// Operators that only move numbers: the output, in the order in which it lies, reads the input at
// steps of its own.
#ifndef NN_EXPORT_C_WALK_H
#define NN_EXPORT_C_WALK_H

#include "nn/export_c/writer.h"

enum { NN_C_WALK_AXES = 6 }; // as runtime/walk.c has

typedef struct nn_c_walk {
    int rank, base; // base: the first float that is read
    int count[NN_MAX_RANK], step[NN_MAX_RANK];
} nn_c_walk;

// Adds an axis inside of those before it, as part of the last one where it can be.
void nn_c_walk_add(nn_c_walk *t, int64_t count, int64_t step);
// Floats from one element to the next along an axis of v.
int64_t nn_c_step(const nn_c_writer *w, nn_value v, int axis);

// check and emit of the operators with `walk`. Where the output is the beginning of the input, it
// lies there.
const char *nn_c_check_walk(nn_c_writer *w, const nn_c_node *n);
void nn_c_emit_walk(nn_c_writer *w, const nn_c_node *n);

#endif
