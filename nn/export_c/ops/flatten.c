// SPDX-License-Identifier: MIT
// Images as vectors.
#include "nn/export_c/vector.h"

const nn_c_op nn_c_op_flatten = {
    .op = &nn_op_flatten,
    .order = NN_C_MOVES,
    .check = nn_c_check_vector,
    .emit = nn_c_emit_vector,
};
