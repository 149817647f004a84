// SPDX-License-Identifier: MIT
// Picks entries of an axis by index.
#include "nn/ops/common/check.h"
#include "nn/ops/common/entry.h"
#include "nn/ops/ops.h"

#include <string.h>

// x as outer x axis x inner, the output as outer x picks x inner.
typedef struct gather_run {
    int64_t axis, picks, inner;
    const float *x, *index, *gy;
    float *y, *gx;
} gather_run;

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    const nn_gather_params *p = params;
    int axis;
    (void)n_in;
    nn_status status = nn_op_require("gather", in, 0, err);
    if (!status)
        status = nn_op_require("gather", in, 1, err);
    if (!status)
        status = nn_op_axis("gather", p->axis, &in[0], &axis, err);
    if (status)
        return status;
    if (in[0].rank - 1 + in[1].rank > NN_MAX_RANK)
        return nn_fail(err, NN_ESHAPE, "gather: the result has %d axes, at most %d are possible",
                       in[0].rank - 1 + in[1].rank, NN_MAX_RANK);
    if (in[0].dim[axis] < 1)
        return nn_fail(err, NN_ESHAPE, "gather: axis %d is empty", axis);
    out->rank = 0;
    for (int i = 0; i < axis; i++)
        out->dim[out->rank++] = in[0].dim[i];
    for (int i = 0; i < in[1].rank; i++)
        out->dim[out->rank++] = in[1].dim[i];
    for (int i = axis + 1; i < in[0].rank; i++)
        out->dim[out->rank++] = in[0].dim[i];
    return NN_OK;
}

static gather_run find_run(const nn_op_call *call)
{
    const nn_gather_params *p = call->params;
    const nn_shape *x = &call->in[0].shape;
    const int axis = nn_op_axis_of(p->axis, x);
    return (gather_run){
        .axis = x->dim[axis],
        .picks = nn_shape_count(&call->in[1].shape),
        .inner = nn_shape_span(x, axis + 1, x->rank),
        .x = nn_tensor_f32(&call->in[0]),
        .index = nn_tensor_f32(&call->in[1]),
    };
}

// Offset in x of piece u of the output.
static int64_t source_of(const gather_run *g, int64_t u)
{
    return (u / g->picks * g->axis + nn_op_entry(g->index[u % g->picks], g->axis)) * g->inner;
}

static void forward_pieces(void *ctx, int64_t begin, int64_t end, int worker)
{
    const gather_run *g = ctx;
    (void)worker;
    for (int64_t u = begin; u < end; u++)
        memcpy(g->y + u * g->inner, g->x + source_of(g, u), (size_t)g->inner * sizeof *g->y);
}

static void forward(const nn_op_call *call)
{
    gather_run g = find_run(call);
    g.y = nn_tensor_f32(call->out);
    const int64_t pieces = g.inner ? nn_shape_count(&call->out->shape) / g.inner : 0;
    const int64_t grain = g.inner < NN_OP_CHUNK && g.inner ? NN_OP_CHUNK / g.inner : 1;
    nn_pool_run(call->pool, pieces, grain, forward_pieces, &g);
}

// One thread in a fixed order: an entry may have been picked more than once.
static void backward(const nn_op_call *call)
{
    gather_run g = find_run(call);
    g.gx = nn_tensor_f32(&call->grad_in[0]);
    g.gy = nn_tensor_f32(call->grad_out);
    const int64_t pieces = g.inner ? nn_shape_count(&call->grad_out->shape) / g.inner : 0;
    for (int64_t u = 0; g.gx && u < pieces; u++) {
        float *gx = g.gx + source_of(&g, u);
        call->kernels->eltwise.add(gx, gx, g.gy + u * g.inner, g.inner);
    }
}

static bool find_source(const void *params, const nn_tensor *in, int n_in, int64_t c, int *k,
                        int64_t *from)
{
    const nn_gather_params *p = params;
    (void)n_in;
    if (!in[1].data || in[1].shape.rank != 1 || nn_op_axis_of(p->axis, &in[0].shape) != 1)
        return false;
    *k = 0;
    *from = nn_op_entry(nn_tensor_f32(&in[1])[c], in[0].shape.dim[1]);
    return true;
}

static const nn_field fields[] = {
    {"axis", NN_FIELD_INT, offsetof(nn_gather_params, axis), 1, NULL},
    {0},
};

const nn_op nn_op_gather = {
    .name = "gather",
    .min_in = 2,
    .max_in = 2,
    .no_grad = 1u << 1,
    .params_size = sizeof(nn_gather_params),
    .fields = fields,
    .shape = find_shape,
    .forward = forward,
    .source = find_source,
    .backward = backward,
};
