// SPDX-License-Identifier: MIT
// Gives a tensor other dims; elements stay in their order.
#include "nn/ops/common/check.h"
#include "nn/ops/ops.h"

// Fills *out except for the open dim (-1 in the parameters), whose axis is returned; -1: none is
// open.
static nn_status fill_dims(const nn_reshape_params *p, const nn_shape *in, nn_shape *out, int *open,
                           nn_error *err)
{
    *open = -1;
    out->rank = p->rank;
    for (int i = 0; i < p->rank; i++) {
        if (p->dim[i] < -1)
            return nn_fail(err, NN_EINVAL, "reshape: dim %d is %d", i, p->dim[i]);
        if (p->dim[i] == 0 && i >= in->rank)
            return nn_fail(err, NN_ESHAPE, "reshape: the input has no axis %d to copy", i);
        if (p->dim[i] == -1 && *open >= 0)
            return nn_fail(err, NN_EINVAL, "reshape: more than one dim is -1");
        if (p->dim[i] == -1)
            *open = i;
        out->dim[i] = p->dim[i] == -1 ? 1 : p->dim[i] == 0 ? in->dim[i] : p->dim[i];
    }
    return NN_OK;
}

static nn_status copy_dims(const nn_shape *in, const nn_shape *like, nn_shape *out, nn_error *err)
{
    char a[96], b[96];
    if (nn_shape_count(in) != nn_shape_count(like))
        return nn_fail(err, NN_ESHAPE, "reshape: %s has no room in %s",
                       nn_shape_text(in, a, sizeof a), nn_shape_text(like, b, sizeof b));
    *out = *like;
    return NN_OK;
}

static nn_status shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                       nn_error *err)
{
    const nn_reshape_params *p = params;
    char a[96], b[96];
    int open;
    nn_status status = nn_op_require("reshape", in, 0, err);
    if (status)
        return status;
    if (n_in > 1 && in[1].rank >= 0)
        return copy_dims(&in[0], &in[1], out, err);
    if (p->rank < 0 || p->rank > NN_MAX_RANK)
        return nn_fail(err, NN_EINVAL, "reshape: rank %d, at most %d", p->rank, NN_MAX_RANK);
    status = fill_dims(p, &in[0], out, &open, err);
    if (!status)
        status = nn_shape_check(out, NN_F32, err); // the product must not overflow
    if (status)
        return status;
    const int64_t count = nn_shape_count(&in[0]), known = nn_shape_count(out);
    if (open >= 0 && known > 0 && count % known == 0)
        out->dim[open] = count / known;
    if (nn_shape_count(out) != count || (open >= 0 && !known))
        return nn_fail(err, NN_ESHAPE, "reshape: %s has no room in %s%s",
                       nn_shape_text(&in[0], a, sizeof a), nn_shape_text(out, b, sizeof b),
                       open >= 0 ? " with one open dim" : "");
    return NN_OK;
}

static const nn_field fields[] = {
    {"rank", NN_FIELD_INT, offsetof(nn_reshape_params, rank), 1, NULL},
    {"dim", NN_FIELD_INT, offsetof(nn_reshape_params, dim), NN_MAX_RANK, NULL},
    {0},
};

const nn_op nn_op_reshape = {
    .name = "reshape",
    .min_in = 1,
    .max_in = 2,
    .shape_only = 1u << 1,
    .flags = NN_OP_INPLACE,
    .params_size = sizeof(nn_reshape_params),
    .fields = fields,
    .shape = shape,
    .forward = nn_op_copy,
    .backward = nn_op_copy_backward,
};
