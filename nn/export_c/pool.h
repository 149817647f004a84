// SPDX-License-Identifier: MIT
// Windows of pooling.
#ifndef NN_EXPORT_C_POOL_H
#define NN_EXPORT_C_POOL_H

#include "nn/export_c/writer.h"

// Prints the initialiser of a `pool` of the runtime. `p` NULL: adaptive.
void nn_c_print_pool(nn_c_writer *w, const nn_c_node *n, const nn_pool2d_params *p);
// The mean of windows, of bytes or of float.
void nn_c_emit_mean(nn_c_writer *w, const nn_c_node *n, const nn_pool2d_params *p);

#endif
