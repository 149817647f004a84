// SPDX-License-Identifier: MIT
// The largest numbers of windows.
#include "nn/export_c/pool.h"

static void emit(nn_c_writer *w, const nn_c_node *n)
{
    const char *piece = nn_c_out(n)->scale ? "max_pool_int8" : "max_pool_float";
    nn_c_print(w, "static const pool layer_%d = ", w->index);
    nn_c_print_pool(w, n, n->info.params);
    nn_c_print(w, ";\n");
    nn_c_use(w, piece);
    nn_c_call(w, "run_%s(&layer_%d, %s, %s)", piece, w->index, nn_c_at(w, n->in[0]).text,
              nn_c_at(w, n->out).text);
}

const nn_c_op nn_c_op_max_pool = {.op = &nn_op_max_pool, .emit = emit};
