// SPDX-License-Identifier: MIT
// Picks single elements along an axis by index.
#include "nn/ops/common/check.h"
#include "nn/ops/common/element_walk.h"
#include "nn/ops/ops.h"

enum { X, INDEX };

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    const nn_gather_elements_params *p = params;
    (void)n_in;
    *out = in[INDEX];
    return nn_element_walk_check("gather_elements", p->axis, &in[X], &in[INDEX], err);
}

typedef struct gather_run {
    nn_element_walk walk;
    const float *x;
    float *y;
} gather_run;

static void forward_elements(void *ctx, int64_t begin, int64_t end, int worker)
{
    const gather_run *g = ctx;
    (void)worker;
    for (int64_t i = begin; i < end; i++)
        g->y[i] = g->x[nn_element_walk_at(&g->walk, i)];
}

static void forward(const nn_op_call *call)
{
    const nn_gather_elements_params *p = call->params;
    gather_run g = {nn_element_walk_of(p->axis, &call->in[X].shape, &call->in[INDEX]),
                    nn_tensor_f32(&call->in[X]), nn_tensor_f32(call->out)};
    nn_pool_run(call->pool, g.walk.count, NN_OP_CHUNK / 4, forward_elements, &g);
}

// One thread in a fixed order: an element may have been picked more than once.
static void backward(const nn_op_call *call)
{
    const nn_gather_elements_params *p = call->params;
    const nn_element_walk walk = nn_element_walk_of(p->axis, &call->in[X].shape, &call->in[INDEX]);
    const float *gy = nn_tensor_f32(call->grad_out);
    float *gx = nn_tensor_f32(&call->grad_in[X]);
    for (int64_t i = 0; gx && i < walk.count; i++)
        gx[nn_element_walk_at(&walk, i)] += gy[i];
}

static const nn_field fields[] = {
    {"axis", NN_FIELD_INT, offsetof(nn_gather_elements_params, axis), 1, NULL},
    {0},
};

const nn_op nn_op_gather_elements = {
    .name = "gather_elements",
    .min_in = 2,
    .max_in = 2,
    .no_grad = 1u << INDEX,
    .params_size = sizeof(nn_gather_elements_params),
    .fields = fields,
    .shape = find_shape,
    .forward = forward,
    .backward = backward,
};
