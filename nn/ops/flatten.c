// SPDX-License-Identifier: MIT
// Merges all axes from a given one on into one axis.
#include "nn/ops/common/check.h"
#include "nn/ops/ops.h"

static nn_status shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                       nn_error *err)
{
    const nn_flatten_params *p = params;
    int axis;
    (void)n_in;
    nn_status status = nn_op_require("flatten", in, 0, err);
    if (!status)
        status = nn_op_axis("flatten", p->axis, &in[0], &axis, err);
    if (status)
        return status;
    *out = in[0];
    out->rank = axis + 1;
    out->dim[axis] = nn_shape_span(&in[0], axis, in[0].rank);
    return NN_OK;
}

static const nn_field fields[] = {
    {"axis", NN_FIELD_INT, offsetof(nn_flatten_params, axis), 1, NULL},
    {0},
};

const nn_op nn_op_flatten = {
    .name = "flatten",
    .min_in = 1,
    .max_in = 1,
    .flags = NN_OP_INPLACE,
    .params_size = sizeof(nn_flatten_params),
    .fields = fields,
    .shape = shape,
    .forward = nn_op_copy,
    .backward = nn_op_copy_backward,
};
