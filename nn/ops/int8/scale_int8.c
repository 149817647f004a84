// SPDX-License-Identifier: MIT
// Products on quantised images: a factor for each channel (batch norm, the gate of squeeze and
// excitation), and number by number.
#include "nn/base/memory.h"
#include "nn/ops/int8/int8.h"
#include "nn/ops/ops.h"

#include <math.h>
#include <string.h>

enum { X, WEIGHT, BIAS, MEAN, VAR }; // inputs of batch_norm
enum { LANES = NN_BYTE_BLOCK };

// --- batch norm ---

typedef struct norm_parts {
    nn_int8_curve *curve;
    float *scale, *shift;
} norm_parts;

static size_t find_parts(int64_t channels, const void *packed, norm_parts *parts)
{
    char *at = (char *)packed;
    const size_t curve = nn_align_up(sizeof(nn_int8_curve));
    const size_t row = nn_align_up((size_t)nn_byte_blocked_count(channels) * LANES * sizeof(float));
    if (parts)
        *parts =
            (norm_parts){(nn_int8_curve *)at, (float *)(at + curve), (float *)(at + curve + row)};
    return curve + 2 * row;
}

nn_act nn_int8_norm_act(const void *params, nn_act after)
{
    const nn_act own = (nn_act)((const nn_batch_norm_params *)params)->act;
    return own == NN_ACT_NONE ? after : own;
}

nn_int8_channel nn_int8_find_norm(const nn_int8_norm *n, int64_t c)
{
    const bool curve = nn_int8_needs_curve(n->act);
    const double unit = curve ? 2 : 1 / (double)*n->out->scale; // of a real number, in y
    const double times = (double)n->weight[c] / sqrt((double)n->var[c] + (double)n->eps);
    const double shift = (double)n->bias[c] - (double)n->mean[c] * times;
    return (nn_int8_channel){
        .scale = (float)(times * (double)*n->x->scale * unit),
        .shift = (float)(shift * unit + (curve ? NN_INT8_CURVE_ZERO : 0)),
    };
}

static void norm_pack(const nn_op_call *call, void *packed)
{
    const nn_batch_norm_params *p = call->params;
    const nn_int8_norm n = {.x = &call->quantized[X],
                            .out = &call->quantized[call->n_in],
                            .act = nn_int8_norm_act(p, call->act),
                            .eps = p->eps,
                            .weight = nn_tensor_f32(&call->in[WEIGHT]),
                            .bias = nn_tensor_f32(&call->in[BIAS]),
                            .mean = nn_tensor_f32(&call->in[MEAN]),
                            .var = nn_tensor_f32(&call->in[VAR])};
    const int64_t channels = call->out->shape.dim[1];
    norm_parts parts;
    memset(packed, 0, find_parts(channels, packed, &parts));
    for (int64_t c = 0; c < channels; c++) {
        const nn_int8_channel channel = nn_int8_find_norm(&n, c);
        parts.scale[c] = channel.scale;
        parts.shift[c] = channel.shift;
    }
    nn_int8_make_curve(parts.curve, n.act, 1 / *n.out->scale, 0);
}

typedef struct norm_run {
    const nn_op_call *call;
    nn_int8_requant requant;
} norm_run;

static void norm_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const norm_run *r = ctx;
    const nn_tensor *out = r->call->out;
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        const nn_int8_row at = nn_int8_row_at(out, u);
        nn_int8_requant t = r->requant;
        t.scale += at.block * LANES;
        t.shift += at.block * LANES;
        r->call->kernels->int8rows.affine(
            &t, (int)r->call->quantized[X].zero, nn_int8_row_data(out, &at),
            nn_int8_row_data(&r->call->in[X], &at), out->shape.dim[3]);
    }
}

static void norm(const nn_op_call *call)
{
    const nn_act act = nn_int8_norm_act(call->params, call->act);
    const nn_op_quantized *out = &call->quantized[call->n_in];
    norm_parts parts;
    find_parts(call->out->shape.dim[1], call->packed, &parts);
    norm_run r = {call, {.scale = parts.scale, .shift = parts.shift}};
    if (nn_int8_needs_curve(act))
        r.requant.curve = parts.curve;
    nn_int8_limits_around_zero(&r.requant, act, out);
    nn_int8_run_rows(call->pool, call->out, 3, norm_rows, &r);
}

