// SPDX-License-Identifier: MIT
// Means of windows.
#include "nn/export_c/pool.h"

static void emit(nn_c_writer *w, const nn_c_node *n)
{
    nn_c_emit_mean(w, n, n->info.params);
}

const nn_c_op nn_c_op_avg_pool = {.op = &nn_op_avg_pool, .emit = emit};
