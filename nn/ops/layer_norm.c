// SPDX-License-Identifier: MIT
// Layer normalisation over the last axis (Ba 2016).
#include "nn/base/arith.h"
#include "nn/ops/common/check.h"
#include "nn/ops/ops.h"

#include <math.h>

enum { X, WEIGHT, BIAS };
enum { COLUMNS = 64 }; // of one task of the weight gradient

typedef struct norm_run {
    const nn_op_call *call;
    float eps;
    int64_t rows, length;
    const float *x, *weight, *bias, *gy;
    float *y, *gx, *gw, *gb;
    float *saved; // mean and 1 / deviation of each row; NULL outside training
} norm_run;

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    const nn_layer_norm_params *p = params;
    char a[96], b[96];
    if (!(p->eps > 0))
        return nn_fail(err, NN_EINVAL, "layer_norm: eps %g must be positive", (double)p->eps);
    const nn_shape *x = &in[X];
    if (x->rank < 1 || x->dim[x->rank - 1] < 1)
        return nn_fail(err, NN_ESHAPE, "layer_norm: x %s must be (...,C)",
                       nn_shape_text(x, a, sizeof a));
    for (int i = WEIGHT; i < n_in; i++)
        if ((i == WEIGHT || in[i].rank >= 0) &&
            (in[i].rank != 1 || in[i].dim[0] != x->dim[x->rank - 1]))
            return nn_fail(err, NN_ESHAPE, "layer_norm: %s %s does not fit x %s",
                           i == WEIGHT ? "weight" : "bias", nn_shape_text(&in[i], a, sizeof a),
                           nn_shape_text(x, b, sizeof b));
    *out = *x;
    return NN_OK;
}

static int64_t count_rows(const nn_shape *x)
{
    return nn_shape_span(x, 0, x->rank - 1);
}

static size_t saved_bytes(const void *params, const nn_shape *in, int n_in, const nn_shape *out)
{
    (void)params, (void)in, (void)n_in;
    return 2 * (size_t)count_rows(out) * sizeof(float);
}

static double count_macs(const void *params, const nn_shape *in, int n_in, const nn_shape *out)
{
    (void)params, (void)in, (void)n_in;
    return 2.0 * (double)nn_shape_count(out);
}

static norm_run find_run(const nn_op_call *call)
{
    const nn_shape *x = &call->in[X].shape;
    return (norm_run){
        .call = call,
        .eps = ((const nn_layer_norm_params *)call->params)->eps,
        .rows = count_rows(x),
        .length = x->dim[x->rank - 1],
        .x = nn_tensor_f32(&call->in[X]),
        .weight = nn_tensor_f32(&call->in[WEIGHT]),
        .bias = call->n_in > BIAS ? nn_tensor_f32(&call->in[BIAS]) : NULL,
        .saved = call->saved,
    };
}

static int64_t rows_per_task(const norm_run *r)
{
    return r->length < NN_OP_CHUNK ? NN_OP_CHUNK / r->length : 1;
}

static void forward_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const norm_run *r = ctx;
    const nn_eltwise_kernels *k = &r->call->kernels->eltwise;
    for (int64_t row = begin; row < end; row++) {
        const float *x = r->x + row * r->length;
        float *y = r->y + row * r->length;
        const float mean = (float)(k->sum(x, r->length) / (double)r->length);
        const double var = k->sum_sq_diff(x, mean, r->length) / (double)r->length;
        const float inv = (float)(1.0 / sqrt(var + (double)r->eps));
        if (r->saved) {
            r->saved[2 * row] = mean;
            r->saved[2 * row + 1] = inv;
        }
        for (int64_t i = 0; i < r->length; i++)
            y[i] = (x[i] - mean) * inv * r->weight[i] + (r->bias ? r->bias[i] : 0.0f);
    }
}

static void forward(const nn_op_call *call)
{
    norm_run r = find_run(call);
    r.y = nn_tensor_f32(call->out);
    nn_pool_run(call->pool, r.rows, rows_per_task(&r), forward_rows, &r);
}

// With g = gy * weight: gx += inv (g - mean(g) - xhat mean(g xhat)).
static void backward_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const norm_run *r = ctx;
    for (int64_t row = begin; row < end; row++) {
        const float *x = r->x + row * r->length, *gy = r->gy + row * r->length;
        const float mean = r->saved[2 * row], inv = r->saved[2 * row + 1];
        float *gx = r->gx + row * r->length;
        double sum = 0.0, dot = 0.0;
        for (int64_t i = 0; i < r->length; i++) {
            const double g = (double)(gy[i] * r->weight[i]);
            sum += g;
            dot += g * (double)((x[i] - mean) * inv);
        }
        const float offset = (float)(sum / (double)r->length);
        const float slope = (float)(dot / (double)r->length);
        for (int64_t i = 0; i < r->length; i++)
            gx[i] += inv * (gy[i] * r->weight[i] - offset - (x[i] - mean) * inv * slope);
    }
}

// Gradients of weight and bias for some blocks of columns, each over all rows.
static void backward_columns(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const norm_run *r = ctx;
    for (int64_t block = begin; block < end; block++) {
        const int64_t c0 = block * COLUMNS;
        const int64_t n = r->length - c0 < COLUMNS ? r->length - c0 : COLUMNS;
        double weight[COLUMNS] = {0}, bias[COLUMNS] = {0};
        for (int64_t row = 0; row < r->rows; row++) {
            const float *x = r->x + row * r->length + c0, *gy = r->gy + row * r->length + c0;
            const float mean = r->saved[2 * row], inv = r->saved[2 * row + 1];
            for (int64_t i = 0; i < n; i++) {
                weight[i] += (double)(gy[i] * (x[i] - mean) * inv);
                bias[i] += (double)gy[i];
            }
        }
        for (int64_t i = 0; r->gw && i < n; i++)
            r->gw[c0 + i] += (float)weight[i];
        for (int64_t i = 0; r->gb && i < n; i++)
            r->gb[c0 + i] += (float)bias[i];
    }
}

static void backward(const nn_op_call *call)
{
    norm_run r = find_run(call);
    r.gy = nn_tensor_f32(call->grad_out);
    r.gx = nn_tensor_f32(&call->grad_in[X]);
    r.gw = nn_tensor_f32(&call->grad_in[WEIGHT]);
    r.gb = call->n_in > BIAS ? nn_tensor_f32(&call->grad_in[BIAS]) : NULL;
    if (r.gx)
        nn_pool_run(call->pool, r.rows, rows_per_task(&r), backward_rows, &r);
    if (r.gw || r.gb)
        nn_pool_run(call->pool, nn_divide_up(r.length, COLUMNS), 1, backward_columns, &r);
}

static const nn_field fields[] = {
    {"eps", NN_FIELD_FLOAT, offsetof(nn_layer_norm_params, eps), 1, NULL},
    {0},
};

const nn_op nn_op_layer_norm = {
    .name = "layer_norm",
    .min_in = 2,
    .max_in = 3,
    .flags = NN_OP_INPLACE,
    .params_size = sizeof(nn_layer_norm_params),
    .fields = fields,
    .shape = find_shape,
    .saved = saved_bytes,
    .macs = count_macs,
    .forward = forward,
    .backward = backward,
};
