// SPDX-License-Identifier: MIT
// Means of windows that share out an image.
#include "nn/export_c/pool.h"

static void emit(nn_c_writer *w, const nn_c_node *n)
{
    nn_c_emit_mean(w, n, NULL);
}

const nn_c_op nn_c_op_adaptive_avg_pool = {.op = &nn_op_adaptive_avg_pool, .emit = emit};
