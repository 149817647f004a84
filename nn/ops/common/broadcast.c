// SPDX-License-Identifier: MIT
// Broadcasting. Neighbouring axes that behave alike are merged first. Equal shapes become one run;
// a per-channel operand (N,C,1,1) becomes NC runs of HW against one number; a per-pixel operand
// (N,1,H,W) becomes C runs of HW. No case needs special code.
#include "nn/ops/common/broadcast.h"

#include "nn/base/arith.h"
#include "nn/ops/common/check.h"

typedef struct walk {
    int n; // merged dims, at least 1; the last one is a run
    int64_t dim[NN_MAX_RANK];
    int64_t step_out[NN_MAX_RANK];
    int64_t step[2][NN_MAX_RANK]; // in elements; 0 where the input is repeated
} walk;

nn_status nn_broadcast_shape(const char *op, const nn_shape *in, nn_shape *out, nn_error *err)
{
    char a[96], b[96];
    nn_status status = nn_op_require(op, in, 0, err);
    if (!status)
        status = nn_op_require(op, in, 1, err);
    if (status)
        return status;
    const int rank = in[0].rank > in[1].rank ? in[0].rank : in[1].rank;
    out->rank = rank;
    for (int i = 0; i < rank; i++) {
        const int pa = i - (rank - in[0].rank), pb = i - (rank - in[1].rank);
        const int64_t da = pa < 0 ? 1 : in[0].dim[pa], db = pb < 0 ? 1 : in[1].dim[pb];
        if (da != db && da != 1 && db != 1)
            return nn_fail(err, NN_ESHAPE, "%s: %s and %s do not fit together at axis %d", op,
                           nn_shape_text(&in[0], a, sizeof a), nn_shape_text(&in[1], b, sizeof b),
                           i);
        out->dim[i] = da == 1 ? db : da;
    }
    return NN_OK;
}

// Element steps of `s` along the axes of a result of `rank` axes.
static void find_steps(const nn_shape *s, int rank, int64_t *step)
{
    int64_t dense = 1;
    for (int i = rank - 1; i >= 0; i--) {
        const int p = i - (rank - s->rank);
        const int64_t dim = p < 0 ? 1 : s->dim[p];
        step[i] = dim == 1 ? 0 : dense;
        dense *= dim;
    }
}

static walk plan_walk(const nn_shape *a, const nn_shape *b, const nn_shape *out)
{
    int64_t steps[3][NN_MAX_RANK];
    walk w = {0};
    find_steps(a, out->rank, steps[0]);
    find_steps(b, out->rank, steps[1]);
    find_steps(out, out->rank, steps[2]);
    for (int i = 0; i < out->rank; i++) {
        const int64_t dim = out->dim[i];
        const int last = w.n - 1;
        if (dim == 1)
            continue;
        if (w.n && w.step[0][last] == dim * steps[0][i] && w.step[1][last] == dim * steps[1][i])
            w.dim[last] *= dim;
        else
            w.dim[w.n++] = dim;
        w.step[0][w.n - 1] = steps[0][i];
        w.step[1][w.n - 1] = steps[1][i];
        w.step_out[w.n - 1] = steps[2][i];
    }
    if (!w.n)
        w = (walk){.n = 1, .dim = {1}, .step_out = {1}, .step = {{1}, {1}}};
    return w;
}

static int64_t product(const int64_t *dim, int n)
{
    int64_t p = 1;
    for (int i = 0; i < n; i++)
        p *= dim[i];
    return p;
}

// Pieces of a run that is cut into at most NN_OP_CHUNK elements; several short runs make one chunk.
static int64_t pieces_of(int64_t run)
{
    return nn_divide_up(run, NN_OP_CHUNK);
}

static int64_t grain_of(int64_t work)
{
    return work >= NN_OP_CHUNK || work <= 0 ? 1 : NN_OP_CHUNK / work;
}

static int64_t piece_length(int64_t run, int64_t piece)
{
    const int64_t left = run - piece * NN_OP_CHUNK;
    return left < NN_OP_CHUNK ? left : NN_OP_CHUNK;
}

typedef struct forward_run {
    const nn_op_call *call;
    const nn_broadcast_rows *rows;
    walk w;
    int64_t pieces;
} forward_run;

static void forward_part(void *ctx, int64_t begin, int64_t end, int worker)
{
    const forward_run *f = ctx;
    const walk *w = &f->w;
    const int outer = w->n - 1;
    const int64_t run = w->dim[outer], step_a = w->step[0][outer], step_b = w->step[1][outer];
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        const int64_t row = u / f->pieces, piece = u % f->pieces, at = piece * NN_OP_CHUNK;
        const float *a = nn_tensor_f32(&f->call->in[0]) + at * step_a;
        const float *b = nn_tensor_f32(&f->call->in[1]) + at * step_b;
        f->rows->forward(&f->call->kernels->eltwise, nn_tensor_f32(f->call->out) + row * run + at,
                         a + nn_op_offset(row, outer, w->dim, w->step[0]), step_a,
                         b + nn_op_offset(row, outer, w->dim, w->step[1]), step_b,
                         piece_length(run, piece));
    }
}

