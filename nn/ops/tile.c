// SPDX-License-Identifier: MIT
// Repeats a tensor along its axes.
#include "nn/ops/common/check.h"
#include "nn/ops/ops.h"

#include <string.h>

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    const nn_tile_params *p = params;
    char text[96];
    (void)n_in;
    nn_status status = nn_op_require("tile", in, 0, err);
    if (status)
        return status;
    nn_shape_text(&in[0], text, sizeof text);
    if (p->rank != in[0].rank)
        return nn_fail(err, NN_ESHAPE, "tile: repeats of %d axes for a tensor of %s", p->rank,
                       text);
    *out = in[0];
    for (int i = 0; i < p->rank; i++)
        if (p->repeats[i] < 1 || __builtin_mul_overflow(in[0].dim[i], p->repeats[i], &out->dim[i]))
            return nn_fail(err, NN_ESHAPE, "tile: axis %d of %s %d times", i, text, p->repeats[i]);
    return NN_OK;
}

// Offset in the input of output row `row` (along the last axis).
static int64_t find_row(const nn_shape *in, const nn_shape *out, int64_t row)
{
    int64_t offset = 0, stride = in->rank ? in->dim[in->rank - 1] : 1;
    for (int i = out->rank - 2; i >= 0; i--) {
        offset += row % out->dim[i] % in->dim[i] * stride;
        stride *= in->dim[i];
        row /= out->dim[i];
    }
    return offset;
}

typedef struct row_size {
    int64_t rows, in, out; // number of output rows, elements of a row
} row_size;

static row_size find_rows(const nn_shape *in, const nn_shape *out)
{
    const int last = out->rank - 1;
    if (last < 0)
        return (row_size){1, 1, 1};
    return (row_size){nn_shape_span(out, 0, last), in->dim[last], out->dim[last]};
}

static void forward_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const nn_op_call *call = ctx;
    const nn_shape *in = &call->in[0].shape, *out = &call->out->shape;
    const row_size size = find_rows(in, out);
    (void)worker;
    for (int64_t row = begin; row < end; row++) {
        const float *x = nn_tensor_f32(&call->in[0]) + find_row(in, out, row);
        float *y = nn_tensor_f32(call->out) + row * size.out;
        for (int64_t at = 0; at < size.out; at += size.in)
            memcpy(y + at, x, (size_t)size.in * sizeof *y);
    }
}

static void forward(const nn_op_call *call)
{
    const row_size size = find_rows(&call->in[0].shape, &call->out->shape);
    if (nn_shape_count(&call->out->shape) > 0)
        nn_pool_run(call->pool, size.rows, size.out < NN_OP_CHUNK ? NN_OP_CHUNK / size.out : 1,
                    forward_rows, (void *)call);
}

// One thread in a fixed order, because every copy adds to the same gradient.
static void backward(const nn_op_call *call)
{
    const nn_shape *in = &call->in[0].shape, *out = &call->grad_out->shape;
    const row_size size = find_rows(in, out);
    if (!call->grad_in[0].data || nn_shape_count(out) == 0)
        return;
    for (int64_t row = 0; row < size.rows; row++) {
        float *gx = nn_tensor_f32(&call->grad_in[0]) + find_row(in, out, row);
        const float *gy = nn_tensor_f32(call->grad_out) + row * size.out;
        for (int64_t at = 0; at < size.out; at += size.in)
            call->kernels->eltwise.add(gx, gx, gy + at, size.in);
    }
}

static const nn_field fields[] = {
    {"rank", NN_FIELD_INT, offsetof(nn_tile_params, rank), 1, NULL},
    {"repeats", NN_FIELD_INT, offsetof(nn_tile_params, repeats), NN_MAX_RANK, NULL},
    {0},
};

const nn_op nn_op_tile = {
    .name = "tile",
    .min_in = 1,
    .max_in = 1,
    .params_size = sizeof(nn_tile_params),
    .fields = fields,
    .shape = find_shape,
    .forward = forward,
    .backward = backward,
};
