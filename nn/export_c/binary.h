// SPDX-License-Identifier: MIT
// Sums, differences, products and quotients of two float values with broadcasting.
#ifndef NN_EXPORT_C_BINARY_H
#define NN_EXPORT_C_BINARY_H

#include "nn/export_c/writer.h"

// What does not suit run_add_float and its like; NULL: nothing.
const char *nn_c_check_binary(const nn_c_writer *w, const nn_c_node *n);
// Calls run_WORD_float.
void nn_c_emit_binary(nn_c_writer *w, const nn_c_node *n, const char *word);

#endif
