// SPDX-License-Identifier: MIT
// Batch normalisation per channel (Ioffe, Szegedy 2015) with torch's running statistics.
#include "nn/ops/common/blocked_rows.h"
#include "nn/ops/int8/int8.h"
#include "nn/ops/ops.h"

#include <math.h>

enum { X, WEIGHT, BIAS, MEAN, VAR, INPUTS };
enum { TOGETHER = 512 }; // channels whose sums are exchanged at once

typedef struct norm_ctx {
    const nn_op_call *call;
    nn_batch_norm_params params;
    int64_t images, channels, pixels;
    const float *x, *weight, *bias, *gy;
    float *running_mean, *running_var; // moved by training
    float *saved;                      // mean, then 1 / sqrt(variance + eps), per channel
    float *y, *gx, *gw, *gb;
} norm_ctx;

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    static const char *const names[INPUTS] = {"x", "weight", "bias", "running_mean", "running_var"};
    const nn_batch_norm_params *p = params;
    char xs[80], ws[80];
    (void)n_in;
    nn_shape_text(&in[X], xs, sizeof xs);
    if (!(p->eps > 0.0f))
        return nn_fail(err, NN_EINVAL, "batch_norm: eps must be positive, not %g", (double)p->eps);
    if (p->act < 0 || p->act >= NN_ACT_COUNT)
        return nn_fail(err, NN_EINVAL, "batch_norm: unknown activation %d", p->act);
    if (in[X].rank < 2)
        return nn_fail(err, NN_ESHAPE, "batch_norm: x %s must be (N,C,...)", xs);
    for (int i = WEIGHT; i < INPUTS; i++)
        if (in[i].rank != 1 || in[i].dim[0] != in[X].dim[1])
            return nn_fail(err, NN_ESHAPE,
                           "batch_norm: %s %s does not fit the %lld channels of x %s", names[i],
                           nn_shape_text(&in[i], ws, sizeof ws), (long long)in[X].dim[1], xs);
    *out = in[X];
    return NN_OK;
}

static size_t saved_bytes(const void *params, const nn_shape *in, int n_in, const nn_shape *out)
{
    (void)params, (void)n_in, (void)out;
    return 2 * (size_t)in[X].dim[1] * sizeof(float);
}

static double count_macs(const void *params, const nn_shape *in, int n_in, const nn_shape *out)
{
    (void)params, (void)in, (void)n_in;
    return (double)nn_shape_count(out);
}

static norm_ctx find_ctx(const nn_op_call *call)
{
    const nn_shape *x = &call->in[X].shape;
    return (norm_ctx){
        .call = call,
        .params = *(const nn_batch_norm_params *)call->params,
        .images = x->dim[0],
        .channels = x->dim[1],
        .pixels = nn_shape_span(x, 2, x->rank),
        .x = nn_tensor_f32(&call->in[X]),
        .weight = nn_tensor_f32(&call->in[WEIGHT]),
        .bias = nn_tensor_f32(&call->in[BIAS]),
        .running_mean = nn_tensor_f32(&call->in[MEAN]),
        .running_var = nn_tensor_f32(&call->in[VAR]),
        .saved = call->saved,
    };
}

// Mean and variance of one channel in two passes.
static void measure(const norm_ctx *b, int64_t c, double *mean, double *var)
{
    const nn_eltwise_kernels *k = &b->call->kernels->eltwise;
    double count = (double)b->images * (double)b->pixels, sum = 0.0, squares = 0.0;
    for (int64_t n = 0; n < b->images; n++)
        sum += k->sum(b->x + (n * b->channels + c) * b->pixels, b->pixels);
    *mean = sum / count;
    // The centre is rounded to a float; what the rounding adds to the squares is subtracted.
    float centre = (float)*mean;
    for (int64_t n = 0; n < b->images; n++)
        squares += k->sum_sq_diff(b->x + (n * b->channels + c) * b->pixels, centre, b->pixels);
    double shift = *mean - (double)centre;
    *var = squares / count - shift * shift;
    if (*var < 0.0)
        *var = 0.0;
}

