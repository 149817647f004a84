// SPDX-License-Identifier: MIT
// The table of all operators, generated from the word list in this folder's meson.build and the
// rows of the activations.
#include "nn/ops/op_table.h"

#include "nn/ops/ops.h"

#include <string.h>

#define NN_OP(word) &nn_op_##word,
#define ROW(word, ...) NN_OP(word)
const nn_op *const nn_op_table[] = {
#include "nn/ops/ops.inc"
    NN_ACT_OPS(ROW) NULL,
};
#undef ROW
#undef NN_OP

const nn_op *nn_op_find(const char *name)
{
    for (const nn_op *const *op = nn_op_table; *op; op++)
        if (name && !strcmp((*op)->name, name))
            return *op;
    return NULL;
}
