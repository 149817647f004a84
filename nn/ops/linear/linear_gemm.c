// SPDX-License-Identifier: MIT
// linear of many rows in compiled plans, by the microkernel. A row is a pixel of it, and weights
// are packed in panels of sixteen outputs. A thread copies the rows of its task into blocks of
// eight inputs, as images have them, because the microkernel is fastest on pixels side by side. The
// inputs are summed in parts, so that rows and the weights of a panel stay in the second-level
// cache.
#include "nn/ops/linear/linear_gemm.h"
#include "nn/base/arith.h"
#include "nn/tensor/blocked.h"

#include <string.h>

enum { X, WEIGHT, BIAS, PANEL = NN_PANEL_CHANNELS, LINE = 16 };
// Most rows of a task, and floats of them that are summed at once; rows that a task should have for
// each thread to own some; inputs of a part; panels of a task; tasks of a thread.
enum { ROWS = 128, FLOATS = 1 << 16, OWN = 32, PART = 1024, GROUP = 16, TASKS = 8 };
// The same where panels are multiplied in pairs. Such cores have a larger second-level cache, and
// are so fast that fetching the weights for each task anew would take as long as the products.
enum { PAIR_ROWS = 256, PAIR_FLOATS = 1 << 18, PAIR_PART = 768 };

// Packed: biases [panel][16], weights [panel][input][16]. `row_tasks` times `parts` tasks. Rows are
// divided evenly into tiles of the microkernel, and tiles into tasks: a tile that is nearly empty
// takes as long as a full one. Tasks of the same rows follow each other, and the pool gives each
// thread a range of tasks. So a thread finds rows in its own cache that it wrote a layer before.
typedef struct gemm_layout {
    const nn_op_call *call;
    int64_t rows, inputs, outputs, panels;
    int64_t tiles, row_tasks, parts;
    int64_t part;          // inputs that are summed at once
    int64_t room;          // for rows of a task, in the copy
    const int32_t *offset; // of blocks in the copy
    bool half;
    nn_act act;
} gemm_layout;

static gemm_layout find_gemm_layout(const nn_shape *x, int64_t outputs, const nn_kernels *kernels,
                                    int threads, bool half)
{
    const int pixels = kernels->microkernel.pixels;
    gemm_layout t = {.rows = nn_shape_span(x, 0, x->rank - 1),
                     .inputs = x->dim[x->rank - 1],
                     .outputs = outputs,
                     .panels = nn_divide_up(outputs, PANEL),
                     .half = half};
    const bool pairs = nn_microkernel_panels(&kernels->microkernel) == 2;
    t.part = nn_min(t.inputs, pairs ? PAIR_PART : PART);
    const int64_t fit = (pairs ? PAIR_FLOATS : FLOATS) / nn_max(1, t.part) / pixels;
    const int64_t most = nn_max(1, nn_min(fit, (pairs ? PAIR_ROWS : ROWS) / pixels)); // tiles
    const bool own = threads > 1 && t.rows >= (int64_t)threads * OWN;
    t.tiles = nn_divide_up(t.rows, pixels);
    t.room = nn_min(t.rows, most * pixels);
    if (own)
        t.tiles = nn_divide_up(t.tiles, threads) * threads;
    t.row_tasks = nn_divide_up(t.tiles, most);
    if (own)
        t.row_tasks = nn_divide_up(t.row_tasks, threads) * threads;
    t.parts = nn_divide_up(t.panels, GROUP);
    if (threads > 1 && t.row_tasks > 0)
        t.parts = nn_max(t.parts, nn_min(t.panels, nn_divide_up(threads * TASKS, t.row_tasks)));
    return t;
}

// Floats of the copy of the rows of a task, and of all that a thread needs: which rows it has
// copied, sums of a panel that is not full, and the copy.
static int64_t copy_floats(const gemm_layout *t)
{
    return nn_divide_up(t->inputs, NN_BLOCK) * t->room * NN_BLOCK;
}

static int64_t thread_floats(const gemm_layout *t)
{
    return LINE + t->room * PANEL + nn_divide_up(copy_floats(t), LINE) * LINE;
}

// The first row of a task.
static int64_t first_row(const gemm_layout *t, int64_t task)
{
    return t->rows * (t->tiles * task / t->row_tasks) / t->tiles;
}

static size_t packed_bytes(const gemm_layout *t)
{
    const size_t bias = (size_t)(t->panels * PANEL) * sizeof(float);
    return bias +
           bias / sizeof(float) * (size_t)t->inputs * (t->half ? sizeof(uint16_t) : sizeof(float));
}

static const void *weight_at(const gemm_layout *t, const void *packed, int64_t panel, int64_t input)
{
    const float *weight = (const float *)packed + t->panels * PANEL;
    const int64_t at = (panel * t->inputs + input) * PANEL;
    return t->half ? (const void *)((const uint16_t *)(const void *)weight + at) : weight + at;
}