static void move_running(const norm_ctx *b, int64_t c, double mean, double var)
{
    double count = (double)b->images * (double)b->pixels, m = (double)b->params.momentum;
    double unbiased = count > 1.0 ? var * count / (count - 1.0) : var;
    b->running_mean[c] = (float)((1.0 - m) * (double)b->running_mean[c] + m * mean);
    b->running_var[c] = (float)((1.0 - m) * (double)b->running_var[c] + m * unbiased);
}

static void forward_channel(const norm_ctx *b, int64_t c, double mean, double var)
{
    double inv = 1.0 / sqrt(var + (double)b->params.eps);
    if (b->call->training && b->saved) {
        b->saved[c] = (float)mean;
        b->saved[b->channels + c] = (float)inv;
    }
    double scale = (double)b->weight[c] * inv;
    float shift = (float)((double)b->bias[c] - mean * scale);
    for (int64_t n = 0; n < b->images; n++) {
        int64_t at = (n * b->channels + c) * b->pixels;
        b->call->kernels->eltwise.affine(b->y + at, b->x + at, (float)scale, shift, b->pixels);
        if (b->params.act != NN_ACT_NONE)
            b->call->kernels->eltwise.act[b->params.act](b->y + at, b->y + at, b->pixels);
    }
}

static void forward_channels(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const norm_ctx *b = ctx;
    for (int64_t c = begin; c < end; c++) {
        double mean = (double)b->running_mean[c], var = (double)b->running_var[c];
        if (b->call->training) {
            measure(b, c, &mean, &var);
            move_running(b, c, mean, var);
        }
        forward_channel(b, c, mean, var);
    }
}

// A group of channels whose sums are exchanged between processes in one step.
typedef struct together {
    const norm_ctx *b;
    int64_t first;
    double one[TOGETHER], two[TOGETHER]; // per channel
} together;

static void sum_channels(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    together *t = ctx;
    const norm_ctx *b = t->b;
    for (int64_t i = begin; i < end; i++) {
        t->one[i] = 0.0;
        for (int64_t n = 0; n < b->images; n++)
            t->one[i] += b->call->kernels->eltwise.sum(
                b->x + (n * b->channels + t->first + i) * b->pixels, b->pixels);
    }
}

static void square_channels(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    together *t = ctx;
    const norm_ctx *b = t->b;
    for (int64_t i = begin; i < end; i++) {
        t->two[i] = 0.0;
        for (int64_t n = 0; n < b->images; n++)
            t->two[i] += b->call->kernels->eltwise.sum_sq_diff(
                b->x + (n * b->channels + t->first + i) * b->pixels, (float)t->one[i], b->pixels);
    }
}

static void forward_together(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const together *t = ctx;
    for (int64_t i = begin; i < end; i++)
        forward_channel(t->b, t->first + i, t->one[i], t->two[i]);
}

// As forward_channels, but mean and variance are those of the pictures of all processes.
static void forward_shared(const norm_ctx *b)
{
    const nn_op_allreduce *all = b->call->allreduce;
    together t = {.b = b};
    norm_ctx whole = *b; // counts the pictures of all
    whole.images *= all->count;
    const double count = (double)whole.images * (double)b->pixels;
    for (; t.first < b->channels; t.first += TOGETHER) {
        const int64_t left = b->channels - t.first, n = left < TOGETHER ? left : TOGETHER;
        nn_pool_run(b->call->pool, n, 1, sum_channels, &t);
        all->sum(all->ctx, t.one, (int)n);
        for (int64_t i = 0; i < n; i++)
            t.one[i] /= count;
        nn_pool_run(b->call->pool, n, 1, square_channels, &t);
        all->sum(all->ctx, t.two, (int)n);
        for (int64_t i = 0; i < n; i++) {
            const double shift = t.one[i] - (double)(float)t.one[i];
            t.two[i] = fmax(t.two[i] / count - shift * shift, 0.0);
            move_running(&whole, t.first + i, t.one[i], t.two[i]);
        }
        nn_pool_run(b->call->pool, n, 1, forward_together, &t);
    }
}

