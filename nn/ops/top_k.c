// SPDX-License-Identifier: MIT
// Places of the largest or smallest elements along an axis. Has no gradient.
#include "nn/ops/common/check.h"
#include "nn/ops/ops.h"

#include <math.h>

enum { MAX_PLACES = 1 << 24 }; // float32 holds places exactly up to here

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    const nn_top_k_params *p = params;
    int axis;
    (void)n_in;
    nn_status status = nn_op_require("top_k", in, 0, err);
    if (!status)
        status = nn_op_axis("top_k", p->axis, &in[0], &axis, err);
    if (status)
        return status;
    if (p->k < 0 || p->k > in[0].dim[axis] || in[0].dim[axis] > MAX_PLACES)
        return nn_fail(err, NN_ESHAPE, "top_k: %d of an axis of %lld", p->k,
                       (long long)in[0].dim[axis]);
    *out = in[0];
    out->dim[axis] = p->k;
    return NN_OK;
}

// A heap of places for each thread.
static size_t scratch_bytes(const void *params, const nn_shape *in, int n_in, const nn_shape *out,
                            int threads, bool backward)
{
    const nn_top_k_params *p = params;
    (void)in, (void)n_in, (void)out, (void)backward;
    return (size_t)threads * (size_t)p->k * sizeof(int32_t);
}

typedef struct column {
    const float *x;
    int64_t step;
    bool smallest;
} column;

// Whether place a comes before place b.
static bool is_before(const column *c, int32_t a, int32_t b)
{
    const float p = c->x[a * c->step], q = c->x[b * c->step];
    if (isnan(p) || isnan(q))
        return isnan(p) && isnan(q) ? a < b : (isnan(p) != 0) != c->smallest;
    return p == q ? a < b : (p > q) != c->smallest;
}

// Sinks heap[i] so that each parent comes behind its children.
static void sink(const column *c, int32_t *heap, int32_t count, int32_t i)
{
    for (;;) {
        int32_t last = i;
        for (int32_t child = 2 * i + 1; child <= 2 * i + 2 && child < count; child++)
            last = is_before(c, heap[last], heap[child]) ? child : last;
        if (last == i)
            return;
        const int32_t moved = heap[i];
        heap[i] = heap[last];
        heap[last] = moved;
        i = last;
    }
}

// The first k places of `size` in order.
static void select_places(const column *c, int32_t *heap, int32_t k, int32_t size)
{
    for (int32_t i = 0; i < k; i++)
        heap[i] = i;
    for (int32_t i = k / 2; i-- > 0;)
        sink(c, heap, k, i);
    for (int32_t i = k; i < size; i++)
        if (is_before(c, i, heap[0])) {
            heap[0] = i;
            sink(c, heap, k, 0);
        }
    for (int32_t n = k - 1; n > 0; n--) {
        const int32_t last = heap[0];
        heap[0] = heap[n];
        heap[n] = last;
        sink(c, heap, n, 0);
    }
}

static void forward_columns(void *ctx, int64_t begin, int64_t end, int worker)
{
    const nn_op_call *call = ctx;
    const nn_top_k_params *p = call->params;
    const nn_shape *s = &call->in[0].shape;
    const int axis = nn_op_axis_of(p->axis, s);
    const int64_t inner = nn_shape_span(s, axis + 1, s->rank), size = s->dim[axis];
    int32_t *heap = (int32_t *)call->scratch + (int64_t)worker * p->k;
    for (int64_t u = begin; u < end; u++) {
        const column c = {nn_tensor_f32(&call->in[0]) + u / inner * size * inner + u % inner, inner,
                          p->smallest != 0};
        float *y = nn_tensor_f32(call->out) + u / inner * p->k * inner + u % inner;
        select_places(&c, heap, p->k, (int32_t)size);
        for (int32_t i = 0; i < p->k; i++)
            y[i * inner] = (float)heap[i];
    }
}

static void forward(const nn_op_call *call)
{
    const nn_top_k_params *p = call->params;
    if (p->k > 0)
        nn_pool_run(call->pool, nn_shape_count(&call->out->shape) / p->k, 1, forward_columns,
                    (void *)call);
}

static const nn_field fields[] = {
    {"axis", NN_FIELD_INT, offsetof(nn_top_k_params, axis), 1, NULL},
    {"k", NN_FIELD_INT, offsetof(nn_top_k_params, k), 1, NULL},
    {"smallest", NN_FIELD_INT, offsetof(nn_top_k_params, smallest), 1, NULL},
    {0},
};

const nn_op nn_op_top_k = {
    .name = "top_k",
    .min_in = 1,
    .max_in = 1,
    .no_grad = 1u << 0,
    .params_size = sizeof(nn_top_k_params),
    .fields = fields,
    .shape = find_shape,
    .scratch = scratch_bytes,
    .forward = forward,
};
