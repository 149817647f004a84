// SPDX-License-Identifier: MIT
// Operators that change a shape alone. A program has images pixel by pixel, the engine plane by
// plane: where that differs, the numbers move.
#ifndef NN_EXPORT_C_VECTOR_H
#define NN_EXPORT_C_VECTOR_H

#include "nn/export_c/writer.h"

const char *nn_c_check_vector(nn_c_writer *w, const nn_c_node *n);
void nn_c_emit_vector(nn_c_writer *w, const nn_c_node *n);

#endif
