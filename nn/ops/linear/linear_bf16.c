// SPDX-License-Identifier: MIT
// linear in bfloat16 in compiled plans: a row is a place of the kernel of convolution, and its
// output channels lie side by side. Or in float32 that is split into sums of two bfloat16. A task
// is some rows times some panels of sixteen outputs; a thread copies the rows of its task.
#include "nn/ops/linear/linear_bf16.h"
#include "nn/base/arith.h"
#include "nn/base/memory.h"

#include <string.h>

enum { X, WEIGHT, BIAS };
enum { DEEP = NN_BF16_BLOCK, PANEL = NN_PANEL_CHANNELS, STRETCH = DEEP * PANEL, LANES = 8 };

// Packed: biases [panel][16], weights [panel][stretch][term][16 pairs][16][2]. The copy of rows:
// blocks of 32 inputs, in each all rows of the task.
typedef struct bf16_linear {
    const nn_op_call *call;
    int64_t rows, inputs, outputs, panels;
    int stretches;
    bool split;
    int64_t strip, strips, parts; // rows of a task; tasks of a panel; tasks that share rows
    int64_t term;                 // numbers of a term of the copy
    nn_act act;
    int32_t *offset;
    char *copies; // copy_bytes for each thread
} bf16_linear;

static int terms(const bf16_linear *l)
{
    return l->split ? 2 : 1;
}

// Threads share panels where weights take more memory than rows, otherwise rows.
static void cut(bf16_linear *l, int threads)
{
    enum { STRIP = 1024 * 1024, TASKS = 4, FEWEST = 96 }; // bytes; tasks of a thread; rows
    const int64_t row = (int64_t)l->stretches * DEEP * terms(l) * (int64_t)sizeof(uint16_t);
    const int64_t want = threads > 1 ? (int64_t)threads * TASKS : 1;
    const bool heavy = l->panels * PANEL > l->rows;
    int64_t strip = nn_max(FEWEST, STRIP / nn_max(row, 1));
    if (!heavy && nn_divide_up(l->rows, strip) < want)
        strip = nn_max(FEWEST, nn_divide_up(l->rows, want));
    l->strips = nn_divide_up(l->rows, nn_min(strip, l->rows));
    l->strip = nn_divide_up(l->rows, l->strips);
    l->strips = nn_divide_up(l->rows, l->strip);
    l->parts = nn_max(1, nn_min(nn_divide_up(l->panels, 2), nn_divide_up(want, l->strips)));
    l->term = (l->strip + NN_BF16_SLACK) * l->stretches * DEEP;
}

static bf16_linear find_linear(const nn_shape *x, int64_t outputs, bool split, int threads)
{
    const int64_t inputs = x->dim[x->rank - 1];
    bf16_linear l = {.rows = nn_shape_span(x, 0, x->rank - 1),
                     .inputs = inputs,
                     .outputs = outputs,
                     .panels = nn_divide_up(outputs, PANEL),
                     .stretches = (int)nn_divide_up(inputs, DEEP),
                     .split = split};
    if (l.rows > 0)
        cut(&l, threads);
    return l;
}

static bf16_linear find_call(const nn_op_call *call, bool split)
{
    const nn_shape *out = &call->out->shape;
    bf16_linear l = find_linear(&call->in[X].shape, out->dim[out->rank - 1], split,
                                nn_pool_threads(call->pool));
    l.call = call;
    l.act = (nn_act)((const nn_linear_params *)call->params)->act;
    return l;
}

// --- packed constants ---

static size_t bias_bytes(const bf16_linear *l)
{
    return nn_align_up((size_t)(l->panels * PANEL) * sizeof(float));
}

static int64_t panel_numbers(const bf16_linear *l)
{
    return (int64_t)l->stretches * terms(l) * STRETCH;
}

static size_t packed_bytes(const bf16_linear *l)
{
    return bias_bytes(l) + (size_t)(l->panels * panel_numbers(l)) * sizeof(uint16_t);
}

static uint16_t *weights_of(const bf16_linear *l, const void *packed)
{
    return (uint16_t *)(uintptr_t)((const char *)packed + bias_bytes(l));
}

typedef struct packing {
    bf16_linear l;
    void *packed;
} packing;