bool nn_int8_batch_norm(const nn_op_problem *problem, nn_op_impl *impl)
{
    const uint64_t constants = 1u << WEIGHT | 1u << BIAS | 1u << MEAN | 1u << VAR;
    const nn_act own = (nn_act)((const nn_batch_norm_params *)problem->params)->act;
    if (!nn_int8_all_bytes(problem, 1) || (problem->constant & constants) != constants ||
        (own != NN_ACT_NONE && problem->act != NN_ACT_NONE))
        return false;
    const bool vectors = problem->kernels->int8conv.pixels > 1;
    const bool curve = nn_int8_needs_curve(nn_int8_norm_act(problem->params, problem->act));
    const double each = !vectors ? 10 : curve ? 0.5 : 0.12; // nanoseconds
    *impl = (nn_op_impl){.name = "int8",
                         .blocked_in = 1 << X,
                         .blocked_out = true,
                         .unread = constants,
                         .packed_bytes = find_parts(problem->out->dim[1], NULL, NULL),
                         .cost = 1e-9 * each * (double)nn_shape_count(problem->out),
                         .pack = norm_pack,
                         .run = norm};
    return true;
}

// --- products ---

typedef struct product_run {
    const nn_op_call *call;
    int image, gate; // inputs
    nn_int8_product product;
} product_run;

static void product_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const product_run *r = ctx;
    const nn_op_call *call = r->call;
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        const nn_int8_row at = nn_int8_row_at(call->out, u);
        call->kernels->int8rows.multiply(
            &r->product, nn_int8_row_data(call->out, &at), nn_int8_row_data(&call->in[0], &at),
            nn_int8_row_data(&call->in[1], &at), call->out->shape.dim[3] * LANES);
    }
}

// The gate is float32 and dense: a number for each channel, of each image or of all.
static void gate_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const product_run *r = ctx;
    const nn_op_call *call = r->call;
    const nn_op_quantized *q = &call->quantized[r->image], *out = &call->quantized[call->n_in];
    const nn_tensor *gate = &call->in[r->gate];
    const int64_t channels = call->out->shape.dim[1], of_gate = gate->shape.dim[1];
    const float none[LANES] = {0}, unit = *q->scale / *out->scale;
    nn_int8_requant t = {.shift = none};
    nn_int8_limits_around_zero(&t, NN_ACT_NONE, out);
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        const nn_int8_row at = nn_int8_row_at(call->out, u);
        const float *g = nn_tensor_f32(gate) + (gate->shape.dim[0] > 1 ? at.n * of_gate : 0);
        float scale[LANES] = {0};
        for (int64_t i = 0; i < LANES && at.block * LANES + i < channels; i++)
            scale[i] = unit * g[of_gate > 1 ? at.block * LANES + i : 0];
        t.scale = scale;
        call->kernels->int8rows.affine(&t, (int)q->zero, nn_int8_row_data(call->out, &at),
                                       nn_int8_row_data(&call->in[r->image], &at),
                                       call->out->shape.dim[3]);
    }
}

static void product(const nn_op_call *call)
{
    const nn_op_quantized *a = &call->quantized[0], *b = a + 1, *out = a + 2;
    product_run r = {.call = call, .image = a->scale ? 0 : 1, .gate = a->scale ? 1 : 0};
    if (!a->scale || !b->scale) {
        nn_int8_run_rows(call->pool, call->out, 3, gate_rows, &r);
        return;
    }
    r.product = (nn_int8_product){.zero = {(int)a->zero, (int)b->zero},
                                  .out_zero = (int)out->zero,
                                  .scale = *a->scale * *b->scale / *out->scale,
                                  .low = -out->zero,
                                  .high = 255 - out->zero};
    nn_int8_run_rows(call->pool, call->out, 4, product_rows, &r);
}

// Whether `gate` has a number for each channel of `image`, or one for all.
static bool is_gate(const nn_shape *gate, const nn_shape *image)
{
    return gate->rank == 4 && gate->dim[2] == 1 && gate->dim[3] == 1 &&
           (gate->dim[0] == 1 || gate->dim[0] == image->dim[0]) &&
           (gate->dim[1] == 1 || gate->dim[1] == image->dim[1]);
}

bool nn_int8_mul(const nn_op_problem *problem, nn_op_impl *impl)
{
    const nn_op_quantized *q = problem->quantized;
    const int image = q[0].scale ? 0 : 1;
    const bool both = q[0].scale && q[1].scale;
    if (problem->act != NN_ACT_NONE || problem->out->rank != 4 || q[2].scales != 1 ||
        q[image].scales != 1 || !nn_shape_equal(&problem->in[image], problem->out))
        return false;
    if (both ? q[1].scales != 1 || !nn_shape_equal(&problem->in[1], problem->out)
             : !is_gate(&problem->in[1 - image], problem->out))
        return false;
    const double each = problem->kernels->int8conv.pixels > 1 ? 0.15 : 10; // nanoseconds
    *impl = (nn_op_impl){.name = "int8",
                         .blocked_in = both ? 3 : 1 << image,
                         .blocked_out = true,
                         .cost = 1e-9 * each * (double)nn_shape_count(problem->out),
                         .run = product};
    return true;
}
