// SPDX-License-Identifier: MIT
// What operators on quantised images share, and those that go row by row: to and from float32,
// sums.
#include "nn/ops/common/check.h"
#include "nn/ops/int8/int8.h"
#include "nn/ops/ops.h"

#include <math.h>
#include <string.h>

void nn_int8_run_rows(nn_pool *pool, const nn_tensor *t, int64_t work, nn_task *task, void *ctx)
{
    enum { CHUNK = 2 * NN_OP_CHUNK };
    const int64_t *dim = t->shape.dim, row = dim[3] * NN_BYTE_BLOCK * work;
    const int64_t grain = row > 0 && row < CHUNK ? CHUNK / row : 1;
    nn_pool_run(pool, dim[0] * nn_byte_blocked_count(dim[1]) * dim[2], grain, task, ctx);
}

bool nn_int8_all_bytes(const nn_op_problem *problem, int inputs)
{
    for (int k = 0; k < inputs; k++)
        if (problem->in[k].rank != 4 || problem->quantized[k].scales != 1)
            return false;
    return problem->out->rank == 4 && problem->quantized[problem->n_in].scales == 1;
}

bool nn_int8_is_clamp(nn_act act)
{
    return act == NN_ACT_NONE || act == NN_ACT_RELU || act == NN_ACT_RELU6;
}

bool nn_int8_needs_curve(nn_act act)
{
    return !nn_int8_is_clamp(act) && nn_act_slope(act) == 0;
}

void nn_int8_limits(nn_act act, const nn_op_quantized *out, float *low, float *high)
{
    const bool bytes = out->scale != NULL;
    *low = bytes ? 0 : -INFINITY;
    *high = bytes ? 255 : INFINITY;
    if (act == NN_ACT_RELU || act == NN_ACT_RELU6)
        *low = fmaxf(*low, bytes ? out->zero : 0);
    if (act == NN_ACT_RELU6)
        *high = fminf(*high, bytes ? 6 / *out->scale + out->zero : 6);
}

void nn_int8_limits_around_zero(nn_int8_requant *t, nn_act act, const nn_op_quantized *out)
{
    nn_int8_limits(nn_int8_is_clamp(act) ? act : NN_ACT_NONE, out, &t->low, &t->high);
    t->slope = nn_act_slope(act);
    t->zero = (int)out->zero;
    t->low -= out->zero;
    t->high -= out->zero;
}

// --- to and from float32 ---

static void quantize_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const nn_op_call *call = ctx;
    const nn_tensor *x = &call->in[0], *out = call->out;
    const nn_op_quantized *q = &call->quantized[call->n_in];
    const int64_t *dim = out->shape.dim, width = dim[3];
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        const nn_int8_row at = nn_int8_row_at(out, u);
        uint8_t *y = nn_int8_row_data(out, &at);
        const int64_t channel = at.block * NN_BYTE_BLOCK, left = dim[1] - channel;
        if (x->layout == NN_BLOCKED) {
            const float *low = nn_blocked_at(x, at.n, 2 * at.block, at.y, 0);
            call->kernels->int8rows.quantise(y, low, left > NN_BLOCK ? low + x->plane : NULL,
                                             *q->scale, q->zero, width);
        } else {
            const float *from =
                nn_tensor_f32(x) + ((at.n * dim[1] + channel) * dim[2] + at.y) * width;
            call->kernels->int8rows.quantise_planes(
                y, from, dim[2] * width, left < NN_BYTE_BLOCK ? (int)left : NN_BYTE_BLOCK,
                *q->scale, q->zero, width);
        }
    }
}

static void quantize_run(const nn_op_call *call)
{
    nn_int8_run_rows(call->pool, call->out, 2, quantize_rows, (void *)call);
}

bool nn_int8_quantize(const nn_op_problem *problem, nn_op_impl *impl)
{
    if (problem->in[0].rank != 4 || problem->quantized[problem->n_in].scales != 1)
        return false;
    *impl = (nn_op_impl){.name = "int8",
                         .blocked_in = problem->blocked & 1,
                         .blocked_out = true,
                         .run = quantize_run};
    return true;
}

