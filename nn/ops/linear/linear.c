// SPDX-License-Identifier: MIT
// Fully connected layer over the last axis.
#include "nn/ops/int8/int8.h"
#include "nn/ops/linear/linear_batch.h"
#include "nn/ops/linear/linear_impls.h"

#include "nn/base/arith.h"

// Tiles of the output that one task computes; fixed, so that results do not depend on the threads.
enum { ROW_BLOCK = 64, COLUMN_BLOCK = 128 };

enum { X, WEIGHT, BIAS };

typedef struct linear_ctx {
    const nn_op_call *call;
    int64_t rows, inputs, outputs;
    const float *x, *weight, *bias, *gy;
    float *y, *gx, *gw, *gb;
} linear_ctx;

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    const nn_linear_params *p = params;
    const nn_shape *x = &in[X], *w = &in[WEIGHT];
    char xs[80], ws[80];
    nn_shape_text(x, xs, sizeof xs);
    nn_shape_text(w, ws, sizeof ws);
    if (p->act < 0 || p->act >= NN_ACT_COUNT)
        return nn_fail(err, NN_EINVAL, "linear: unknown activation %d", p->act);
    if (x->rank < 1 || w->rank != 2)
        return nn_fail(err, NN_ESHAPE, "linear: x %s must be (N,...,I) and weight %s (O,I)", xs,
                       ws);
    if (x->dim[x->rank - 1] != w->dim[1])
        return nn_fail(err, NN_ESHAPE, "linear: x %s has %lld features, weight %s needs %lld", xs,
                       (long long)x->dim[x->rank - 1], ws, (long long)w->dim[1]);
    if (n_in > BIAS && in[BIAS].rank >= 0 && (in[BIAS].rank != 1 || in[BIAS].dim[0] != w->dim[0]))
        return nn_fail(err, NN_ESHAPE, "linear: bias %s does not fit %lld outputs",
                       nn_shape_text(&in[BIAS], xs, sizeof xs), (long long)w->dim[0]);
    *out = *x;
    out->dim[x->rank - 1] = w->dim[0];
    return NN_OK;
}

static double count_macs(const void *params, const nn_shape *in, int n_in, const nn_shape *out)
{
    (void)params, (void)n_in;
    return (double)nn_shape_count(out) * (double)in[WEIGHT].dim[1];
}

static size_t scratch_bytes(const void *params, const nn_shape *in, int n_in, const nn_shape *out,
                            int threads, bool backward)
{
    (void)params, (void)n_in, (void)out, (void)threads, (void)backward;
    return nn_linear_batch_scratch(nn_shape_span(&in[X], 0, in[X].rank - 1), in[WEIGHT].dim[1],
                                   in[WEIGHT].dim[0]);
}

static linear_ctx find_ctx(const nn_op_call *call, const nn_tensor *out)
{
    const nn_shape *x = &call->in[X].shape;
    return (linear_ctx){
        .call = call,
        .rows = nn_shape_span(x, 0, x->rank - 1),
        .inputs = x->dim[x->rank - 1],
        .outputs = out->shape.dim[out->shape.rank - 1],
        .x = nn_tensor_f32(&call->in[X]),
        .weight = nn_tensor_f32(&call->in[WEIGHT]),
        .bias = call->n_in > BIAS ? nn_tensor_f32(&call->in[BIAS]) : NULL,
    };
}

// Adds x W^T of a tile to y, or writes it without a bias. A tile of few rows reads W in place, some
// inputs at a time so that x stays in the cache: packing W would take longer than multiplying it.
static void multiply_tile(const linear_ctx *l, int64_t r0, int64_t rows, int64_t o0,
                          int64_t outputs, float *y)
{
    enum { FEW = 48, PIECE = 1024 };
    const nn_kernels *k = l->call->kernels;
    const float *x = l->x + r0 * l->inputs, *w = l->weight + o0 * l->inputs;
    float part[FEW * COLUMN_BLOCK];
    if (rows > FEW) {
        k->gemm.sgemm(false, true, rows, outputs, l->inputs, 1.0f, x, l->inputs, w, l->inputs,
                      l->bias ? 1.0f : 0.0f, y, l->outputs);
        return;
    }
    for (int64_t i = 0; i < l->inputs; i += PIECE) {
        const bool first = i == 0 && !l->bias;
        const nn_gemv g = {.matrix = w + i,
                           .ld = l->inputs,
                           .rows = outputs,
                           .n = nn_min(PIECE, l->inputs - i),
                           .x = x + i,
                           .ldx = l->inputs,
                           .vectors = (int)rows,
                           .y = first ? y : part,
                           .ldy = first ? l->outputs : COLUMN_BLOCK};
        k->gemv.f32(&g);
        for (int64_t r = 0; r < rows && !first; r++)
            k->eltwise.add(y + r * l->outputs, y + r * l->outputs, part + r * COLUMN_BLOCK,
                           outputs);
    }
}