// Index: panel.
typedef struct packing {
    gemm_layout t;
    void *to;
} packing;

static void pack_panels(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const packing *p = ctx;
    const gemm_layout *t = &p->t;
    const float *weight = nn_tensor_f32(&t->call->in[WEIGHT]);
    for (int64_t i = begin * t->inputs; i < end * t->inputs; i++) {
        const int64_t panel = i / t->inputs, input = i % t->inputs;
        float lanes[PANEL] = {0};
        for (int64_t o = panel * PANEL; o < nn_min((panel + 1) * PANEL, t->outputs); o++)
            lanes[o % PANEL] = weight[o * t->inputs + input];
        void *to = (void *)(uintptr_t)weight_at(t, p->to, panel, input);
        if (t->half)
            t->call->kernels->cast.f16_from_f32(to, lanes, PANEL);
        else
            memcpy(to, lanes, sizeof lanes);
    }
}

static void pack(const nn_op_call *call, void *packed, bool half)
{
    packing p = {find_gemm_layout(&call->in[X].shape,
                                  call->out->shape.dim[call->out->shape.rank - 1], call->kernels, 1,
                                  half),
                 packed};
    p.t.call = call;
    memset(packed, 0, (size_t)(p.t.panels * PANEL) * sizeof(float));
    if (call->n_in > BIAS && call->in[BIAS].data)
        memcpy(packed, call->in[BIAS].data, (size_t)p.t.outputs * sizeof(float));
    nn_pool_run(call->pool, p.t.panels, 1, pack_panels, &p);
}

static void pack_full(const nn_op_call *call, void *packed)
{
    pack(call, packed, false);
}

static void pack_half(const nn_op_call *call, void *packed)
{
    pack(call, packed, true);
}

// Copies rows into [block of inputs][row][8]. Two blocks at once are a cache line of a row, and two
// streams of writes side by side: row by row, each block of a row would be a line of its own.
static void copy_rows(const gemm_layout *t, int64_t first, int count, float *copy)
{
    const int64_t n = t->inputs, stride = t->room * NN_BLOCK;
    const float *x = nn_tensor_f32(&t->call->in[X]) + first * n;
    int64_t k = 0;
    for (; k + 2 * NN_BLOCK <= n; k += 2 * NN_BLOCK, copy += 2 * stride)
        for (int i = 0; i < count; i++) {
            memcpy(copy + i * NN_BLOCK, x + i * n + k, NN_BLOCK * sizeof *x);
            memcpy(copy + stride + i * NN_BLOCK, x + i * n + k + NN_BLOCK, NN_BLOCK * sizeof *x);
        }
    for (; k < n; k += NN_BLOCK, copy += stride)
        for (int i = 0; i < count; i++)
            memcpy(copy + i * NN_BLOCK, x + i * n + k, (size_t)nn_min(NN_BLOCK, n - k) * sizeof *x);
}

// Adds one part of the inputs of `count` rows, from `first` on, to the outputs of one panel or two.
// A panel that is not full comes alone and is summed in `spare`. Those from `next` on are fetched.
static void add_part(const gemm_layout *t, int64_t first, int count, int64_t panel, int panels,
                     int64_t next, int64_t input, const float *copy, float *spare)
{
    const int64_t part = nn_min(t->part, t->inputs - input), end = panel + panels;
    const bool full = end * PANEL <= t->outputs, last = input + part == t->inputs;
    float *y = nn_tensor_f32(t->call->out) + first * t->outputs;
    const float *pixel[PAIR_ROWS];
    int32_t place[PAIR_ROWS], single[NN_BLOCK];
    nn_microkernel_args tile[2];
    for (int i = 0; i < count; i++) {
        pixel[i] = copy + input * t->room + i * NN_BLOCK;
        place[i] = (int32_t)(i * (full ? t->outputs : PANEL));
    }
    for (int i = 0; i < NN_BLOCK; i++)
        single[i] = (int32_t)(part / NN_BLOCK * t->room * NN_BLOCK) + i;
    for (int i = 0; i < panels; i++, panel++) {
        tile[i] = (nn_microkernel_args){
            .offset = t->offset,
            .blocks = (int)(part / NN_BLOCK),
            .run = NN_BLOCK,
            .single = single,
            .singles = (int)(part % NN_BLOCK),
            .weight = weight_at(t, t->call->packed, panel, input),
            .next = weight_at(t, t->call->packed, nn_min(next + i, t->panels - 1), input),
            .half = t->half,
            .next_half = t->half,
            .act = last ? nn_act_early(t->act) : NN_ACT_NONE,
            .channels = PANEL,
            .bias = (const float *)t->call->packed + panel * PANEL,
            .out = full ? y + panel * PANEL : spare,
            .plane = NN_BLOCK};
        if (input > 0) {
            tile[i].bias = NULL;
            tile[i].skip = tile[i].out;
            tile[i].skip_place = place;
            tile[i].skip_plane = tile[i].plane;
        }
    }
    nn_microkernel_run_panels(&t->call->kernels->microkernel, tile, panels, count, pixel, place);
    for (int i = 0; i < count && last && !full; i++)
        memcpy(y + i * t->outputs + (end - 1) * PANEL, spare + i * PANEL,
               (size_t)(t->outputs - (end - 1) * PANEL) * sizeof *y);
}

