// SPDX-License-Identifier: MIT
// Checks and loops that several operators share.
#include "nn/ops/common/check.h"

#include <string.h>

nn_status nn_op_require(const char *op, const nn_shape *in, int i, nn_error *err)
{
    if (in[i].rank < 0)
        return nn_fail(err, NN_ESHAPE, "%s: input %d is missing", op, i);
    return NN_OK;
}

nn_status nn_op_axis(const char *op, int axis, const nn_shape *shape, int *out, nn_error *err)
{
    char text[96];
    if (axis < -shape->rank || axis >= shape->rank)
        return nn_fail(err, NN_ESHAPE, "%s: no axis %d in a tensor of %s", op, axis,
                       nn_shape_text(shape, text, sizeof text));
    *out = nn_op_axis_of(axis, shape);
    return NN_OK;
}

static void copy_part(void *ctx, int64_t begin, int64_t end, int worker)
{
    const nn_op_call *call = ctx;
    (void)worker;
    memcpy(nn_tensor_f32(call->out) + begin, nn_tensor_f32(&call->in[0]) + begin,
           (size_t)(end - begin) * sizeof(float));
}

void nn_op_copy(const nn_op_call *call)
{
    if (call->out->data != call->in[0].data)
        nn_pool_run(call->pool, nn_shape_count(&call->out->shape), 4 * NN_OP_CHUNK, copy_part,
                    (void *)call);
}

static void add_part(void *ctx, int64_t begin, int64_t end, int worker)
{
    const nn_op_call *call = ctx;
    float *gx = nn_tensor_f32(&call->grad_in[0]) + begin;
    (void)worker;
    call->kernels->eltwise.add(gx, gx, nn_tensor_f32(call->grad_out) + begin, end - begin);
}

void nn_op_copy_backward(const nn_op_call *call)
{
    if (call->grad_in[0].data)
        nn_pool_run(call->pool, nn_shape_count(&call->out->shape), NN_OP_CHUNK, add_part,
                    (void *)call);
}
