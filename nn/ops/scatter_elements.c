// SPDX-License-Identifier: MIT
// Writes single elements along an axis by index. Has no gradient.
#include "nn/ops/common/element_walk.h"
#include "nn/ops/common/scatter.h"
#include "nn/ops/ops.h"

enum { X, INDEX, UPDATES, INPUTS };

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    const nn_scatter_elements_params *p = params;
    char a[96], b[96];
    (void)n_in;
    *out = in[X];
    nn_status status = nn_element_walk_check("scatter_elements", p->axis, &in[X], &in[INDEX], err);
    if (status == NN_OK && !nn_shape_equal(&in[INDEX], &in[UPDATES]))
        return nn_fail(err, NN_ESHAPE, "scatter_elements: updates of %s for indices of %s",
                       nn_shape_text(&in[UPDATES], a, sizeof a),
                       nn_shape_text(&in[INDEX], b, sizeof b));
    return status == NN_OK ? nn_scatter_check("scatter_elements", p->kind, err) : status;
}

// One thread in a fixed order: several updates may meet in one element.
static void forward(const nn_op_call *call)
{
    const nn_scatter_elements_params *p = call->params;
    const nn_element_walk walk = nn_element_walk_of(p->axis, &call->in[X].shape, &call->in[INDEX]);
    const float *updates = nn_tensor_f32(&call->in[UPDATES]);
    float *y = nn_tensor_f32(call->out);
    nn_op_copy(call);
    for (int64_t i = 0; i < walk.count; i++)
        nn_scatter_join(p->kind, y + nn_element_walk_at(&walk, i), updates + i, 1);
}

static const nn_field fields[] = {
    {"axis", NN_FIELD_INT, offsetof(nn_scatter_elements_params, axis), 1, NULL},
    {"kind", NN_FIELD_ENUM, offsetof(nn_scatter_elements_params, kind), 1, nn_scatter_names},
    {0},
};

const nn_op nn_op_scatter_elements = {
    .name = "scatter_elements",
    .min_in = INPUTS,
    .max_in = INPUTS,
    .no_grad = 1u << X | 1u << INDEX | 1u << UPDATES,
    .params_size = sizeof(nn_scatter_elements_params),
    .fields = fields,
    .shape = find_shape,
    .forward = forward,
};
