// SPDX-License-Identifier: MIT
// The table of the pieces, made at build time.
#include "nn/export_c/pieces.h"

#include <stddef.h>

const nn_c_piece nn_c_pieces[] = {
#include "nn/export_c/pieces_table.h"
    {0},
};

_Static_assert(sizeof nn_c_pieces / sizeof *nn_c_pieces <= NN_C_PIECES + 1, "raise NN_C_PIECES");