// Index: panel.
static void pack_panels(void *ctx, int64_t begin, int64_t end, int worker)
{
    const packing *p = ctx;
    const bf16_linear *l = &p->l;
    const float *weight = nn_tensor_f32(&l->call->in[WEIGHT]);
    (void)worker;
    for (int64_t i = begin; i < end; i++) {
        uint16_t *panel = weights_of(l, p->packed) + i * panel_numbers(l);
        for (int64_t o = 0; o < PANEL; o++)
            for (int64_t s = 0; s < l->stretches; s++) {
                const int64_t output = i * PANEL + o, first = s * DEEP;
                float row[DEEP] = {0};
                if (output < l->outputs)
                    memcpy(row, weight + output * l->inputs + first,
                           (size_t)nn_min(DEEP, l->inputs - first) * sizeof *row);
                nn_bf16_conv_pack(&l->call->kernels->bf16conv,
                                  panel + s * terms(l) * STRETCH + 2 * o, row, l->split);
            }
    }
}

static void pack(const nn_op_call *call, void *packed, bool split)
{
    packing p = {find_call(call, split), packed};
    memset(packed, 0, bias_bytes(&p.l));
    if (call->n_in > BIAS && call->in[BIAS].data)
        memcpy(packed, call->in[BIAS].data, (size_t)p.l.outputs * sizeof(float));
    nn_pool_run(call->pool, p.l.panels, 1, pack_panels, &p);
}

static void pack_rounded(const nn_op_call *call, void *packed)
{
    pack(call, packed, false);
}

static void pack_split(const nn_op_call *call, void *packed)
{
    pack(call, packed, true);
}

// --- running ---

// What a thread has copied, and the copy.
typedef struct row_copy {
    int64_t strip; // its number, or -1
    _Alignas(64) uint16_t number[];
} row_copy;

static size_t offset_bytes(const bf16_linear *l)
{
    return nn_align_up((size_t)l->stretches * sizeof(int32_t));
}

static size_t copy_bytes(const bf16_linear *l)
{
    return nn_align_up(sizeof(row_copy) + (size_t)(terms(l) * l->term) * sizeof(uint16_t));
}

static row_copy *copy_of(const bf16_linear *l, int worker)
{
    return (row_copy *)(void *)(l->copies + (size_t)worker * copy_bytes(l));
}

// Copies 32 inputs, or the last ones, of some rows that are `apart` floats apart.
static void copy_inputs(const bf16_linear *l, const float *x, int64_t count, int64_t apart,
                        int64_t rows, uint16_t *to)
{
    const nn_bf16_conv_kernels *k = &l->call->kernels->bf16conv;
    const int blocks = (int)(count / LANES);
    if (l->split)
        k->split(to, l->term, x, LANES, blocks, apart, rows, NULL);
    else
        k->convert(to, x, LANES, blocks, apart, rows);
}

static void copy_rows(const bf16_linear *l, int64_t first, int64_t rows, uint16_t *copy)
{
    const float *x = nn_tensor_f32(&l->call->in[X]) + first * l->inputs;
    for (int s = 0; s < l->stretches; s++, copy += l->strip * DEEP) {
        const int64_t from = (int64_t)s * DEEP, count = nn_min(DEEP, l->inputs - from);
        if (count % LANES == 0) {
            copy_inputs(l, x + from, count, l->inputs, rows, copy);
            continue;
        }
        for (int64_t r = 0; r < rows; r++) {
            float row[DEEP] = {0};
            memcpy(row, x + r * l->inputs + from, (size_t)count * sizeof *row);
            copy_inputs(l, row, DEEP, DEEP, 1, copy + r * DEEP);
        }
    }
}

static void run_task(const bf16_linear *l, int64_t first, int64_t rows, int64_t panel,
                     int64_t panels, const uint16_t *copy)
{
    const nn_bf16_conv_kernels *k = &l->call->kernels->bf16conv;
    const int64_t output = panel * PANEL, count = nn_min(panels * PANEL, l->outputs - output);
    float *y = nn_tensor_f32(l->call->out) + first * l->outputs + output;
    const nn_bf16_conv t = {
        .x = copy,
        .low = l->term,
        .offset = l->offset,
        .stretches = l->stretches,
        .pitch = 1,
        .width = 1,
        .weight = weights_of(l, l->call->packed) + panel * panel_numbers(l),
        .bias = (const float *)l->call->packed + output,
        .panels = (int)panels,
        .channels = (int)count,
        .act = nn_act_early(l->act),
        .late = l->act == nn_act_early(l->act) ? NULL : l->call->kernels->eltwise.act[l->act],
        .out = y,
        .plane = LANES,
        .row = l->outputs};
    (l->split ? k->run_split : k->run)(&t, 0, rows);
}

