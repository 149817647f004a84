// SPDX-License-Identifier: MIT
// Batched matrix product of two values.
#include "nn/base/arith.h"
#include "nn/ops/common/check.h"
#include "nn/ops/ops.h"

enum { ROW_BLOCK = 64 }; // rows of one task; fixed, so that results do not depend on the threads

typedef struct matmul_run {
    const nn_matmul_params *p;
    const nn_kernels *kernels;
    int64_t m, n, k, batch, row_blocks;
    int axes; // leading dims: of the output and, 0 where broadcast, strides of a and b
    int64_t dim[NN_MAX_RANK], stride_a[NN_MAX_RANK], stride_b[NN_MAX_RANK];
    int64_t lda, ldb;
    const float *a, *b, *gy;
    float *y, *ga, *gb;
} matmul_run;

// Dim of leading axis i (of `axes`) of an operand with its dims aligned to the right.
static int64_t leading_dim(const nn_shape *s, int axes, int i)
{
    const int at = i - axes + s->rank - 2;
    return at < 0 ? 1 : s->dim[at];
}

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    const nn_matmul_params *p = params;
    const nn_shape *a = &in[0], *b = &in[1];
    char as[96], bs[96];
    (void)n_in;
    nn_shape_text(a, as, sizeof as);
    nn_shape_text(b, bs, sizeof bs);
    if (a->rank < 2 || b->rank < 2)
        return nn_fail(err, NN_ESHAPE, "matmul: %s and %s must have two dims or more", as, bs);
    const int64_t m = a->dim[a->rank - (p->trans_a ? 1 : 2)];
    const int64_t ka = a->dim[a->rank - (p->trans_a ? 2 : 1)];
    const int64_t kb = b->dim[b->rank - (p->trans_b ? 1 : 2)];
    const int64_t n = b->dim[b->rank - (p->trans_b ? 2 : 1)];
    if (ka != kb)
        return nn_fail(err, NN_ESHAPE, "matmul: %s%s and %s%s share no inner dim (%lld, %lld)", as,
                       p->trans_a ? " transposed" : "", bs, p->trans_b ? " transposed" : "",
                       (long long)ka, (long long)kb);
    out->rank = a->rank > b->rank ? a->rank : b->rank;
    for (int i = 0; i < out->rank - 2; i++) {
        const int64_t da = leading_dim(a, out->rank - 2, i), db = leading_dim(b, out->rank - 2, i);
        if (da != db && da != 1 && db != 1)
            return nn_fail(err, NN_ESHAPE, "matmul: the leading dims of %s and %s differ", as, bs);
        out->dim[i] = da == 1 ? db : da;
    }
    out->dim[out->rank - 2] = m;
    out->dim[out->rank - 1] = n;
    return NN_OK;
}

static double count_macs(const void *params, const nn_shape *in, int n_in, const nn_shape *out)
{
    const nn_matmul_params *p = params;
    (void)n_in;
    return (double)nn_shape_count(out) * (double)in[0].dim[in[0].rank - (p->trans_a ? 2 : 1)];
}

// Strides of an operand's matrices over the output's leading dims.
static void find_strides(const nn_shape *s, int axes, int64_t *stride)
{
    int64_t step = nn_shape_span(s, s->rank - 2, s->rank);
    for (int i = axes - 1; i >= 0; i--) {
        const int64_t dim = leading_dim(s, axes, i);
        stride[i] = dim == 1 ? 0 : step;
        step *= dim;
    }
}

static matmul_run find_run(const nn_op_call *call)
{
    const nn_matmul_params *p = call->params;
    const nn_shape *a = &call->in[0].shape, *y = &call->out->shape;
    matmul_run r = {
        .p = p,
        .kernels = call->kernels,
        .m = y->dim[y->rank - 2],
        .n = y->dim[y->rank - 1],
        .k = a->dim[a->rank - (p->trans_a ? 2 : 1)],
        .batch = nn_shape_span(y, 0, y->rank - 2),
        .axes = y->rank - 2,
        .a = nn_tensor_f32(&call->in[0]),
        .b = nn_tensor_f32(&call->in[1]),
    };
    r.row_blocks = nn_divide_up(r.m, ROW_BLOCK);
    r.lda = p->trans_a ? r.m : r.k;
    r.ldb = p->trans_b ? r.k : r.n;
    for (int i = 0; i < r.axes; i++)
        r.dim[i] = y->dim[i];
    find_strides(a, r.axes, r.stride_a);
    find_strides(&call->in[1].shape, r.axes, r.stride_b);
    return r;
}

