// SPDX-License-Identifier: MIT
// Implementations of linear in compiled plans. Those for few rows are here: reading the weights
// takes all of their time.
#include "nn/ops/linear/linear_impls.h"
#include "nn/base/memory.h"
#include "nn/ops/linear/linear_bf16.h"
#include "nn/ops/linear/linear_gemm.h"

enum { X, WEIGHT, BIAS };
// More rows than MAX_ROWS are for linear_gemm.c. CHUNK: weights of a task; packing takes as many as
// a huge page has.
enum { MAX_ROWS = 12, CHUNK = 1 << 16, PACK_CHUNK = 1 << 19, ROWS = 8 };

typedef struct linear_run {
    const nn_op_call *call;
    int64_t rows, inputs, outputs;
    int64_t chunk; // outputs of a task
    bool half;
} linear_run;

static int64_t count_rows(const nn_shape *x)
{
    return nn_shape_span(x, 0, x->rank - 1);
}

// Index: output.
static void run_outputs(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const linear_run *l = ctx;
    const nn_op_call *call = l->call;
    const nn_act act = (nn_act)((const nn_linear_params *)call->params)->act;
    const float *bias = call->n_in > BIAS ? nn_tensor_f32(&call->in[BIAS]) : NULL;
    nn_gemv g = {.ld = l->inputs,
                 .rows = end - begin,
                 .n = l->inputs,
                 .x = nn_tensor_f32(&call->in[X]),
                 .ldx = l->inputs,
                 .vectors = (int)l->rows,
                 .y = nn_tensor_f32(call->out) + begin,
                 .ldy = l->outputs};
    if (l->half) {
        g.matrix = (const uint16_t *)call->packed + begin * l->inputs;
        call->kernels->gemv.f16(&g);
    } else {
        g.matrix = nn_tensor_f32(&call->in[WEIGHT]) + begin * l->inputs;
        call->kernels->gemv.f32(&g);
    }
    for (int64_t r = 0; r < l->rows; r++) {
        float *y = g.y + r * g.ldy;
        if (bias)
            call->kernels->eltwise.add(y, y, bias + begin, end - begin);
        if (act != NN_ACT_NONE)
            call->kernels->eltwise.act[act](y, y, end - begin);
    }
}

static void run(const nn_op_call *call, bool half)
{
    const nn_shape *x = &call->in[X].shape;
    linear_run l = {
        .call = call,
        .rows = count_rows(x),
        .inputs = x->dim[x->rank - 1],
        .outputs = call->out->shape.dim[x->rank - 1],
        .half = half,
    };
    if (l.rows == 0 || l.outputs == 0)
        return;
    l.chunk = CHUNK / (l.inputs + 1) / ROWS * ROWS;
    nn_pool_run(call->pool, l.outputs, l.chunk < ROWS ? ROWS : l.chunk, run_outputs, &l);
}

static void run_full(const nn_op_call *call)
{
    run(call, false);
}

static void run_half(const nn_op_call *call)
{
    run(call, true);
}

typedef struct packing {
    const nn_op_call *call;
    uint16_t *to;
} packing;

static void convert(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const packing *p = ctx;
    const float *from = nn_tensor_f32(&p->call->in[WEIGHT]) + begin;
    p->call->kernels->cast.f16_from_f32(p->to + begin, from, end - begin);
    if (p->call->spend)
        nn_memory_discard(from, (size_t)(end - begin) * sizeof *from);
}

static void pack_half(const nn_op_call *call, void *packed)
{
    packing p = {call, packed};
    nn_pool_run(call->pool, nn_shape_count(&call->in[WEIGHT].shape), PACK_CHUNK, convert, &p);
}

// Splitting pays for many rows only: few wait for the weights, which gemv reads where they lie.
static int add_bf16(const nn_op_problem *problem, bool many, nn_op_impl *impls, int count)
{
    nn_op_impl impl;
    if (nn_linear_find_bf16(problem, &impl))
        count = nn_op_add_impl(impls, count, &impl);
    if (many && nn_linear_find_bf16x2(problem, &impl))
        count = nn_op_add_impl(impls, count, &impl);
    return count;
}

int nn_linear_impls(const nn_op_problem *problem, nn_op_impl *impls)
{
    // Of one core: bytes a second from memory, multiplications a second with and without vectors.
    const double bytes = 20e9, fast = 20e9, plain = 0.5e9;
    const double weights = (double)nn_shape_count(&problem->in[WEIGHT]);
    const int64_t rows = count_rows(&problem->in[X]);
    const double macs = weights * (double)rows;
    const double compute = macs / (problem->kernels->microkernel.pixels > 1 ? fast : plain);
    if (rows > MAX_ROWS) {
        int count = nn_linear_find_gemm(problem, impls);
        nn_op_impl strassen;
        if (count && nn_linear_find_strassen(problem, &impls[0], &strassen))
            count = nn_op_add_impl(impls, count, &strassen);
        return add_bf16(problem, true, impls, count);
    }
    int count = 0;
    if (problem->half && !problem->exact && problem->constant >> WEIGHT & 1)
        impls[count++] = (nn_op_impl){
            .name = "gemv_f16",
            .unread = 1 << WEIGHT,
            .packed_bytes = (size_t)weights * sizeof(uint16_t),
            .cost = weights * sizeof(uint16_t) / bytes + compute / 2,
            .pack = pack_half,
            .run = run_half,
        };
    impls[count++] = (nn_op_impl){
        .name = "gemv",
        .cost = weights * sizeof(float) / bytes + compute / 2,
        .run = run_full,
    };
    return add_bf16(problem, false, impls, count);
}