void nn_broadcast_forward(const nn_op_call *call, const nn_broadcast_rows *rows)
{
    forward_run f = {call, rows,
                     plan_walk(&call->in[0].shape, &call->in[1].shape, &call->out->shape), 0};
    const int64_t run = f.w.dim[f.w.n - 1];
    f.pieces = pieces_of(run);
    nn_pool_run(call->pool, product(f.w.dim, f.w.n - 1) * f.pieces, grain_of(run), forward_part,
                &f);
}

// The outer axes of a walk, split by what happens to one input along them: kept, or summed over.
// Steps are those of the output (0), this input (1) and the other input (2).
typedef struct axes {
    int n;
    int64_t count, dim[NN_MAX_RANK], step[3][NN_MAX_RANK];
} axes;

typedef struct backward_run {
    const nn_op_call *call;
    const nn_broadcast_rows *rows;
    axes kept, summed;
    int64_t run, pieces, step_other;
    float *grad;
    const float *grad_out, *other;
} backward_run;

static void append_axis(axes *to, const walk *w, int i, int side)
{
    to->dim[to->n] = w->dim[i];
    to->step[0][to->n] = w->step_out[i];
    to->step[1][to->n] = w->step[side][i];
    to->step[2][to->n] = w->step[1 - side][i];
    to->count *= w->dim[i];
    to->n++;
}

static int64_t offset_in(const axes *a, int64_t index, int which)
{
    return nn_op_offset(index, a->n, a->dim, a->step[which]);
}

// The run lies along the gradient: rows are added to it one after another.
static void add_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const backward_run *b = ctx;
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        const int64_t k = u / b->pieces, piece = u % b->pieces, at = piece * NN_OP_CHUNK;
        float *grad = b->grad + offset_in(&b->kept, k, 1) + at;
        const float *go = b->grad_out + offset_in(&b->kept, k, 0) + at;
        const float *other = b->other + offset_in(&b->kept, k, 2) + at * b->step_other;
        for (int64_t s = 0; s < b->summed.count; s++)
            b->rows->grad(&b->call->kernels->eltwise, grad, go + offset_in(&b->summed, s, 0),
                          other + offset_in(&b->summed, s, 2), b->step_other,
                          piece_length(b->run, piece));
    }
}

// The run collapses into one number of the gradient.
static void sum_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const backward_run *b = ctx;
    (void)worker;
    for (int64_t k = begin; k < end; k++) {
        const float *go = b->grad_out + offset_in(&b->kept, k, 0);
        const float *other = b->other + offset_in(&b->kept, k, 2);
        double sum = 0.0;
        for (int64_t s = 0; s < b->summed.count; s++)
            sum += b->rows->grad_sum(&b->call->kernels->eltwise, go + offset_in(&b->summed, s, 0),
                                     other + offset_in(&b->summed, s, 2), b->step_other, b->run);
        b->grad[offset_in(&b->kept, k, 1)] += (float)sum;
    }
}

static void backward_side(const nn_op_call *call, const nn_broadcast_rows *rows, const walk *w,
                          int side)
{
    const int outer = w->n - 1;
    backward_run b = {.call = call,
                      .rows = rows,
                      .kept.count = 1,
                      .summed.count = 1,
                      .run = w->dim[outer],
                      .step_other = w->step[1 - side][outer],
                      .grad = nn_tensor_f32(&call->grad_in[side]),
                      .grad_out = nn_tensor_f32(call->grad_out),
                      .other = nn_tensor_f32(&call->in[1 - side])};
    for (int i = 0; i < outer; i++)
        append_axis(w->step[side][i] ? &b.kept : &b.summed, w, i, side);
    if (w->step[side][outer]) {
        b.pieces = pieces_of(b.run);
        nn_pool_run(call->pool, b.kept.count * b.pieces, grain_of(b.run * b.summed.count), add_rows,
                    &b);
    } else {
        nn_pool_run(call->pool, b.kept.count, grain_of(b.run * b.summed.count), sum_rows, &b);
    }
}

void nn_broadcast_backward(const nn_op_call *call, const nn_broadcast_rows *rows)
{
    const walk w = plan_walk(&call->in[0].shape, &call->in[1].shape, &call->out->shape);
    for (int side = 0; side < 2; side++)
        if (call->grad_in[side].data)
            backward_side(call, rows, &w, side);
}