static void forward(const nn_op_call *call)
{
    norm_ctx b = find_ctx(call);
    b.y = nn_tensor_f32(call->out);
    if (b.images * b.pixels > 0 && call->training && call->allreduce)
        forward_shared(&b);
    else if (b.images * b.pixels > 0)
        nn_pool_run(call->pool, b.channels, 1, forward_channels, &b);
}

// The numbers of one channel, from the first one on.
static nn_plane_rows rows_of(const norm_ctx *b)
{
    return (nn_plane_rows){b->images, b->pixels, b->channels * b->pixels};
}

// mean and 1 / sqrt(variance + eps) that forward used.
static void find_norm(const norm_ctx *b, int64_t c, double *mean, double *inv)
{
    const bool batch = b->call->training;
    *mean = (double)(batch ? b->saved[c] : b->running_mean[c]);
    *inv = batch ? (double)b->saved[b->channels + c]
                 : 1.0 / sqrt((double)b->running_var[c] + (double)b->params.eps);
}

// Adds the gradients of weight and bias, and returns the sums that they are made of.
static void add_grad_params(const norm_ctx *b, int64_t c, double *gy_sum, double *gy_xhat)
{
    const nn_plane_rows rows = rows_of(b);
    const int64_t at = c * b->pixels;
    double mean, inv, sums[2];
    find_norm(b, c, &mean, &inv);
    b->call->kernels->plane.norm_sums(sums, b->gy + at, b->x + at, (float)mean, &rows);
    *gy_sum = sums[0];
    *gy_xhat = sums[1] * inv;
    if (b->gw)
        b->gw[c] += (float)*gy_xhat;
    if (b->gb)
        b->gb[c] += (float)*gy_sum;
}

// The gradient of x of one channel: scale (gy - mean(gy) - xhat mean(gy xhat)), the last two as
// x * slope + offset. The sums are over `count` numbers.
static void backward_channel(const norm_ctx *b, int64_t c, double gy_sum, double gy_xhat,
                             double count)
{
    double mean, inv, slope = 0.0, offset = 0.0;
    find_norm(b, c, &mean, &inv);
    const double scale = (double)b->weight[c] * inv;
    if (b->call->training) {
        slope = -scale * inv * gy_xhat / count;
        offset = -scale * gy_sum / count - slope * mean;
    }
    const nn_plane_rows rows = rows_of(b);
    const int64_t at = c * b->pixels;
    b->call->kernels->plane.norm_grad(b->gx + at, b->gy + at, b->x + at, (float)scale, (float)slope,
                                      (float)offset, !b->call->unset, &rows);
}

static void backward_channels(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const norm_ctx *b = ctx;
    const double count = (double)b->images * (double)b->pixels;
    for (int64_t c = begin; c < end; c++) {
        double gy_sum, gy_xhat;
        add_grad_params(b, c, &gy_sum, &gy_xhat);
        if (b->gx)
            backward_channel(b, c, gy_sum, gy_xhat, count);
    }
}

static void add_grad_params_together(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    together *t = ctx;
    for (int64_t i = begin; i < end; i++)
        add_grad_params(t->b, t->first + i, &t->one[i], &t->two[i]);
}

static void backward_together(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const together *t = ctx;
    const double count =
        (double)t->b->images * (double)t->b->pixels * (double)t->b->call->allreduce->count;
    for (int64_t i = begin; i < end; i++)
        backward_channel(t->b, t->first + i, t->one[i], t->two[i], count);
}

// Weight and bias get the gradient of this process, as all parameters do. The gradient of x needs
// the sums of all processes.
static void backward_shared(const norm_ctx *b)
{
    const nn_op_allreduce *all = b->call->allreduce;
    together t = {.b = b};
    for (; t.first < b->channels; t.first += TOGETHER) {
        const int64_t left = b->channels - t.first, n = left < TOGETHER ? left : TOGETHER;
        nn_pool_run(b->call->pool, n, 1, add_grad_params_together, &t);
        all->sum(all->ctx, t.one, (int)n);
        all->sum(all->ctx, t.two, (int)n);
        if (b->gx)
            nn_pool_run(b->call->pool, n, 1, backward_together, &t);
    }
}

