// SPDX-License-Identifier: MIT
// Index of the largest or smallest element along an axis. Has no gradient.
#include "nn/ops/common/check.h"
#include "nn/ops/ops.h"

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    const nn_arg_max_params *p = params;
    int axis;
    (void)n_in;
    nn_status status = nn_op_require("arg_max", in, 0, err);
    if (!status)
        status = nn_op_axis("arg_max", p->axis, &in[0], &axis, err);
    if (status)
        return status;
    if (in[0].dim[axis] < 1)
        return nn_fail(err, NN_ESHAPE, "arg_max: axis %d is empty", axis);
    out->rank = 0;
    for (int i = 0; i < in[0].rank; i++)
        if (i != axis || p->keep_dims)
            out->dim[out->rank++] = i == axis ? 1 : in[0].dim[i];
    return NN_OK;
}

static void forward_columns(void *ctx, int64_t begin, int64_t end, int worker)
{
    const nn_op_call *call = ctx;
    const nn_arg_max_params *p = call->params;
    const nn_shape *s = &call->in[0].shape;
    const int axis = nn_op_axis_of(p->axis, s);
    const int64_t inner = nn_shape_span(s, axis + 1, s->rank), n = s->dim[axis];
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        const float *x = nn_tensor_f32(&call->in[0]) + u / inner * n * inner + u % inner;
        int64_t best = 0;
        for (int64_t i = 1; i < n; i++) {
            const float a = x[i * inner], b = x[best * inner];
            if ((p->min ? a < b : a > b) || (p->last && a == b))
                best = i;
        }
        nn_tensor_f32(call->out)[u] = (float)best;
    }
}

static void forward(const nn_op_call *call)
{
    nn_pool_run(call->pool, nn_shape_count(&call->out->shape), 256, forward_columns, (void *)call);
}

static const nn_field fields[] = {
    {"axis", NN_FIELD_INT, offsetof(nn_arg_max_params, axis), 1, NULL},
    {"keep_dims", NN_FIELD_INT, offsetof(nn_arg_max_params, keep_dims), 1, NULL},
    {"min", NN_FIELD_INT, offsetof(nn_arg_max_params, min), 1, NULL},
    {"last", NN_FIELD_INT, offsetof(nn_arg_max_params, last), 1, NULL},
    {0},
};

const nn_op nn_op_arg_max = {
    .name = "arg_max",
    .min_in = 1,
    .max_in = 1,
    .no_grad = 1u << 0,
    .params_size = sizeof(nn_arg_max_params),
    .fields = fields,
    .shape = find_shape,
    .forward = forward,
};
