// SPDX-License-Identifier: MIT
// linear in bfloat16 in compiled plans: a row is a place of the kernel of convolution, and its
// output channels lie side by side.
#include "nn/ops/linear/linear_bf16.h"
#include "nn/base/arith.h"
#include "nn/base/memory.h"

#include <string.h>

enum { X, WEIGHT, BIAS };
enum { DEEP = NN_BF16_BLOCK, PANEL = NN_PANEL_CHANNELS, PAIRS = DEEP / 2, LANES = 8 };

// Packed: biases [panel][16], weights [panel][stretch][16 pairs][16][2]. The rounded rows: blocks
// of 32 inputs, in each all rows.
typedef struct bf16_linear {
    const nn_op_call *call;
    int64_t rows, inputs, outputs, panels;
    int stretches;
    nn_act act;
    uint16_t *copy, *weight;
    int32_t *offset;
} bf16_linear;

static bf16_linear find_linear(const nn_shape *x, int64_t outputs)
{
    const int64_t inputs = x->dim[x->rank - 1];
    return (bf16_linear){.rows = nn_shape_span(x, 0, x->rank - 1),
                         .inputs = inputs,
                         .outputs = outputs,
                         .panels = nn_divide_up(outputs, PANEL),
                         .stretches = (int)nn_divide_up(inputs, DEEP)};
}

static bf16_linear find_call(const nn_op_call *call)
{
    const nn_shape *out = &call->out->shape;
    bf16_linear l = find_linear(&call->in[X].shape, out->dim[out->rank - 1]);
    l.call = call;
    l.act = (nn_act)((const nn_linear_params *)call->params)->act;
    return l;
}

static size_t bias_bytes(const bf16_linear *l)
{
    return nn_align_up((size_t)(l->panels * PANEL) * sizeof(float));
}

static int64_t panel_numbers(const bf16_linear *l)
{
    return (int64_t)l->stretches * DEEP * PANEL;
}

static size_t packed_bytes(const bf16_linear *l)
{
    return bias_bytes(l) + (size_t)(l->panels * panel_numbers(l)) * sizeof(uint16_t);
}

// Index: panel.
static void pack_panels(void *ctx, int64_t begin, int64_t end, int worker)
{
    const bf16_linear *l = ctx;
    const float *weight = nn_tensor_f32(&l->call->in[WEIGHT]);
    (void)worker;
    for (int64_t p = begin; p < end; p++) {
        uint16_t *to = l->weight + p * panel_numbers(l);
        for (int64_t pair = 0; pair < (int64_t)l->stretches * PAIRS; pair++, to += 2 * PANEL) {
            float row[2 * PANEL] = {0};
            for (int64_t k = 0; k < 2 * PANEL; k++) {
                const int64_t o = p * PANEL + k / 2, from = 2 * pair + k % 2;
                if (o < l->outputs && from < l->inputs)
                    row[k] = weight[o * l->inputs + from];
            }
            l->call->kernels->cast.bf16_from_f32(to, row, 2 * PANEL);
        }
    }
}

static void pack(const nn_op_call *call, void *packed)
{
    bf16_linear l = find_call(call);
    memset(packed, 0, bias_bytes(&l));
    if (call->n_in > BIAS && call->in[BIAS].data)
        memcpy(packed, call->in[BIAS].data, (size_t)l.outputs * sizeof(float));
    l.weight = (uint16_t *)(void *)((char *)packed + bias_bytes(&l));
    nn_pool_run(call->pool, l.panels, 1, pack_panels, &l);
}

static void copy_rows(const bf16_linear *l)
{
    const float *x = nn_tensor_f32(&l->call->in[X]);
    for (int s = 0; s < l->stretches; s++) {
        const int64_t first = (int64_t)s * DEEP, count = nn_min(DEEP, l->inputs - first);
        uint16_t *to = l->copy + first * l->rows;
        l->offset[s] = (int32_t)(first * l->rows);
        for (int64_t r = 0; r < l->rows; r++, to += DEEP) {
            l->call->kernels->cast.bf16_from_f32(to, x + r * l->inputs + first, count);
            memset(to + count, 0, (size_t)(DEEP - count) * sizeof *to);
        }
    }
}

