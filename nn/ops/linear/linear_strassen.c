// SPDX-License-Identifier: MIT
// linear of many rows with an eighth fewer products: Strassen's algorithm in Winograd's form, one
// level of it (Higham, Accuracy and Stability of Numerical Algorithms, section 23.1). Rows, inputs
// and outputs are divided in halves. Of the seven products of halves, four are of sums of rows,
// which are made once for a task, and four of sums of weights, which are made panel by panel: so
// packed weights are those of linear_gemm.c, and no larger.
#include "nn/base/arith.h"
#include "nn/ops/linear/linear_gemm.h"
#include "nn/tensor/blocked.h"

#include <string.h>

enum { X, WEIGHT, BIAS, PANEL = NN_PANEL_CHANNELS, LINE = 16 };
// Most rows of a half in a task; inputs of a half that are summed at once; what a half has at least
// for all this to pay; tasks of the same rows, with several threads.
enum { ROWS = 112, PART = 192, LEAST_ROWS = 40, LEAST = 128, TASKS = 4, SUMS = 4 };

// The operands of the products: quarters of the rows and sums of them, halves of panels and sums.
typedef enum left { A11, A12, A22, S1, S2, S3, S4, LEFTS = NN_STRASSEN_ROWS } left;
typedef enum right { T1, T2, T3, T4, RIGHTS = NN_STRASSEN_WEIGHTS } right;

typedef struct strassen {
    const nn_op_call *call;
    int64_t rows, inputs, outputs;
    int64_t half, pairs; // rows of the upper half; panels of each half of the outputs
    int64_t row_tasks, parts;
    int64_t room; // for rows of a task
    nn_act act;
} strassen;

static strassen find_strassen(const nn_shape *x, int64_t outputs, int threads)
{
    strassen t = {.rows = nn_shape_span(x, 0, x->rank - 1),
                  .inputs = x->dim[x->rank - 1],
                  .outputs = outputs};
    t.half = nn_divide_up(t.rows, 2);
    t.pairs = outputs / 2 / PANEL;
    t.row_tasks = nn_divide_up(nn_divide_up(t.half, ROWS), threads) * threads;
    t.room = nn_divide_up(t.half, t.row_tasks);
    t.parts = threads > 1 && t.inputs <= 2 * PART ? nn_min(TASKS, t.pairs) : 1;
    return t;
}

// Scratch of a thread: which rows it has prepared, the rows, sums of weights, sums of products.
typedef struct memory {
    int64_t *prepared; // 1 + their task
    float *left[LEFTS];
    float *right[RIGHTS];
    float *sum[SUMS]; // [row][16]
} memory;

// Floats of all that; places it at `at` unless m is NULL.
static int64_t lay_out(const strassen *t, float *at, memory *m)
{
    const int64_t part = nn_min(PART, t->inputs / 2),
                  rows = nn_divide_up(t->room * part, LINE) * LINE;
    const int64_t sums = t->room * PANEL;
    if (m) {
        m->prepared = (void *)at;
        at += LINE;
        for (int i = 0; i < LEFTS; i++, at += rows)
            m->left[i] = at;
        for (int i = 0; i < RIGHTS; i++, at += part * PANEL)
            m->right[i] = at;
        for (int i = 0; i < SUMS; i++, at += sums)
            m->sum[i] = at;
    }
    return LINE + LEFTS * rows + RIGHTS * part * PANEL + SUMS * sums;
}

// Prepares `count` rows from `first` on of the upper half, with those of the lower half, for inputs
// [input, input + n) of both halves, in blocks of eight inputs.
static void prepare_rows(const strassen *t, const memory *m, int64_t first, int count,
                         int64_t input, int64_t n)
{
    const int64_t k = t->inputs, far = k / 2;
    const float *x = nn_tensor_f32(&t->call->in[X]) + first * k + input;
    // The last row has none below where their number is odd. It is its own then: what becomes of
    // that row is not stored.
    const int64_t pairs = nn_min(count, t->rows - first - t->half);
    for (int64_t b = 0; b < n / NN_BLOCK; b++, x += NN_BLOCK) {
        float *to[LEFTS];
        for (int i = 0; i < LEFTS; i++)
            to[i] = m->left[i] + b * t->room * NN_BLOCK;
        t->call->kernels->strassen.rows(to, x, x + t->half * k, far, k, pairs);
        for (int i = 0; i < LEFTS; i++)
            to[i] += pairs * NN_BLOCK;
        t->call->kernels->strassen.rows(to, x + pairs * k, x + pairs * k, far, k, count - pairs);
    }
}

