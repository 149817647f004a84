// SPDX-License-Identifier: MIT
// Reorders the axes of a tensor.
#include "nn/ops/common/check.h"
#include "nn/ops/ops.h"

#include <string.h>

// The output is written row by row (its last axis); `from` tells where each row lies in the input.
typedef struct transpose_run {
    int axes; // of the rows
    int64_t dim[NN_MAX_RANK], from[NN_MAX_RANK];
    int64_t rows, length, step; // rows, elements of a row, distance of two elements in the input
    const float *x, *gy;
    float *y, *gx;
} transpose_run;

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    const nn_transpose_params *p = params;
    char text[96];
    unsigned seen = 0;
    (void)n_in;
    nn_status status = nn_op_require("transpose", in, 0, err);
    if (status)
        return status;
    if (p->rank != in->rank)
        return nn_fail(err, NN_ESHAPE, "transpose: a permutation of %d axes for a tensor of %s",
                       p->rank, nn_shape_text(in, text, sizeof text));
    out->rank = in->rank;
    for (int i = 0; i < in->rank; i++) {
        if (p->perm[i] < 0 || p->perm[i] >= in->rank || seen >> p->perm[i] & 1)
            return nn_fail(err, NN_EINVAL, "transpose: axis %d at place %d is no permutation",
                           p->perm[i], i);
        seen |= 1u << p->perm[i];
        out->dim[i] = in->dim[p->perm[i]];
    }
    return NN_OK;
}

static transpose_run find_run(const nn_op_call *call)
{
    const nn_transpose_params *p = call->params;
    const nn_shape *x = &call->in[0].shape, *y = &call->out->shape;
    transpose_run r = {.axes = y->rank > 0 ? y->rank - 1 : 0, .length = 1, .step = 1};
    for (int i = 0; i < r.axes; i++) {
        r.dim[i] = y->dim[i];
        r.from[i] = nn_shape_span(x, p->perm[i] + 1, x->rank);
    }
    if (y->rank > 0) {
        r.length = y->dim[r.axes];
        r.step = nn_shape_span(x, p->perm[r.axes] + 1, x->rank);
    }
    r.rows = nn_shape_span(y, 0, r.axes);
    return r;
}

static void forward_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const transpose_run *r = ctx;
    for (int64_t row = begin; row < end; row++) {
        const float *x = r->x + nn_op_offset(row, r->axes, r->dim, r->from);
        float *y = r->y + row * r->length;
        if (r->step == 1)
            memcpy(y, x, (size_t)r->length * sizeof *y);
        else
            for (int64_t i = 0; i < r->length; i++)
                y[i] = x[i * r->step];
    }
}

static void backward_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const transpose_run *r = ctx;
    for (int64_t row = begin; row < end; row++) {
        float *gx = r->gx + nn_op_offset(row, r->axes, r->dim, r->from);
        const float *gy = r->gy + row * r->length;
        for (int64_t i = 0; i < r->length; i++)
            gx[i * r->step] += gy[i];
    }
}

static void run_rows(const nn_op_call *call, transpose_run *r, nn_task *task)
{
    const int64_t grain = r->length > 0 && r->length < NN_OP_CHUNK ? NN_OP_CHUNK / r->length : 1;
    if (r->length > 0)
        nn_pool_run(call->pool, r->rows, grain, task, r);
}

static void forward(const nn_op_call *call)
{
    transpose_run r = find_run(call);
    r.x = nn_tensor_f32(&call->in[0]);
    r.y = nn_tensor_f32(call->out);
    run_rows(call, &r, forward_rows);
}

static void backward(const nn_op_call *call)
{
    transpose_run r = find_run(call);
    r.gy = nn_tensor_f32(call->grad_out);
    r.gx = nn_tensor_f32(&call->grad_in[0]);
    if (r.gx)
        run_rows(call, &r, backward_rows);
}

static const nn_field fields[] = {
    {"rank", NN_FIELD_INT, offsetof(nn_transpose_params, rank), 1, NULL},
    {"perm", NN_FIELD_INT, offsetof(nn_transpose_params, perm), NN_MAX_RANK, NULL},
    {0},
};

const nn_op nn_op_transpose = {
    .name = "transpose",
    .min_in = 1,
    .max_in = 1,
    .params_size = sizeof(nn_transpose_params),
    .fields = fields,
    .shape = find_shape,
    .forward = forward,
    .backward = backward,
};
