// SPDX-License-Identifier: MIT
// Writes slices by rows of indices. Has no gradient.
#include "nn/ops/common/check.h"
#include "nn/ops/common/scatter.h"
#include "nn/ops/common/slice_walk.h"
#include "nn/ops/ops.h"

enum { X, INDEX, UPDATES, INPUTS };

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    const nn_scatter_nd_params *p = params;
    char a[96], b[96];
    nn_shape slices;
    (void)n_in;
    *out = in[X];
    nn_status status = nn_slice_walk_check("scatter_nd", 0, &in[X], &in[INDEX], &slices, err);
    if (status == NN_OK && !nn_shape_equal(&slices, &in[UPDATES]))
        return nn_fail(err, NN_ESHAPE, "scatter_nd: updates of %s for slices of %s",
                       nn_shape_text(&in[UPDATES], a, sizeof a),
                       nn_shape_text(&slices, b, sizeof b));
    return status == NN_OK ? nn_scatter_check("scatter_nd", p->kind, err) : status;
}

// One thread in a fixed order: several updates may meet in one slice.
static void forward(const nn_op_call *call)
{
    const nn_scatter_nd_params *p = call->params;
    const nn_slice_walk walk = nn_slice_walk_of(0, &call->in[X].shape, &call->in[INDEX]);
    const float *updates = nn_tensor_f32(&call->in[UPDATES]);
    float *y = nn_tensor_f32(call->out);
    nn_op_copy(call);
    for (int64_t i = 0; i < walk.rows; i++)
        nn_scatter_join(p->kind, y + nn_slice_walk_at(&walk, i), updates + i * walk.inner,
                        walk.inner);
}

static const nn_field fields[] = {
    {"kind", NN_FIELD_ENUM, offsetof(nn_scatter_nd_params, kind), 1, nn_scatter_names},
    {0},
};

const nn_op nn_op_scatter_nd = {
    .name = "scatter_nd",
    .min_in = INPUTS,
    .max_in = INPUTS,
    .no_grad = 1u << X | 1u << INDEX | 1u << UPDATES,
    .params_size = sizeof(nn_scatter_nd_params),
    .fields = fields,
    .shape = find_shape,
    .forward = forward,
};