typedef struct product {
    const strassen *t;
    const memory *m;
    int count; // rows
    int64_t n; // inputs
    const float *pixel[LEFTS][ROWS];
    int32_t place[ROWS], out_place[ROWS]; // of rows of sums, and of rows of the result
    int32_t offset[PART / NN_BLOCK];
} product;

// Where products go: rows of sums, or of the result (`out`), where biases are added.
typedef struct target {
    float *to;
    int count;
    bool out;
    const float *bias;
} target;

// Rows times weights + before, NULL: 0. `next`: weights of a later product, which are fetched.
static void multiply(const product *p, left rows, const float *weight, const float *next,
                     const float *before, target to)
{
    const nn_microkernel_args tile = {.offset = p->offset,
                                      .blocks = (int)(p->n / NN_BLOCK),
                                      .run = NN_BLOCK,
                                      .weight = weight,
                                      .next = next,
                                      .channels = PANEL,
                                      .bias = to.bias,
                                      .out = to.to,
                                      .plane = NN_BLOCK,
                                      .skip = before,
                                      .skip_place = p->place,
                                      .skip_plane = NN_BLOCK};
    p->t->call->kernels->microkernel.run(&tile, to.count, p->pixel[rows],
                                         to.out ? p->out_place : p->place);
}

static const float *weights_of(const strassen *t, int64_t panel, int64_t input)
{
    return (const float *)t->call->packed + 2 * t->pairs * PANEL +
           (panel * t->inputs + input) * PANEL;
}

// Both panels of pair j, for inputs from `input` on of both halves. The first inputs write the
// result, others add to it.
static void add_pair(const product *p, int64_t first, int64_t j, int64_t input)
{
    const strassen *t = p->t;
    const memory *m = p->m;
    const nn_strassen_kernels *k = &t->call->kernels->strassen;
    const int64_t far = t->inputs / 2, other = j + t->pairs, n = t->outputs;
    const int64_t after = (j + 1) % t->pairs; // the pair whose weights are fetched
    const float *b11 = weights_of(t, j, input), *b21 = weights_of(t, j, input + far);
    const float *b12 = weights_of(t, other, input), *b22 = weights_of(t, other, input + far);
    const float *left = (const float *)t->call->packed + j * PANEL, *right = left + n / 2;
    float *u = m->sum[0], *v = m->sum[1], *w = m->sum[2], *rest = m->sum[3];
    float *y = nn_tensor_f32(t->call->out) + first * n + j * PANEL, *low = y + t->half * n;
    const int below = (int)nn_min(p->count, t->rows - first - t->half); // rows of the lower half
    const bool set = input == 0;
    const target to_u = {.to = u, .count = p->count}, to_v = {.to = v, .count = p->count};
    const target to_w = {.to = w, .count = p->count}, to_rest = {.to = rest, .count = p->count};
    k->weights(m->right, (const float *const[]){b11, b12, b21, b22}, p->n * PANEL);
    multiply(p, A11, b11, weights_of(t, after, input), NULL, to_u);
    multiply(p, A12, b21, weights_of(t, after, input + far), set ? u : NULL,
             set ? (target){y, p->count, true, left} : to_rest);
    if (!set)
        k->sums(y, n, y, n, u, rest, p->count);
    multiply(p, S2, m->right[T2], weights_of(t, after + t->pairs, input), u, to_u);
    multiply(p, S3, m->right[T3], weights_of(t, after + t->pairs, input + far), u, to_v);
    multiply(p, S1, m->right[T1], NULL, NULL, to_w);
    k->sums(low + n / 2, n, set ? right : low + n / 2, set ? 0 : n, v, w, below);
    t->call->kernels->eltwise.add(u, u, w, p->count * PANEL);
    multiply(p, S4, b22, NULL, set ? u : NULL,
             set ? (target){y + n / 2, p->count, true, right} : to_rest);
    if (!set)
        k->sums(y + n / 2, n, y + n / 2, n, u, rest, p->count);
    multiply(p, A22, m->right[T4], NULL, set ? v : NULL,
             set ? (target){low, below, true, left} : to_rest);
    if (!set)
        k->sums(low, n, low, n, v, rest, below);
}