// Index: pair of panels.
static void run_tasks(void *ctx, int64_t begin, int64_t end, int worker)
{
    const bf16_linear *l = ctx;
    const nn_bf16_conv_kernels *k = &l->call->kernels->bf16conv;
    const int64_t panel = 2 * begin, last = nn_min(2 * end, l->panels), first = panel * PANEL;
    const int64_t outputs = nn_min(last * PANEL, l->outputs) - first;
    float *y = nn_tensor_f32(l->call->out) + first;
    const nn_bf16_conv t = {.x = l->copy,
                            .offset = l->offset,
                            .stretches = l->stretches,
                            .pitch = 1,
                            .width = 1,
                            .weight = l->weight + panel * panel_numbers(l),
                            .bias = (const float *)l->call->packed + first,
                            .panels = (int)(last - panel),
                            .channels = (int)outputs,
                            .relu = l->act == NN_ACT_RELU,
                            .out = y,
                            .plane = LANES,
                            .row = l->outputs};
    (void)worker;
    if (k->begin)
        k->begin();
    k->run(&t, 0, l->rows);
    if (k->end)
        k->end();
    for (int64_t r = 0; r < l->rows && l->act != NN_ACT_NONE && !t.relu; r++)
        l->call->kernels->eltwise.act[l->act](y + r * l->outputs, y + r * l->outputs, outputs);
}

static void run(const nn_op_call *call)
{
    enum { GRAIN = 4 }; // pairs of panels
    bf16_linear l = find_call(call);
    l.offset = call->scratch;
    l.copy = (uint16_t *)(void *)((char *)call->scratch +
                                  nn_align_up((size_t)l.stretches * sizeof(int32_t)));
    l.weight = (uint16_t *)(void *)((char *)call->packed + bias_bytes(&l));
    copy_rows(&l);
    nn_pool_run(call->pool, nn_divide_up(l.panels, 2), GRAIN, run_tasks, &l);
}

bool nn_linear_find_bf16(const nn_op_problem *problem, nn_op_impl *impl)
{
    const double bytes = 20e9, fast = 40e9; // a second: from memory, products of float32
    const int64_t most = 1 << 30;           // numbers that offsets reach
    const bool bias = problem->n_in > BIAS && problem->in[BIAS].rank >= 0;
    const uint64_t constants = 1 << WEIGHT | (bias ? 1 << BIAS : 0);
    const bool vectors = problem->kernels->microkernel.pixels > 1;
    const double speed = problem->kernels->bf16conv.speed;
    const bf16_linear l = find_linear(&problem->in[X], problem->in[WEIGHT].dim[0]);
    const int64_t copied = (l.rows + NN_BF16_SLACK) * l.stretches * DEEP;
    if (!problem->bf16 || problem->exact || (vectors && speed <= 0) ||
        (problem->constant & constants) != constants || l.rows < 1 || l.inputs < 1 ||
        l.outputs < 1 || l.outputs % LANES || copied > most)
        return false;
    const double macs = (double)(l.rows * l.panels) * PANEL * (double)l.stretches * DEEP;
    *impl = (nn_op_impl){
        .name = "linear_bf16",
        .unread = constants,
        .packed_bytes = packed_bytes(&l),
        .scratch_bytes =
            nn_align_up((size_t)l.stretches * sizeof(int32_t)) + (size_t)copied * sizeof(uint16_t),
        .cost = (double)packed_bytes(&l) / bytes + macs / (speed > 0 ? fast * speed : 0.5e9),
        .pack = pack,
        .run = run,
    };
    return true;
}
