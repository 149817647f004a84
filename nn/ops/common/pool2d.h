// SPDX-License-Identifier: MIT
// Shared by max_pool and avg_pool: the shape rule and window clipping.
#ifndef NN_OPS_COMMON_POOL2D_H
#define NN_OPS_COMMON_POOL2D_H

#include "nn/ops/ops.h"

// Shape function of both pools; `name` begins error texts.
nn_status nn_pool2d_shape(const char *name, const nn_pool2d_params *p, const nn_shape *in,
                          nn_shape *out, nn_error *err);
// Multiply-accumulates (or comparisons) of one run.
double nn_pool2d_macs(const void *params, const nn_shape *in, int n_in, const nn_shape *out);

// Finds the positions [*begin, *end) of the window of output position `at` along `axis` (0: rows,
// 1: columns) of an image that is `size` long. Returns the window's length with padding, but
// without what ceil_mode adds beyond it: torch's divisor when padding counts.
int64_t nn_pool2d_clip(const nn_pool2d_params *p, int axis, int64_t at, int64_t size,
                       int64_t *begin, int64_t *end);

// Finds the output columns [*begin, *end) for which kernel column kx lies inside the image. Output
// column ox reads image column ox * stride + the returned offset.
int64_t nn_pool2d_reach(const nn_pool2d_params *p, int kx, int64_t in_w, int64_t out_w,
                        int64_t *begin, int64_t *end);

// nn_op_impl.run of both pools on blocked images (nn_blocked_impl).
void nn_pool2d_run_blocked(const nn_op_call *call, bool mean);

extern const nn_field nn_pool2d_fields[];

#endif
