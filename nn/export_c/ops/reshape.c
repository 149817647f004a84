// SPDX-License-Identifier: MIT
// The same numbers in another shape.
#include "nn/export_c/vector.h"

const nn_c_op nn_c_op_reshape = {
    .op = &nn_op_reshape,
    .order = NN_C_MOVES,
    .check = nn_c_check_vector,
    .emit = nn_c_emit_vector,
};