static void forward_blocks(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const matmul_run *r = ctx;
    for (int64_t unit = begin; unit < end; unit++) {
        const int64_t at = unit / r->row_blocks, row = unit % r->row_blocks * ROW_BLOCK;
        const int64_t rows = r->m - row < ROW_BLOCK ? r->m - row : ROW_BLOCK;
        const float *a = r->a + nn_op_offset(at, r->axes, r->dim, r->stride_a);
        const float *b = r->b + nn_op_offset(at, r->axes, r->dim, r->stride_b);
        r->kernels->gemm.sgemm(r->p->trans_a, r->p->trans_b, rows, r->n, r->k, r->p->alpha,
                               a + (r->p->trans_a ? row : row * r->lda), r->lda, b, r->ldb, 0.0f,
                               r->y + (at * r->m + row) * r->n, r->n);
    }
}

static void forward(const nn_op_call *call)
{
    matmul_run r = find_run(call);
    r.y = nn_tensor_f32(call->out);
    nn_pool_run(call->pool, r.batch * r.row_blocks, 1, forward_blocks, &r);
}

// ga += alpha gy op(b)^T, or its transpose where a is read transposed.
static void backward_a(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const matmul_run *r = ctx;
    for (int64_t at = begin; at < end; at++) {
        float *ga = r->ga + nn_op_offset(at, r->axes, r->dim, r->stride_a);
        const float *b = r->b + nn_op_offset(at, r->axes, r->dim, r->stride_b);
        const float *gy = r->gy + at * r->m * r->n;
        if (r->p->trans_a)
            r->kernels->gemm.sgemm(r->p->trans_b, true, r->k, r->m, r->n, r->p->alpha, b, r->ldb,
                                   gy, r->n, 1.0f, ga, r->lda);
        else
            r->kernels->gemm.sgemm(false, !r->p->trans_b, r->m, r->k, r->n, r->p->alpha, gy, r->n,
                                   b, r->ldb, 1.0f, ga, r->lda);
    }
}

// gb += alpha op(a)^T gy, or its transpose where b is read transposed.
static void backward_b(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const matmul_run *r = ctx;
    for (int64_t at = begin; at < end; at++) {
        const float *a = r->a + nn_op_offset(at, r->axes, r->dim, r->stride_a);
        float *gb = r->gb + nn_op_offset(at, r->axes, r->dim, r->stride_b);
        const float *gy = r->gy + at * r->m * r->n;
        if (r->p->trans_b)
            r->kernels->gemm.sgemm(true, r->p->trans_a, r->n, r->k, r->m, r->p->alpha, gy, r->n, a,
                                   r->lda, 1.0f, gb, r->ldb);
        else
            r->kernels->gemm.sgemm(!r->p->trans_a, false, r->k, r->n, r->m, r->p->alpha, a, r->lda,
                                   gy, r->n, 1.0f, gb, r->ldb);
    }
}

static void backward(const nn_op_call *call)
{
    matmul_run r = find_run(call);
    r.gy = nn_tensor_f32(call->grad_out);
    r.ga = nn_tensor_f32(&call->grad_in[0]);
    r.gb = nn_tensor_f32(&call->grad_in[1]);
    // A matrix that several products share gets its gradient from one task.
    const nn_shape *a = &call->in[0].shape, *b = &call->in[1].shape;
    const bool own_a = nn_shape_span(a, 0, a->rank - 2) == r.batch;
    const bool own_b = nn_shape_span(b, 0, b->rank - 2) == r.batch;
    if (r.ga && r.batch > 0)
        nn_pool_run(call->pool, r.batch, own_a ? 1 : r.batch, backward_a, &r);
    if (r.gb && r.batch > 0)
        nn_pool_run(call->pool, r.batch, own_b ? 1 : r.batch, backward_b, &r);
}

static const nn_field fields[] = {
    {"trans_a", NN_FIELD_INT, offsetof(nn_matmul_params, trans_a), 1, NULL},
    {"trans_b", NN_FIELD_INT, offsetof(nn_matmul_params, trans_b), 1, NULL},
    {"alpha", NN_FIELD_FLOAT, offsetof(nn_matmul_params, alpha), 1, NULL},
    {0},
};

const nn_op nn_op_matmul = {
    .name = "matmul",
    .min_in = 2,
    .max_in = 2,
    .params_size = sizeof(nn_matmul_params),
    .fields = fields,
    .shape = find_shape,
    .macs = count_macs,
    .forward = forward,
    .backward = backward,
};