static void backward(const nn_op_call *call)
{
    norm_ctx b = find_ctx(call);
    b.gy = nn_tensor_f32(call->grad_out);
    b.gx = nn_tensor_f32(&call->grad_in[X]);
    b.gw = nn_tensor_f32(&call->grad_in[WEIGHT]);
    b.gb = nn_tensor_f32(&call->grad_in[BIAS]);
    if (!(b.gx || b.gw || b.gb) || b.images * b.pixels == 0)
        return;
    if (call->training && call->allreduce)
        backward_shared(&b);
    else
        nn_pool_run(call->pool, b.channels, 1, backward_channels, &b);
}

// Packed: the scales of all channel blocks, then the shifts.
static void pack(const nn_op_call *call, void *packed)
{
    const norm_ctx b = find_ctx(call);
    const int64_t lanes = nn_blocked_count(b.channels) * NN_BLOCK;
    float *scale = packed, *shift = scale + lanes;
    for (int64_t c = 0; c < lanes; c++) {
        const bool real = c < b.channels;
        const double inv = real ? 1.0 / sqrt((double)b.running_var[c] + (double)b.params.eps) : 0.0;
        const double times = real ? (double)b.weight[c] * inv : 0.0;
        scale[c] = (float)times;
        shift[c] = real ? (float)((double)b.bias[c] - (double)b.running_mean[c] * times) : 0.0f;
    }
}

static void write_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const nn_op_call *call = ctx;
    const nn_act act = (nn_act)((const nn_batch_norm_params *)call->params)->act;
    const nn_shape *s = &call->out->shape;
    const float *scale = call->packed, *shift = scale + nn_blocked_count(s->dim[1]) * NN_BLOCK;
    for (int64_t u = begin; u < end; u++) {
        const nn_blocked_row at = nn_blocked_row_at(call->out, u);
        const int64_t first = at.block * NN_BLOCK;
        float *y = nn_blocked_row_data(call->out, &at);
        call->kernels->nchw8c.affine(y, nn_blocked_row_data(&call->in[X], &at), scale + first,
                                     shift + first, act == NN_ACT_RELU, s->dim[3]);
        if (act != NN_ACT_NONE && act != NN_ACT_RELU)
            call->kernels->eltwise.act[act](y, y, s->dim[3] * NN_BLOCK);
    }
}

static void run_blocked(const nn_op_call *call)
{
    nn_blocked_run_rows(call->pool, call->out, 1, write_rows, (void *)call);
}

static int find_impls(const nn_op_problem *problem, nn_op_impl *impl)
{
    const uint64_t constants = 1u << WEIGHT | 1u << BIAS | 1u << MEAN | 1u << VAR;
    if ((problem->constant & constants) != constants ||
        !nn_blocked_impl(problem, impl, run_blocked))
        return 0;
    impl->unread = constants;
    impl->packed_bytes =
        2 * (size_t)nn_blocked_count(problem->in[X].dim[1]) * NN_BLOCK * sizeof(float);
    impl->pack = pack;
    return 1;
}

static const nn_field fields[] = {
    {"eps", NN_FIELD_FLOAT, offsetof(nn_batch_norm_params, eps), 1, NULL},
    {"momentum", NN_FIELD_FLOAT, offsetof(nn_batch_norm_params, momentum), 1, NULL},
    {"act", NN_FIELD_ENUM, offsetof(nn_batch_norm_params, act), 1, nn_act_names},
    {0},
};

const nn_op nn_op_batch_norm = {
    .name = "batch_norm",
    .min_in = INPUTS,
    .max_in = INPUTS,
    .no_grad = 1u << MEAN | 1u << VAR,
    .flags = NN_OP_INPLACE | NN_OP_BATCH_STATISTICS | NN_OP_WRITES_GRADIENT,
    .params_size = sizeof(nn_batch_norm_params),
    .fields = fields,
    .shape = find_shape,
    .saved = saved_bytes,
    .macs = count_macs,
    .forward = forward,
    .backward = backward,
    .impls = find_impls,
    .int8 = nn_int8_batch_norm,
};
