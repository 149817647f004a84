// SPDX-License-Identifier: MIT
// Differences and quotients of two float values.
#include "nn/export_c/binary.h"

static const char *check(nn_c_writer *w, const nn_c_node *n)
{
    const int32_t kind = ((const nn_arithmetic_params *)n->info.params)->kind;
    return kind == NN_ARITHMETIC_SUB || kind == NN_ARITHMETIC_DIV
               ? nn_c_check_binary(w, n)
               : "of this function has no form in C";
}

static void emit(nn_c_writer *w, const nn_c_node *n)
{
    const int32_t kind = ((const nn_arithmetic_params *)n->info.params)->kind;
    nn_c_emit_binary(w, n, kind == NN_ARITHMETIC_SUB ? "sub" : "div");
}

const nn_c_op nn_c_op_arithmetic = {
    .op = &nn_op_arithmetic, .order = NN_C_ALIKE, .check = check, .emit = emit};
