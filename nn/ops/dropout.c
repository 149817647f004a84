// SPDX-License-Identifier: MIT
// Zeroes elements (Srivastava 2014) or whole samples (stochastic depth, Huang 2016) in training.
#include "nn/base/rng.h"
#include "nn/ops/common/check.h"
#include "nn/ops/ops.h"

typedef struct dropout_run {
    const nn_op_call *call;
    float p, scale;
    int64_t sample; // elements that share a draw
    int64_t before; // draws of samples in the parts of other processes
    const float *from;
    float *to;
} dropout_run;

static nn_status shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                       nn_error *err)
{
    const nn_dropout_params *p = params;
    (void)n_in;
    nn_status status = nn_op_require("dropout", in, 0, err);
    if (status)
        return status;
    if (!(p->p >= 0.0f && p->p <= 1.0f))
        return nn_fail(err, NN_EINVAL, "dropout: p = %g is not in 0 .. 1", (double)p->p);
    if (p->per_sample && in[0].rank < 1)
        return nn_fail(err, NN_ESHAPE, "dropout: a scalar has no samples");
    *out = in[0];
    return NN_OK;
}

// The draw is a hash of the seed and the index in the whole batch. So forward and backward agree
// without a stored mask, for any number of threads and processes.
static float factor_of(const dropout_run *d, int64_t index)
{
    nn_rng r = nn_rng_stream(d->call->seed, (uint64_t)(d->before + index));
    return nn_rng_uniform(&r) < d->p ? 0.0f : d->scale;
}

static void forward_elements(void *ctx, int64_t begin, int64_t end, int worker)
{
    const dropout_run *d = ctx;
    (void)worker;
    for (int64_t i = begin; i < end; i++) // a factor of 0 must also stop infinities
        d->to[i] = factor_of(d, i) > 0.0f ? d->from[i] * d->scale : 0.0f;
}

static void backward_elements(void *ctx, int64_t begin, int64_t end, int worker)
{
    const dropout_run *d = ctx;
    (void)worker;
    for (int64_t i = begin; i < end; i++)
        d->to[i] += factor_of(d, i) > 0.0f ? d->from[i] * d->scale : 0.0f;
}

static void forward_samples(void *ctx, int64_t begin, int64_t end, int worker)
{
    const dropout_run *d = ctx;
    (void)worker;
    for (int64_t s = begin; s < end; s++) {
        float *to = d->to + s * d->sample;
        if (factor_of(d, s) > 0.0f)
            d->call->kernels->eltwise.affine(to, d->from + s * d->sample, d->scale, 0.0f,
                                             d->sample);
        else
            for (int64_t i = 0; i < d->sample; i++)
                to[i] = 0.0f;
    }
}

static void backward_samples(void *ctx, int64_t begin, int64_t end, int worker)
{
    const dropout_run *d = ctx;
    (void)worker;
    for (int64_t s = begin; s < end; s++)
        if (factor_of(d, s) > 0.0f)
            d->call->kernels->eltwise.axpy(d->to + s * d->sample, d->scale, d->from + s * d->sample,
                                           d->sample);
}

static void run(const nn_op_call *call, const nn_tensor *from, const nn_tensor *to,
                nn_task *elements, nn_task *samples)
{
    const nn_dropout_params *p = call->params;
    const nn_shape *s = &call->out->shape;
    const int64_t size = s->rank > 0 ? nn_shape_span(s, 1, s->rank) : 1;
    dropout_run d = {call,
                     p->p,
                     p->p < 1.0f ? 1.0f / (1.0f - p->p) : 1.0f,
                     p->per_sample ? size : 1,
                     p->per_sample ? call->batch_offset : call->batch_offset * size,
                     nn_tensor_f32(from),
                     nn_tensor_f32(to)};
    if (p->per_sample)
        nn_pool_run(call->pool, s->dim[0], 1, samples, &d);
    else
        nn_pool_run(call->pool, nn_shape_count(s), NN_OP_CHUNK, elements, &d);
}

static bool is_identity(const nn_op_call *call)
{
    const nn_dropout_params *p = call->params;
    return !call->training || p->p <= 0.0f;
}

static void forward(const nn_op_call *call)
{
    if (is_identity(call))
        nn_op_copy(call);
    else
        run(call, &call->in[0], call->out, forward_elements, forward_samples);
}

static void backward(const nn_op_call *call)
{
    if (is_identity(call))
        nn_op_copy_backward(call);
    else if (call->grad_in[0].data)
        run(call, call->grad_out, &call->grad_in[0], backward_elements, backward_samples);
}

static const nn_field fields[] = {
    {"p", NN_FIELD_FLOAT, offsetof(nn_dropout_params, p), 1, NULL},
    {"per_sample", NN_FIELD_INT, offsetof(nn_dropout_params, per_sample), 1, NULL},
    {0},
};

const nn_op nn_op_dropout = {
    .name = "dropout",
    .min_in = 1,
    .max_in = 1,
    .flags = NN_OP_INPLACE | NN_OP_RANDOM,
    .params_size = sizeof(nn_dropout_params),
    .fields = fields,
    .shape = shape,
    .forward = forward,
    .backward = backward,
};
