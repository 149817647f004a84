// SPDX-License-Identifier: MIT
// Mean, maximum or sum over a set of axes.
#include "nn/base/arith.h"
#include "nn/ops/common/check.h"
#include "nn/ops/common/reduce_blocked.h"
#include "nn/ops/ops.h"

#include <math.h>

enum { SEGMENT = 1024 }; // elements of a run worked on at once: stays in the first-level cache

// The kept or the reduced axes of the input, in memory order. The innermost axes of one kind form a
// run. A reduced run becomes one number, a kept run lies along the output.
typedef struct axes {
    int n;
    int64_t count, dim[NN_MAX_RANK], step[NN_MAX_RANK];
} axes;

typedef struct reduce_run {
    const nn_op_call *call;
    nn_reduce kind;
    axes kept, gone; // without the run
    int64_t run, pieces;
    bool run_gone;
    double scale; // of the sum
    const float *x, *y, *gy;
    float *out, *gx;
} reduce_run;

static nn_status shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                       nn_error *err)
{
    const nn_reduce_params *p = params;
    char text[96];
    nn_status status = nn_op_require("reduce", in, 0, err);
    if (status)
        return status;
    (void)n_in;
    nn_shape_text(&in[0], text, sizeof text);
    if (p->kind < NN_REDUCE_MEAN || p->kind > NN_REDUCE_SUM)
        return nn_fail(err, NN_EINVAL, "reduce: kind %d is none of mean, max, sum", p->kind);
    if (p->axes <= 0 || p->axes >> in[0].rank)
        return nn_fail(err, NN_ESHAPE, "reduce: axis mask 0x%x does not suit a tensor of %s",
                       (unsigned)p->axes, text);
    out->rank = 0;
    for (int i = 0; i < in[0].rank; i++) {
        const bool gone = p->axes >> i & 1;
        if (gone && !in[0].dim[i] && p->kind != NN_REDUCE_SUM)
            return nn_fail(err, NN_ESHAPE, "reduce: axis %d of %s is empty", i, text);
        if (!gone || p->keep_dims)
            out->dim[out->rank++] = gone ? 1 : in[0].dim[i];
    }
    return NN_OK;
}

static void append_axis(axes *to, int64_t dim, int64_t step)
{
    to->dim[to->n] = dim;
    to->step[to->n++] = step;
    to->count *= dim;
}

static reduce_run plan_run(const nn_op_call *call)
{
    const nn_reduce_params *p = call->params;
    const nn_shape *s = &call->in[0].shape;
    reduce_run r = {.call = call, .kind = p->kind, .kept.count = 1, .gone.count = 1, .run = 1};
    int i = s->rank - 1;
    while (i >= 0 && s->dim[i] == 1)
        i--;
    r.run_gone = i < 0 || (p->axes >> i & 1);
    for (; i >= 0 && (s->dim[i] == 1 || (p->axes >> i & 1) == r.run_gone); i--)
        r.run *= s->dim[i];
    int64_t dense = r.run;
    int64_t dims[NN_MAX_RANK], steps[NN_MAX_RANK];
    bool gone[NN_MAX_RANK];
    const int outer = i + 1;
    for (int j = i; j >= 0; j--) {
        dims[j] = s->dim[j];
        steps[j] = dense;
        gone[j] = p->axes >> j & 1;
        dense *= s->dim[j];
    }
    for (int j = 0; j < outer; j++)
        append_axis(gone[j] ? &r.gone : &r.kept, dims[j], steps[j]);
    r.pieces = r.run_gone ? 1 : nn_divide_up(r.run, SEGMENT);
    const int64_t summed = r.gone.count * (r.run_gone ? r.run : 1);
    r.scale = p->kind == NN_REDUCE_MEAN ? 1.0 / (double)summed : 1.0;
    r.x = nn_tensor_f32(&call->in[0]);
    r.out = nn_tensor_f32(call->out);
    r.y = r.out;
    return r;
}

static int64_t kept_at(const reduce_run *r, int64_t k)
{
    return nn_op_offset(k, r->kept.n, r->kept.dim, r->kept.step);
}

static int64_t gone_at(const reduce_run *r, int64_t g)
{
    return nn_op_offset(g, r->gone.n, r->gone.dim, r->gone.step);
}

static void collapse_runs(void *ctx, int64_t begin, int64_t end, int worker)
{
    const reduce_run *r = ctx;
    const nn_eltwise_kernels *kernels = &r->call->kernels->eltwise;
    (void)worker;
    for (int64_t k = begin; k < end; k++) {
        const float *x = r->x + kept_at(r, k);
        double sum = 0.0;
        float most = -INFINITY;
        for (int64_t g = 0; g < r->gone.count; g++) {
            const float *run = x + gone_at(r, g);
            if (r->kind == NN_REDUCE_MAX)
                most = fmaxf(most, kernels->max(run, r->run));
            else
                sum += kernels->sum(run, r->run);
        }
        r->out[k] = r->kind == NN_REDUCE_MAX ? most : (float)(sum * r->scale);
    }
}

// One segment of the output and the same segment of every input run.
typedef struct segment {
    int64_t x, y, n; // offsets and length
} segment;

static segment find_segment(const reduce_run *r, int64_t unit)
{
    const int64_t k = unit / r->pieces, at = unit % r->pieces * SEGMENT, left = r->run - at;
    return (segment){kept_at(r, k) + at, k * r->run + at, left < SEGMENT ? left : SEGMENT};
}