// Applies an activation that the microkernel lacks to the outputs of panels [from, to).
static void activate(const gemm_layout *t, int64_t first, int count, int64_t from, int64_t to)
{
    float *y = nn_tensor_f32(t->call->out) + first * t->outputs + from * PANEL;
    const int64_t n = nn_min(to * PANEL, t->outputs) - from * PANEL;
    for (int i = 0; i < count; i++, y += t->outputs)
        t->call->kernels->eltwise.act[t->act](y, y, n);
}

// Index: rows, part of the panels.
static void run_tasks(void *ctx, int64_t begin, int64_t end, int worker)
{
    const gemm_layout *t = ctx;
    float *own = (float *)t->call->scratch + worker * thread_floats(t);
    int64_t *copied = (void *)own; // 1 + rows in the copy
    float *spare = own + LINE, *copy = spare + t->room * PANEL;
    for (int64_t i = begin; i < end; i++) {
        const int64_t task = i / t->parts, first = first_row(t, task), part = i % t->parts;
        const int64_t from = t->panels * part / t->parts, to = t->panels * (part + 1) / t->parts;
        const int count = (int)(first_row(t, task + 1) - first);
        if (*copied != task + 1)
            copy_rows(t, first, count, copy);
        *copied = task + 1;
        for (int64_t input = 0; input < t->inputs; input += t->part)
            for (int64_t p = from, n; p < to; p += n) {
                n = nn_min(nn_microkernel_panels(&t->call->kernels->microkernel), to - p);
                if ((p + n) * PANEL > t->outputs)
                    n = 1;
                add_part(t, first, count, p, (int)n, p + n < t->panels ? p + n : 0, input, copy,
                         spare);
            }
        if (t->act != nn_act_early(t->act))
            activate(t, first, count, from, to);
    }
}

static void run(const nn_op_call *call, bool half)
{
    int32_t offset[PART / NN_BLOCK];
    const int threads = nn_pool_threads(call->pool);
    gemm_layout t =
        find_gemm_layout(&call->in[X].shape, call->out->shape.dim[call->out->shape.rank - 1],
                         call->kernels, threads, half);
    t.call = call;
    t.act = (nn_act)((const nn_linear_params *)call->params)->act;
    t.offset = offset;
    for (int b = 0; b < PART / NN_BLOCK; b++)
        offset[b] = (int32_t)(b * t.room * NN_BLOCK);
    for (int w = 0; w < threads; w++)
        *(int64_t *)(void *)((float *)call->scratch + w * thread_floats(&t)) = 0;
    nn_pool_run(call->pool, t.row_tasks * t.parts, 1, run_tasks, &t);
}

static void run_full(const nn_op_call *call)
{
    run(call, false);
}

static void run_half(const nn_op_call *call)
{
    run(call, true);
}

int nn_linear_find_gemm(const nn_op_problem *problem, nn_op_impl *impl)
{
    const double fast = 50e9, plain = 0.5e9;
    // float16 gains nothing for weights that stay in caches or are used for many rows.
    const bool wait = nn_shape_count(&problem->in[WEIGHT]) >= 1 << 21 &&
                      nn_shape_span(&problem->in[X], 0, problem->in[X].rank - 1) <= ROWS;
    const bool bias = problem->n_in > BIAS && problem->in[BIAS].rank >= 0,
               half = problem->half && !problem->exact && wait;
    const uint64_t constants = 1 << WEIGHT | (bias ? 1 << BIAS : 0);
    const gemm_layout t =
        find_gemm_layout(&problem->in[X], problem->in[WEIGHT].dim[0], problem->kernels, 1, half);
    if ((problem->constant & constants) != constants || t.rows == 0 || t.outputs == 0 ||
        t.inputs == 0 || t.outputs > INT32_MAX / PAIR_ROWS)
        return 0;
    *impl = (nn_op_impl){
        .name = half ? "gemm_f16" : "gemm",
        .unread = constants,
        .packed_bytes = packed_bytes(&t),
        .scratch_bytes = (size_t)(problem->threads * thread_floats(&t)) * sizeof(float),
        .cost = (double)(t.rows * t.inputs) * (double)(t.panels * PANEL) /
                (problem->kernels->microkernel.pixels > 1 ? fast : plain),
        .pack = half ? pack_half : pack_full,
        .run = half ? run_half : run_full,
    };
    return 1;
}
