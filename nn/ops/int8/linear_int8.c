// SPDX-License-Identifier: MIT
// Dense layers on whole numbers: a row of the input is one pixel of a 1x1 convolution. The rows are
// float32 that stand for bytes, and become bytes here; results are float32.
#include "nn/base/arith.h"
#include "nn/base/memory.h"
#include "nn/ops/int8/int8.h"
#include "nn/ops/ops.h"

#include <math.h>
#include <string.h>

enum { X, WEIGHT, BIAS };
enum { LANES = NN_INT8_BLOCK, QUAD = 4 * LANES };

typedef struct linear_size {
    int64_t rows, inputs, outputs;
    int64_t stretches, panels; // of sixteen inputs, outputs
} linear_size;

static linear_size find_size(const nn_shape *x, const nn_shape *weight)
{
    linear_size s = {.rows = nn_shape_span(x, 0, x->rank - 1),
                     .inputs = weight->dim[1],
                     .outputs = weight->dim[0]};
    s.stretches = nn_divide_up(s.inputs, LANES);
    s.panels = nn_divide_up(s.outputs, LANES);
    return s;
}

typedef struct linear_parts {
    int32_t *start;
    float *scale, *shift;
    char *weight, *panel; // packed ones; room to pack a panel from
} linear_parts;

static size_t find_parts(const linear_size *s, int weight_bytes, const void *packed,
                         linear_parts *parts)
{
    char *at = (char *)packed;
    const size_t row = nn_align_up((size_t)(s->panels * LANES) * sizeof(float));
    const size_t panel = (size_t)(s->stretches * 4 * QUAD);
    const size_t weights = nn_align_up((size_t)s->panels * panel * (size_t)weight_bytes);
    if (parts)
        *parts = (linear_parts){(int32_t *)at, (float *)(at + row), (float *)(at + 2 * row),
                                at + 3 * row, at + 3 * row + weights};
    return 3 * row + weights + panel;
}

static void pack(const nn_op_call *call, void *packed)
{
    const nn_int8_conv_kernels *k = nn_int8_kernels_for(call->kernels, &call->quantized[WEIGHT]);
    const linear_size s = find_size(&call->in[X].shape, &call->in[WEIGHT].shape);
    const nn_op_quantized *q = call->quantized;
    const bool bias = call->n_in > BIAS && call->in[BIAS].data;
    const int64_t quads = s.stretches * 4;
    linear_parts p;
    memset(packed, 0, find_parts(&s, k->weight_bytes, packed, &p));
    for (int64_t o = 0; o < s.outputs; o++) {
        const float *w = nn_tensor_f32(&call->in[WEIGHT]) + o * s.inputs;
        const float w_scale = q[WEIGHT].scale[q[WEIGHT].scales > 1 ? o : 0];
        int64_t sum = 0;
        for (int64_t i = 0; i < s.inputs; i++) {
            p.panel[i / 4 * QUAD + o % LANES * 4 + i % 4] = (char)(int8_t)w[i];
            sum += (int8_t)w[i];
        }
        p.start[o] = (int32_t)(-sum * ((int64_t)q[X].zero - k->centre));
        p.scale[o] = *q[X].scale * w_scale;
        p.shift[o] = bias ? nn_tensor_f32(&call->in[BIAS])[o] : 0;
        if ((o + 1) % LANES && o + 1 < s.outputs)
            continue;
        k->pack(p.weight + (size_t)(o / LANES * quads * QUAD) * (size_t)k->weight_bytes,
                (const int8_t *)p.panel, quads);
        memset(p.panel, 0, (size_t)(quads * QUAD));
    }
}

typedef struct linear_run {
    const nn_op_call *call;
    linear_size size;
    linear_parts parts;
    nn_int8_conv t;
    uint8_t *bytes; // rows of stretches
    float *results; // rows of panels
} linear_run;

static void quantise_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const linear_run *r = ctx;
    const nn_op_quantized *q = &r->call->quantized[X];
    const int64_t inputs = r->size.inputs, length = r->size.stretches * LANES;
    (void)worker;
    for (int64_t row = begin; row < end; row++) {
        const float *x = nn_tensor_f32(&r->call->in[X]) + row * inputs;
        uint8_t *to = r->bytes + row * length;
        memset(to + inputs, 0, (size_t)(length - inputs));
        for (int64_t i = 0; i < inputs; i++)
            to[i] = nn_int8_quantise(x[i], *q->scale, q->zero);
    }
}