static void forward_blocks(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const linear_ctx *l = ctx;
    const nn_kernels *kernels = l->call->kernels;
    nn_act act = (nn_act)((const nn_linear_params *)l->call->params)->act;
    int64_t columns = nn_divide_up(l->outputs, COLUMN_BLOCK);
    for (int64_t t = begin; t < end; t++) {
        int64_t r0 = t / columns * ROW_BLOCK, rn = nn_min(l->rows - r0, ROW_BLOCK);
        int64_t o0 = t % columns * COLUMN_BLOCK, on = nn_min(l->outputs - o0, COLUMN_BLOCK);
        float *y = l->y + r0 * l->outputs + o0;
        if (l->bias)
            for (int64_t r = 0; r < rn; r++)
                for (int64_t o = 0; o < on; o++)
                    y[r * l->outputs + o] = l->bias[o0 + o];
        multiply_tile(l, r0, rn, o0, on, y);
        if (act != NN_ACT_NONE)
            for (int64_t r = 0; r < rn; r++)
                kernels->eltwise.act[act](y + r * l->outputs, y + r * l->outputs, on);
    }
}

static nn_linear_batch batch_of(const linear_ctx *l)
{
    return (nn_linear_batch){l->call, l->rows, l->inputs, l->outputs, l->x, l->weight};
}

// Adds the bias to a small batch and applies the activation.
static void finish_rows(const linear_ctx *l)
{
    const nn_eltwise_kernels *k = &l->call->kernels->eltwise;
    const nn_act act = (nn_act)((const nn_linear_params *)l->call->params)->act;
    for (int64_t r = 0; r < l->rows; r++) {
        float *y = l->y + r * l->outputs;
        if (l->bias)
            k->add(y, y, l->bias, l->outputs);
        if (act != NN_ACT_NONE)
            k->act[act](y, y, l->outputs);
    }
}

static void forward(const nn_op_call *call)
{
    linear_ctx l = find_ctx(call, call->out);
    l.y = nn_tensor_f32(call->out);
    const nn_linear_batch batch = batch_of(&l);
    if (nn_linear_batch_fits(&batch)) {
        nn_linear_batch_forward(&batch, l.y);
        finish_rows(&l);
        return;
    }
    int64_t blocks = nn_divide_up(l.rows, ROW_BLOCK) * nn_divide_up(l.outputs, COLUMN_BLOCK);
    nn_pool_run(call->pool, blocks, 1, forward_blocks, &l);
}

static void backward_x(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const linear_ctx *l = ctx;
    int64_t columns = nn_divide_up(l->inputs, COLUMN_BLOCK);
    for (int64_t t = begin; t < end; t++) {
        int64_t r0 = t / columns * ROW_BLOCK, i0 = t % columns * COLUMN_BLOCK;
        l->call->kernels->gemm.sgemm(false, false, nn_min(l->rows - r0, ROW_BLOCK),
                                     nn_min(l->inputs - i0, COLUMN_BLOCK), l->outputs, 1.0f,
                                     l->gy + r0 * l->outputs, l->outputs, l->weight + i0, l->inputs,
                                     1.0f, l->gx + r0 * l->inputs + i0, l->inputs);
    }
}

// Tiles of the weight gradient; each sums over all rows.
static void backward_weight(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const linear_ctx *l = ctx;
    int64_t columns = nn_divide_up(l->inputs, COLUMN_BLOCK);
    for (int64_t t = begin; t < end; t++) {
        int64_t o0 = t / columns * ROW_BLOCK, i0 = t % columns * COLUMN_BLOCK;
        l->call->kernels->gemm.sgemm(true, false, nn_min(l->outputs - o0, ROW_BLOCK),
                                     nn_min(l->inputs - i0, COLUMN_BLOCK), l->rows, 1.0f,
                                     l->gy + o0, l->outputs, l->x + i0, l->inputs, 1.0f,
                                     l->gw + o0 * l->inputs + i0, l->inputs);
    }
}

static void backward(const nn_op_call *call)
{
    linear_ctx l = find_ctx(call, call->grad_out);
    l.gy = nn_tensor_f32(call->grad_out);
    l.gx = nn_tensor_f32(&call->grad_in[X]);
    l.gw = nn_tensor_f32(&call->grad_in[WEIGHT]);
    l.gb = call->n_in > BIAS ? nn_tensor_f32(&call->grad_in[BIAS]) : NULL;
    int64_t columns = nn_divide_up(l.inputs, COLUMN_BLOCK);
    const nn_linear_batch batch = batch_of(&l);
    const bool few = nn_linear_batch_fits(&batch);
    if (l.gx && few)
        nn_linear_batch_input(&batch, l.gy, l.gx);
    else if (l.gx)
        nn_pool_run(call->pool, nn_divide_up(l.rows, ROW_BLOCK) * columns, 1, backward_x, &l);
    if (l.gw && few)
        nn_linear_batch_weight(&batch, l.gy, l.gw);
    else if (l.gw)
        nn_pool_run(call->pool, nn_divide_up(l.outputs, ROW_BLOCK) * columns, 1, backward_weight,
                    &l);
    if (l.gb)
        for (int64_t o = 0; o < l.outputs; o++) {
            double sum = 0.0;
            for (int64_t r = 0; r < l.rows; r++)
                sum += l.gy[r * l.outputs + o];
            l.gb[o] += (float)sum;
        }
}

static const nn_field fields[] = {
    {"act", NN_FIELD_ENUM, offsetof(nn_linear_params, act), 1, nn_act_names},
    {0},
};

const nn_op nn_op_linear = {
    .name = "linear",
    .min_in = 2,
    .max_in = 3,
    .flags = NN_OP_INT8_DENSE,
    .params_size = sizeof(nn_linear_params),
    .fields = fields,
    .shape = find_shape,
    .scratch = scratch_bytes,
    .macs = count_macs,
    .forward = forward,
    .backward = backward,
    .impls = nn_linear_impls,
    .int8 = nn_int8_linear,
};
