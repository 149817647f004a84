// SPDX-License-Identifier: MIT
// Joins updates with what is there: what scatter_elements and scatter_nd share.
#ifndef NN_OPS_COMMON_SCATTER_H
#define NN_OPS_COMMON_SCATTER_H

#include "nn/ops/op.h"

// NN_EINVAL when no nn_scatter has this number.
nn_status nn_scatter_check(const char *op, int32_t kind, nn_error *err);
// Joins n updates with y.
void nn_scatter_join(int32_t kind, float *y, const float *update, int64_t n);

extern const char *const nn_scatter_names[]; // ends with NULL

#endif