static void dequantize_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const nn_op_call *call = ctx;
    const nn_tensor *x = &call->in[0], *out = call->out;
    const nn_op_quantized *q = &call->quantized[0];
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        const nn_int8_row at = nn_int8_row_at(x, u);
        float *low = nn_blocked_at(out, at.n, 2 * at.block, at.y, 0);
        const bool both = out->shape.dim[1] - at.block * NN_BYTE_BLOCK > NN_BLOCK;
        call->kernels->int8rows.dequantise(low, both ? low + out->plane : NULL,
                                           nn_int8_row_data(x, &at), *q->scale, q->zero,
                                           out->shape.dim[3]);
    }
}

static void dequantize_run(const nn_op_call *call)
{
    nn_int8_run_rows(call->pool, &call->in[0], 2, dequantize_rows, (void *)call);
}

bool nn_int8_dequantize(const nn_op_problem *problem, nn_op_impl *impl)
{
    if (problem->in[0].rank != 4 || problem->quantized[0].scales != 1)
        return false;
    *impl =
        (nn_op_impl){.name = "int8", .blocked_in = 1, .blocked_out = true, .run = dequantize_run};
    return true;
}

// --- sums ---

typedef struct sum_run {
    const nn_op_call *call;
    nn_int8_sum sum;
} sum_run;

static void add_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const sum_run *r = ctx;
    const nn_tensor *out = r->call->out;
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        const nn_int8_row at = nn_int8_row_at(out, u);
        r->call->kernels->int8rows.add(
            &r->sum, nn_int8_row_data(out, &at), nn_int8_row_data(&r->call->in[0], &at),
            nn_int8_row_data(&r->call->in[1], &at), out->shape.dim[3] * NN_BYTE_BLOCK);
    }
}

// The activation behind the sum is one of limits, or a curve of the real sum.
nn_int8_sum nn_int8_find_sum(const nn_op_quantized *q, nn_act act, nn_int8_curve *curve)
{
    const nn_op_quantized *a = q, *b = a + 1, *out = a + 2;
    const bool follows = !nn_int8_is_clamp(act);
    const float unit = follows ? 2 : 1 / *out->scale;
    nn_int8_sum sum = {.scale = {*a->scale * unit, *b->scale * unit}};
    sum.shift = (follows ? NN_INT8_CURVE_ZERO : out->zero) - a->zero * sum.scale[0] -
                b->zero * sum.scale[1];
    if (follows) {
        nn_int8_make_curve(curve, act, 1 / *out->scale, out->zero);
        sum.curve = curve;
    }
    nn_int8_limits(follows ? NN_ACT_NONE : act, out, &sum.low, &sum.high);
    return sum;
}

static void add_run(const nn_op_call *call)
{
    nn_int8_curve curve;
    sum_run r = {.call = call, .sum = nn_int8_find_sum(call->quantized, call->act, &curve)};
    nn_int8_run_rows(call->pool, call->out, 4, add_rows, &r);
}

bool nn_int8_add(const nn_op_problem *problem, nn_op_impl *impl)
{
    if (!nn_int8_all_bytes(problem, 2) || !nn_shape_equal(&problem->in[0], &problem->in[1]))
        return false;
    const bool vectors = problem->kernels->int8conv.pixels > 1;
    const double each = !vectors ? 10 : nn_int8_is_clamp(problem->act) ? 0.15 : 0.5; // nanoseconds
    *impl = (nn_op_impl){.name = "int8",
                         .blocked_in = 3,
                         .blocked_out = true,
                         .cost = 1e-9 * each * (double)nn_shape_count(problem->out),
                         .run = add_run};
    return true;
}

// --- from one mapping to another ---

void nn_int8_fill_table(uint8_t table[256], const nn_op_quantized *from, const nn_op_quantized *to)
{
    for (int i = 0; i < 256; i++)
        table[i] = nn_int8_quantise(((float)i - from->zero) * *from->scale, *to->scale, to->zero);
}