// Index: strip of rows, part of the panels.
static void run_tasks(void *ctx, int64_t begin, int64_t end, int worker)
{
    const bf16_linear *l = ctx;
    const nn_bf16_conv_kernels *k = &l->call->kernels->bf16conv;
    const int64_t pairs = nn_divide_up(l->panels, 2);
    row_copy *copy = copy_of(l, worker);
    if (k->begin)
        k->begin();
    for (int64_t i = begin; i < end; i++) {
        const int64_t part = i % l->parts, strip = i / l->parts, first = strip * l->strip;
        const int64_t rows = nn_min(l->strip, l->rows - first);
        const int64_t panel = 2 * (pairs * part / l->parts);
        const int64_t last = nn_min(2 * (pairs * (part + 1) / l->parts), l->panels);
        if (copy->strip != strip)
            copy_rows(l, first, rows, copy->number);
        copy->strip = strip;
        run_task(l, first, rows, panel, last - panel, copy->number);
    }
    if (k->end)
        k->end();
}

static void run(const nn_op_call *call, bool split)
{
    bf16_linear l = find_call(call, split);
    l.offset = call->scratch;
    l.copies = (char *)call->scratch + offset_bytes(&l);
    for (int s = 0; s < l.stretches; s++)
        l.offset[s] = (int32_t)(s * l.strip * DEEP);
    for (int i = 0; i < nn_pool_threads(call->pool); i++)
        copy_of(&l, i)->strip = -1;
    nn_pool_run(call->pool, l.strips * l.parts, 1, run_tasks, &l);
}

static void run_rounded(const nn_op_call *call)
{
    run(call, false);
}

static void run_split(const nn_op_call *call)
{
    run(call, true);
}

// --- finding ---

static bool find(const nn_op_problem *problem, bool split, nn_op_impl *impl)
{
    const double bytes = 20e9, fast = 40e9; // a second: from memory, products of float32
    const int64_t most = 1 << 30;           // numbers that offsets reach
    const nn_bf16_conv_kernels *k = &problem->kernels->bf16conv;
    const bool bias = problem->n_in > BIAS && problem->in[BIAS].rank >= 0;
    const uint64_t constants = 1 << WEIGHT | (bias ? 1 << BIAS : 0);
    const bool vectors = problem->kernels->microkernel.pixels > 1;
    const double speed = split ? k->split_speed : k->speed;
    const bf16_linear l = // with one thread strips are longest
        find_linear(&problem->in[X], problem->in[WEIGHT].dim[0], split, 1);
    if (problem->exact || (vectors && speed <= 0) || (problem->constant & constants) != constants ||
        l.rows < 1 || l.inputs < 1 || l.outputs < 1 || l.outputs % LANES || l.term > most)
        return false;
    const double macs = (double)(l.rows * l.panels) * PANEL * (double)l.stretches * DEEP;
    *impl = (nn_op_impl){
        .name = split ? "linear_bf16x2" : "linear_bf16",
        .unread = constants,
        .packed_bytes = packed_bytes(&l),
        .scratch_bytes = offset_bytes(&l) + (size_t)problem->threads * copy_bytes(&l),
        .cost = (double)packed_bytes(&l) / bytes +
                macs / (speed > 0 ? fast * speed : 0.5e9 / terms(&l)),
        .pack = split ? pack_split : pack_rounded,
        .run = split ? run_split : run_rounded,
    };
    return true;
}

bool nn_linear_find_bf16(const nn_op_problem *problem, nn_op_impl *impl)
{
    return problem->bf16 && find(problem, false, impl);
}

bool nn_linear_find_bf16x2(const nn_op_problem *problem, nn_op_impl *impl)
{
    return problem->split && find(problem, true, impl);
}
