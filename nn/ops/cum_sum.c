// SPDX-License-Identifier: MIT
// Running sums along an axis.
#include "nn/ops/common/check.h"
#include "nn/ops/ops.h"

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    const nn_cum_sum_params *p = params;
    int axis;
    (void)n_in;
    nn_status status = nn_op_require("cum_sum", in, 0, err);
    *out = in[0];
    return status ? status : nn_op_axis("cum_sum", p->axis, &in[0], &axis, err);
}

typedef struct sum_run {
    int64_t size, inner;
    bool exclusive, reverse, add; // add: to what y holds
    const float *x;
    float *y;
} sum_run;

static void sum_columns(void *ctx, int64_t begin, int64_t end, int worker)
{
    const sum_run *s = ctx;
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        const int64_t first = u / s->inner * s->size * s->inner + u % s->inner;
        double sum = 0;
        for (int64_t i = 0; i < s->size; i++) {
            const int64_t at = first + (s->reverse ? s->size - 1 - i : i) * s->inner;
            const double before = sum;
            sum += s->x[at];
            const float v = (float)(s->exclusive ? before : sum);
            s->y[at] = s->add ? s->y[at] + v : v;
        }
    }
}

static void run(const nn_op_call *call, sum_run *s)
{
    const nn_cum_sum_params *p = call->params;
    const nn_shape *shape = &call->in[0].shape;
    const int axis = nn_op_axis_of(p->axis, shape);
    s->size = shape->dim[axis];
    s->inner = nn_shape_span(shape, axis + 1, shape->rank);
    s->exclusive = p->exclusive != 0;
    if (s->size > 0)
        nn_pool_run(call->pool, nn_shape_count(shape) / s->size,
                    s->size < NN_OP_CHUNK / 4 ? NN_OP_CHUNK / 4 / s->size : 1, sum_columns, s);
}

static void forward(const nn_op_call *call)
{
    const nn_cum_sum_params *p = call->params;
    run(call, &(sum_run){.reverse = p->reverse != 0,
                         .x = nn_tensor_f32(&call->in[0]),
                         .y = nn_tensor_f32(call->out)});
}

// The gradient of a running sum is the running sum of the gradient from the other end.
static void backward(const nn_op_call *call)
{
    const nn_cum_sum_params *p = call->params;
    if (call->grad_in[0].data)
        run(call, &(sum_run){.reverse = p->reverse == 0,
                             .add = true,
                             .x = nn_tensor_f32(call->grad_out),
                             .y = nn_tensor_f32(&call->grad_in[0])});
}

static const nn_field fields[] = {
    {"axis", NN_FIELD_INT, offsetof(nn_cum_sum_params, axis), 1, NULL},
    {"exclusive", NN_FIELD_INT, offsetof(nn_cum_sum_params, exclusive), 1, NULL},
    {"reverse", NN_FIELD_INT, offsetof(nn_cum_sum_params, reverse), 1, NULL},
    {0},
};

const nn_op nn_op_cum_sum = {
    .name = "cum_sum",
    .min_in = 1,
    .max_in = 1,
    .params_size = sizeof(nn_cum_sum_params),
    .fields = fields,
    .shape = find_shape,
    .forward = forward,
    .backward = backward,
};