static void raise_to_max(float *y, const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = x[i] > y[i] ? x[i] : y[i];
}

static void fold_runs(void *ctx, int64_t begin, int64_t end, int worker)
{
    const reduce_run *r = ctx;
    const nn_eltwise_kernels *kernels = &r->call->kernels->eltwise;
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        const segment s = find_segment(r, u);
        float *y = r->out + s.y;
        for (int64_t i = 0; i < s.n; i++)
            y[i] = r->kind == NN_REDUCE_MAX ? -INFINITY : 0.0f;
        for (int64_t g = 0; g < r->gone.count; g++) {
            const float *x = r->x + s.x + gone_at(r, g);
            if (r->kind == NN_REDUCE_MAX)
                raise_to_max(y, x, s.n);
            else
                kernels->add(y, y, x, s.n);
        }
        if (r->kind == NN_REDUCE_MEAN)
            kernels->affine(y, y, (float)r->scale, 0.0f, s.n);
    }
}

// Chunks of about NN_OP_CHUNK input elements.
static void run_units(const reduce_run *r, nn_task *collapse, nn_task *fold)
{
    const int64_t length = r->run_gone || r->run < SEGMENT ? r->run : SEGMENT;
    const int64_t work = length * r->gone.count;
    const int64_t grain = work >= NN_OP_CHUNK || work <= 0 ? 1 : NN_OP_CHUNK / work;
    nn_pool_run(r->call->pool, r->kept.count * r->pieces, grain, r->run_gone ? collapse : fold,
                (void *)r);
}

static void forward(const nn_op_call *call)
{
    const reduce_run r = plan_run(call);
    run_units(&r, collapse_runs, fold_runs);
}

static float share_of_maximum(const reduce_run *r, const float *x, float most, float gy)
{
    int64_t ties = 0;
    for (int64_t g = 0; g < r->gone.count; g++) {
        const float *run = x + gone_at(r, g);
        for (int64_t i = 0; i < r->run; i++)
            ties += run[i] == most;
    }
    return ties ? gy / (float)ties : 0.0f;
}

static void spread_to_runs(void *ctx, int64_t begin, int64_t end, int worker)
{
    const reduce_run *r = ctx;
    (void)worker;
    for (int64_t k = begin; k < end; k++) {
        const float *x = r->x + kept_at(r, k), most = r->y[k];
        float *gx = r->gx + kept_at(r, k);
        const bool max = r->kind == NN_REDUCE_MAX;
        const float share =
            max ? share_of_maximum(r, x, most, r->gy[k]) : r->gy[k] * (float)r->scale;
        for (int64_t g = 0; g < r->gone.count; g++) {
            float *to = gx + gone_at(r, g);
            const float *run = x + gone_at(r, g);
            if (max)
                for (int64_t i = 0; i < r->run; i++)
                    to[i] += run[i] == most ? share : 0.0f;
            else
                r->call->kernels->eltwise.affine(to, to, 1.0f, share, r->run);
        }
    }
}

static void spread_max(const reduce_run *r, segment s)
{
    float ties[SEGMENT] = {0}, share[SEGMENT];
    const float *y = r->y + s.y, *gy = r->gy + s.y;
    for (int64_t g = 0; g < r->gone.count; g++) {
        const float *x = r->x + s.x + gone_at(r, g);
        for (int64_t i = 0; i < s.n; i++)
            ties[i] += x[i] == y[i] ? 1.0f : 0.0f;
    }
    for (int64_t i = 0; i < s.n; i++)
        share[i] = ties[i] > 0.0f ? gy[i] / ties[i] : 0.0f;
    for (int64_t g = 0; g < r->gone.count; g++) {
        const float *x = r->x + s.x + gone_at(r, g);
        float *gx = r->gx + s.x + gone_at(r, g);
        for (int64_t i = 0; i < s.n; i++)
            gx[i] += x[i] == y[i] ? share[i] : 0.0f;
    }
}

static void spread_across_runs(void *ctx, int64_t begin, int64_t end, int worker)
{
    const reduce_run *r = ctx;
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        const segment s = find_segment(r, u);
        if (r->kind == NN_REDUCE_MAX) {
            spread_max(r, s);
            continue;
        }
        for (int64_t g = 0; g < r->gone.count; g++)
            r->call->kernels->eltwise.axpy(r->gx + s.x + gone_at(r, g), (float)r->scale,
                                           r->gy + s.y, s.n);
    }
}

static void backward(const nn_op_call *call)
{
    reduce_run r = plan_run(call);
    r.gx = nn_tensor_f32(&call->grad_in[0]);
    r.gy = nn_tensor_f32(call->grad_out);
    if (r.gx)
        run_units(&r, spread_to_runs, spread_across_runs);
}

static const char *const kinds[] = {"mean", "max", "sum", NULL};
static const nn_field fields[] = {
    {"kind", NN_FIELD_ENUM, offsetof(nn_reduce_params, kind), 1, kinds},
    {"axes", NN_FIELD_INT, offsetof(nn_reduce_params, axes), 1, NULL},
    {"keep_dims", NN_FIELD_INT, offsetof(nn_reduce_params, keep_dims), 1, NULL},
    {0},
};

const nn_op nn_op_reduce = {
    .name = "reduce",
    .min_in = 1,
    .max_in = 1,
    .params_size = sizeof(nn_reduce_params),
    .fields = fields,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .impls = nn_reduce_impls,
};
