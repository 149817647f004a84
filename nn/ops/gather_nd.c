// SPDX-License-Identifier: MIT
// Picks slices by rows of indices.
#include "nn/ops/common/check.h"
#include "nn/ops/common/slice_walk.h"
#include "nn/ops/ops.h"

#include <string.h>

enum { X, INDEX };

typedef struct gather_run {
    nn_slice_walk walk;
    const float *x;
    float *y;
} gather_run;

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    const nn_gather_nd_params *p = params;
    (void)n_in;
    return nn_slice_walk_check("gather_nd", p->batch, &in[X], &in[INDEX], out, err);
}

static void forward_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const gather_run *g = ctx;
    const int64_t inner = g->walk.inner;
    (void)worker;
    for (int64_t i = begin; i < end; i++)
        memcpy(g->y + i * inner, g->x + nn_slice_walk_at(&g->walk, i),
               (size_t)inner * sizeof *g->y);
}

static void forward(const nn_op_call *call)
{
    const nn_gather_nd_params *p = call->params;
    gather_run g = {nn_slice_walk_of(p->batch, &call->in[X].shape, &call->in[INDEX]),
                    nn_tensor_f32(&call->in[X]), nn_tensor_f32(call->out)};
    const int64_t inner = g.walk.inner;
    if (inner > 0)
        nn_pool_run(call->pool, g.walk.rows, inner < NN_OP_CHUNK / 4 ? NN_OP_CHUNK / 4 / inner : 1,
                    forward_rows, &g);
}

// One thread in a fixed order: a slice may have been picked more than once.
static void backward(const nn_op_call *call)
{
    const nn_gather_nd_params *p = call->params;
    const nn_slice_walk walk = nn_slice_walk_of(p->batch, &call->in[X].shape, &call->in[INDEX]);
    const float *gy = nn_tensor_f32(call->grad_out);
    float *gx = nn_tensor_f32(&call->grad_in[X]);
    for (int64_t i = 0; gx && i < walk.rows; i++) {
        float *to = gx + nn_slice_walk_at(&walk, i);
        call->kernels->eltwise.add(to, to, gy + i * walk.inner, walk.inner);
    }
}

static const nn_field fields[] = {
    {"batch", NN_FIELD_INT, offsetof(nn_gather_nd_params, batch), 1, NULL},
    {0},
};

const nn_op nn_op_gather_nd = {
    .name = "gather_nd",
    .min_in = 2,
    .max_in = 2,
    .no_grad = 1u << INDEX,
    .params_size = sizeof(nn_gather_nd_params),
    .fields = fields,
    .shape = find_shape,
    .forward = forward,
    .backward = backward,
};
