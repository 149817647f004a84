// SPDX-License-Identifier: MIT
// Checks and loops that the shape and run functions of several operators share.
#ifndef NN_OPS_COMMON_CHECK_H
#define NN_OPS_COMMON_CHECK_H

#include "nn/ops/op.h"

// Elements of one chunk of parallel work: small enough to balance threads, large enough to outweigh
// the start of a task.
enum { NN_OP_CHUNK = 16384 };

// The largest stride, dilation, padding and kernel size, so that positions in an image fit an int.
enum { NN_OP_MAX_STEP = 1 << 20 };

// NN_ESHAPE when input `i` is absent.
nn_status nn_op_require(const char *op, const nn_shape *in, int i, nn_error *err);

// Resolves an axis that may count from the end (-1 is the last). NN_ESHAPE when it is outside.
nn_status nn_op_axis(const char *op, int axis, const nn_shape *shape, int *out, nn_error *err);

// As nn_op_axis, for a shape that was checked before.
static inline int nn_op_axis_of(int axis, const nn_shape *shape)
{
    return axis < 0 ? axis + shape->rank : axis;
}

// Offset of element `index` of a row-major walk over n dims with these strides.
static inline int64_t nn_op_offset(int64_t index, int n, const int64_t *dim, const int64_t *stride)
{
    int64_t offset = 0;
    for (int i = n - 1; i > 0; i--) {
        offset += index % dim[i] * stride[i];
        index /= dim[i];
    }
    return n > 0 ? offset + index * stride[0] : 0;
}

// Copies input 0 to the output unless both are the same memory: forward of every op that only
// changes dims.
void nn_op_copy(const nn_op_call *call);
// grad_in[0] += grad_out.
void nn_op_copy_backward(const nn_op_call *call);

#endif