// Applies the activation to the outputs of pairs [from, to).
static void activate(const strassen *t, int64_t first, int count, int64_t from, int64_t to)
{
    const int64_t n = t->outputs;
    for (int64_t i = 0; i < 2 * count; i++) {
        const int64_t row = first + i / 2 + i % 2 * t->half;
        float *y = nn_tensor_f32(t->call->out) + row * n + from * PANEL;
        for (int side = 0; side < 2 && row < t->rows; side++, y += n / 2)
            t->call->kernels->eltwise.act[t->act](y, y, (to - from) * PANEL);
    }
}

// Index: rows, part of the pairs.
static void run_tasks(void *ctx, int64_t begin, int64_t end, int worker)
{
    const strassen *t = ctx;
    memory m;
    const int64_t floats = lay_out(t, NULL, NULL);
    lay_out(t, (float *)t->call->scratch + worker * floats, &m);
    product p = {.t = t, .m = &m};
    for (int b = 0; b < PART / NN_BLOCK; b++)
        p.offset[b] = (int32_t)(b * t->room * NN_BLOCK);
    for (int i = 0; i < t->room; i++) {
        p.place[i] = i * PANEL;
        p.out_place[i] = (int32_t)(i * t->outputs);
        for (int k = 0; k < LEFTS; k++)
            p.pixel[k][i] = m.left[k] + i * NN_BLOCK;
    }
    for (int64_t i = begin; i < end; i++) {
        const int64_t task = i / t->parts, part = i % t->parts, far = t->inputs / 2;
        const int64_t first = t->half * task / t->row_tasks;
        const int64_t from = t->pairs * part / t->parts, to = t->pairs * (part + 1) / t->parts;
        p.count = (int)(t->half * (task + 1) / t->row_tasks - first);
        for (int64_t input = 0; input < far; input += PART) {
            p.n = nn_min(PART, far - input);
            if (*m.prepared != task + 1 || far > PART)
                prepare_rows(t, &m, first, p.count, input, p.n);
            for (int64_t j = from; j < to; j++)
                add_pair(&p, first, j, input);
        }
        *m.prepared = task + 1;
        if (t->act != NN_ACT_NONE)
            activate(t, first, p.count, from, to);
    }
}

static void run(const nn_op_call *call)
{
    const int threads = nn_pool_threads(call->pool);
    strassen t =
        find_strassen(&call->in[X].shape, call->out->shape.dim[call->out->shape.rank - 1], threads);
    t.call = call;
    t.act = (nn_act)((const nn_linear_params *)call->params)->act;
    for (int w = 0; w < threads; w++)
        *(int64_t *)(void *)((float *)call->scratch + w * lay_out(&t, NULL, NULL)) = 0;
    nn_pool_run(call->pool, t.row_tasks * t.parts, 1, run_tasks, &t);
}

int nn_linear_find_strassen(const nn_op_problem *problem, const nn_op_impl *gemm, nn_op_impl *impl)
{
    enum { BOTH = 2 * NN_BLOCK }; // inputs
    // Of the time of linear_gemm.c, which multiplies panels in pairs where it can: that is faster.
    const double saved = problem->kernels->microkernel.run_pair ? -0.08 : 0.07;
    const nn_shape *weight = &problem->in[WEIGHT];
    const strassen one = find_strassen(&problem->in[X], weight->dim[0], 1);
    const strassen t = find_strassen(&problem->in[X], weight->dim[0], problem->threads);
    if (problem->exact || strcmp(gemm->name, "gemm") != 0 || one.half < LEAST_ROWS ||
        one.inputs < 2 * LEAST || one.outputs < 2 * LEAST || one.inputs % BOTH ||
        one.outputs % (2 * PANEL) || problem->kernels->microkernel.pixels == 1)
        return 0;
    const int64_t floats = nn_max(lay_out(&one, NULL, NULL), lay_out(&t, NULL, NULL));
    *impl = *gemm;
    impl->name = "gemm_strassen";
    impl->scratch_bytes = (size_t)(problem->threads * floats) * sizeof(float);
    impl->cost = gemm->cost * (1 - saved);
    impl->run = run;
    return 1;
}