// Index: some panels. Results of a row lie side by side, in whole panels.
static void run_panels(void *ctx, int64_t begin, int64_t end, int worker)
{
    const linear_run *r = ctx;
    const nn_int8_conv_kernels *k =
        nn_int8_kernels_for(r->call->kernels, &r->call->quantized[WEIGHT]);
    const linear_size *s = &r->size;
    const nn_act act = (nn_act)((const nn_linear_params *)r->call->params)->act;
    (void)worker;
    for (int64_t i = begin; i < end; i++) {
        const int64_t panel = i * k->panels, channel = panel * LANES;
        const int64_t last = nn_min(channel + k->panels * LANES, s->outputs);
        nn_int8_conv t = r->t;
        t.panels = (int)nn_min((int64_t)k->panels, s->panels - panel);
        t.weight =
            r->parts.weight + (size_t)(panel * s->stretches * 4 * QUAD) * (size_t)k->weight_bytes;
        t.start += channel;
        t.requant.scale += channel;
        t.requant.shift += channel;
        t.channels = (int)(last - channel);
        for (int64_t row = 0; row < s->rows; row++) {
            float *y = nn_tensor_f32(r->call->out) + row * s->outputs + channel;
            t.real = r->results + row * s->panels * LANES + channel;
            k->run(&t, r->bytes + row * s->stretches * LANES, NULL, NULL, 1);
            if (!nn_int8_is_clamp(act))
                r->call->kernels->eltwise.act[act](t.real, t.real, last - channel);
            memcpy(y, t.real, (size_t)(last - channel) * sizeof *y);
        }
    }
}

static void run(const nn_op_call *call)
{
    const nn_act act = (nn_act)((const nn_linear_params *)call->params)->act;
    const nn_int8_conv_kernels *k = nn_int8_kernels_for(call->kernels, &call->quantized[WEIGHT]);
    linear_run r = {.call = call, .size = find_size(&call->in[X].shape, &call->in[WEIGHT].shape)};
    const linear_size *s = &r.size;
    int32_t *offset = call->scratch;
    if (s->rows == 0 || s->outputs == 0)
        return;
    r.results = (float *)(offset + s->stretches);
    r.bytes = (uint8_t *)(r.results + s->rows * s->panels * LANES);
    find_parts(s, k->weight_bytes, call->packed, &r.parts);
    for (int64_t i = 0; i < s->stretches; i++)
        offset[i] = (int32_t)(i * LANES);
    r.t = (nn_int8_conv){.offset = offset,
                         .stretches = (int)s->stretches,
                         .quads = 4,
                         .in_row = (int)s->stretches,
                         .step = LANES,
                         .start = r.parts.start,
                         .real_plane = 8};
    r.t.requant.scale = r.parts.scale;
    r.t.requant.shift = r.parts.shift;
    nn_int8_limits(nn_int8_is_clamp(act) ? act : NN_ACT_NONE, &call->quantized[call->n_in],
                   &r.t.requant.low, &r.t.requant.high);
    nn_pool_run(call->pool, s->rows, nn_divide_up(1 << 14, nn_max(s->inputs, 1)), quantise_rows,
                &r);
    nn_pool_run(call->pool, nn_divide_up(s->panels, k->panels), 1, run_panels, &r);
}

bool nn_int8_linear(const nn_op_problem *problem, nn_op_impl *impl)
{
    const nn_op_quantized *q = problem->quantized;
    const nn_shape *x = &problem->in[X], *weight = &problem->in[WEIGHT];
    const bool bias = problem->n_in > BIAS && problem->in[BIAS].rank >= 0;
    if (x->rank < 1 || weight->rank != 2 || q[X].scales != 1 || !q[WEIGHT].scale ||
        q[WEIGHT].zero != 0 || !(problem->constant >> WEIGHT & 1) || problem->act != NN_ACT_NONE ||
        (bias && (!(problem->constant >> BIAS & 1) || q[BIAS].scale)) || q[problem->n_in].scale ||
        weight->dim[1] > INT32_MAX / (255 * 128) / 2) // every sum stays within 32 bits
        return false;
    const nn_int8_conv_kernels *k = nn_int8_kernels_for(problem->kernels, &q[WEIGHT]);
    const linear_size s = find_size(x, weight);
    // Of one core: bytes a second from memory; products a nanosecond where nothing is known.
    const double memory = 20e9, unknown = 250, speed = k->speed > 0 ? k->speed : unknown;
    const double weights = (double)(s.inputs * s.outputs);
    *impl = (nn_op_impl){
        .name = "int8_linear",
        .unread = 1 << WEIGHT | (bias ? 1 << BIAS : 0),
        .packed_bytes = find_parts(&s, k->weight_bytes, NULL, NULL),
        .scratch_bytes = (size_t)s.stretches * sizeof(int32_t) +
                         (size_t)(s.rows * s.panels * LANES) * sizeof(float) +
                         (size_t)(s.rows * s.stretches * LANES),
        .cost = weights * k->weight_bytes / memory + 1e-9 * weights * (double)s.rows / speed,
        .pack = pack,
        .run = run,
    };
    return true;
}
