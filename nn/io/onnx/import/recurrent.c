// SPDX-License-Identifier: MIT
// ONNX: RNN, GRU and LSTM, unrolled: nodes of its own for each step of a sequence.
#include "nn/io/onnx/import/compose.h"

#include <stdio.h>
#include <string.h>

enum { MAX_STEPS = 2048 };
enum { X, W, R, B, LENGTHS, FIRST_H, FIRST_C, PEEPHOLES }; // inputs
typedef enum kind { RNN, GRU, LSTM } kind;

typedef struct cell {
    nn_onnx_node *n;
    kind kind;
    int64_t steps, batch, hidden, gates;
    float clip; // 0: none
    int direction;
    // Of this direction: hidden weights, their bias, first values, weights of the cell's own state.
    const nn_onnx_value *r, *r_bias, *h, *c, *peepholes;
    // Of a GRU that resets before it multiplies: those of the hidden gate, which are not in r then.
    const nn_onnx_value *rest, *rest_bias;
    const nn_onnx_value *inputs; // steps x batch x (gates * hidden), biases added
} cell;

static const nn_onnx_value *add(nn_onnx_node *n, const nn_onnx_value *a, const nn_onnx_value *b)
{
    return a && b ? nn_onnx_binary(n, &nn_op_add, a, b) : a ? a : b;
}

static const nn_onnx_value *mul(nn_onnx_node *n, const nn_onnx_value *a, const nn_onnx_value *b)
{
    return nn_onnx_binary(n, &nn_op_mul, a, b);
}

// Function `at` of those in the attribute; they count on through the directions.
static const nn_onnx_value *activate(const cell *c, int at, const char *otherwise,
                                     const nn_onnx_value *v)
{
    const int each = c->kind == LSTM ? 3 : c->kind == GRU ? 2 : 1;
    char word[32];
    nn_onnx_node *n = c->n;
    if (!nn_onnx_text_at(n, "activations", c->direction * each + at, word, sizeof word))
        snprintf(word, sizeof word, "%s", otherwise);
    if (c->clip > 0)
        v = nn_onnx_pointwise(n, NN_POINTWISE_CLIP, v, -c->clip, c->clip);
    if (strcmp(word, "Sigmoid") == 0)
        return nn_onnx_unary(n, &nn_op_sigmoid, v);
    if (strcmp(word, "Tanh") == 0)
        return nn_onnx_pointwise(n, NN_POINTWISE_TANH, v, 0, 0);
    if (strcmp(word, "Relu") == 0)
        return nn_onnx_unary(n, &nn_op_relu, v);
    if (strcmp(word, "Softsign") == 0)
        return nn_onnx_pointwise(n, NN_POINTWISE_SOFTSIGN, v, 0, 0);
    return nn_onnx_fail(n, NN_EUNSUPPORTED, "the activation '%s' is not supported", word);
}

// Gate k of a row of all gates.
static const nn_onnx_value *gate(const cell *c, const nn_onnx_value *all, int k)
{
    return all ? nn_onnx_slice(c->n, all, 1, k * c->hidden, (k + 1) * c->hidden, 1) : NULL;
}

static const nn_onnx_value *linear(nn_onnx_node *n, const nn_onnx_value *x,
                                   const nn_onnx_value *weight, const nn_onnx_value *bias)
{
    const nn_onnx_value *in[] = {x, weight, bias};
    return nn_onnx_emit(n, &nn_op_linear, &(nn_linear_params){0}, in, 3);
}

static const nn_onnx_value *peep(const cell *c, const nn_onnx_value *state, int k)
{
    return c->peepholes ? mul(c->n, state, gate(c, c->peepholes, k)) : NULL;
}

// Input, output, forget and cell gates, in this order.
static void step_lstm(cell *c, const nn_onnx_value *x)
{
    nn_onnx_node *n = c->n;
    const bool coupled = nn_onnx_int(n, "input_forget", 0) != 0;
    const nn_onnx_value *all = add(n, x, linear(n, c->h, c->r, c->r_bias));
    const nn_onnx_value *input =
        activate(c, 0, "Sigmoid", add(n, gate(c, all, 0), peep(c, c->c, 0)));
    const nn_onnx_value *forget =
        coupled ? nn_onnx_arithmetic(n, NN_ARITHMETIC_SUB, nn_onnx_scalar(n, 1), input)
                : activate(c, 0, "Sigmoid", add(n, gate(c, all, 2), peep(c, c->c, 2)));
    const nn_onnx_value *fresh = activate(c, 1, "Tanh", gate(c, all, 3));
    c->c = nn_onnx_failed(n) ? NULL : add(n, mul(n, forget, c->c), mul(n, input, fresh));
    if (nn_onnx_failed(n))
        return;
    const nn_onnx_value *output =
        activate(c, 0, "Sigmoid", add(n, gate(c, all, 1), peep(c, c->c, 1)));
    c->h = mul(n, output, activate(c, 2, "Tanh", c->c));
}

// Update, reset and hidden gates, in this order.
static void step_gru(cell *c, const nn_onnx_value *x)
{
    nn_onnx_node *n = c->n;
    const int64_t h = c->hidden;
    const nn_onnx_value *fresh;
    if (nn_onnx_int(n, "linear_before_reset", 0) != 0) {
        const nn_onnx_value *of_h = linear(n, c->h, c->r, c->r_bias);
        const nn_onnx_value *both = add(n, nn_onnx_slice(n, x, 1, 0, 2 * h, 1),
                                        of_h ? nn_onnx_slice(n, of_h, 1, 0, 2 * h, 1) : NULL);
        both = activate(c, 0, "Sigmoid", both);
        fresh = mul(n, gate(c, both, 1), gate(c, of_h, 2));
        fresh = activate(c, 1, "Tanh", add(n, gate(c, x, 2), fresh));
        x = both;
    } else {
        const nn_onnx_value *both = linear(n, c->h, c->r, c->r_bias);
        both = activate(c, 0, "Sigmoid", add(n, nn_onnx_slice(n, x, 1, 0, 2 * h, 1), both));
        fresh = linear(n, mul(n, gate(c, both, 1), c->h), c->rest, c->rest_bias);
        fresh = activate(c, 1, "Tanh", add(n, gate(c, x, 2), fresh));
        x = both;
    }
    const nn_onnx_value *update = gate(c, x, 0);
    const nn_onnx_value *kept = nn_onnx_arithmetic(n, NN_ARITHMETIC_SUB, c->h, fresh);
    c->h = nn_onnx_failed(n) ? NULL : add(n, fresh, mul(n, update, kept));
}

static void step_rnn(cell *c, const nn_onnx_value *x)
{
    c->h = activate(c, 0, "Tanh", add(c->n, x, linear(c->n, c->h, c->r, c->r_bias)));
}

// Past the end of a sequence nothing changes.
static const nn_onnx_value *hold(nn_onnx_node *n, const nn_onnx_value *inside,
                                 const nn_onnx_value *fresh, const nn_onnx_value *old)
{
    if (!inside || !fresh || nn_onnx_failed(n))
        return fresh;
    const nn_onnx_value *outside = nn_onnx_pointwise(n, NN_POINTWISE_NOT, inside, 0, 0);
    return add(n, nn_onnx_arithmetic(n, NN_ARITHMETIC_KEEP, fresh, inside),
               nn_onnx_arithmetic(n, NN_ARITHMETIC_KEEP, old, outside));
}

// Step t; its output.
static const nn_onnx_value *run_step(cell *c, int64_t t)
{
    static void (*const steps[])(cell *, const nn_onnx_value *) = {step_rnn, step_gru, step_lstm};
    nn_onnx_node *n = c->n;
    const nn_onnx_value *h = c->h, *state = c->c, *inside = NULL;
    const nn_onnx_value *x = nn_onnx_drop_axis(n, nn_onnx_slice(n, c->inputs, 0, t, t + 1, 1), 0);
    if (nn_onnx_failed(n))
        return NULL;
    steps[c->kind](c, x);
    if (n->n_in > LENGTHS && n->in[LENGTHS])
        inside = nn_onnx_add_axis(n,
                                  nn_onnx_arithmetic(n, NN_ARITHMETIC_GREATER, n->in[LENGTHS],
                                                     nn_onnx_scalar(n, (float)t)),
                                  1);
    const nn_onnx_value *y = c->h;
    if (inside && y)
        y = nn_onnx_arithmetic(n, NN_ARITHMETIC_KEEP, y, inside);
    c->h = hold(n, inside, c->h, h);
    c->c = hold(n, inside, c->c, state);
    return y;
}

// Entry `d` of the first axis of input i, NULL when it is absent.
static const nn_onnx_value *of_direction(nn_onnx_node *n, int i, int d, nn_shape want)
{
    if (i >= n->n_in || !n->in[i] || nn_onnx_failed(n))
        return NULL;
    const nn_onnx_value *v = nn_onnx_slice(n, n->in[i], 0, d, d + 1, 1);
    if (!v || nn_shape_count(&v->shape) != nn_shape_count(&want))
        return nn_onnx_fail(n, NN_ESHAPE, "input %d has another shape", i);
    return nn_onnx_reshape(n, v, &want);
}

static const nn_onnx_value *first(cell *c, int i)
{
    const nn_shape shape = nn_shape_2d(c->batch, c->hidden);
    const nn_onnx_value *v = of_direction(c->n, i, c->direction, shape);
    return v ? v : nn_onnx_constant(c->n, &shape, NULL, false);
}

// Weights of a direction, and all inputs times theirs at once.
static void begin_direction(cell *c, const nn_onnx_value *x, int d)
{
    nn_onnx_node *n = c->n;
    const int64_t rows = c->gates * c->hidden, width = x->shape.dim[2];
    const nn_shape flat = nn_shape_2d(c->steps * c->batch, width);
    const nn_shape split = nn_shape_make(3, (int64_t[]){c->steps, c->batch, rows});
    c->direction = d;
    const nn_onnx_value *w = of_direction(n, W, d, nn_shape_2d(rows, width));
    const nn_onnx_value *bias = of_direction(n, B, d, nn_shape_1d(2 * rows));
    c->r = of_direction(n, R, d, nn_shape_2d(rows, c->hidden));
    c->r_bias = bias ? nn_onnx_slice(n, bias, 0, rows, 2 * rows, 1) : NULL;
    if (c->kind == GRU && nn_onnx_int(n, "linear_before_reset", 0) == 0) {
        const int64_t two = 2 * c->hidden, three = 3 * c->hidden;
        c->rest = nn_onnx_slice(n, c->r, 0, two, three, 1);
        c->rest_bias = nn_onnx_slice(n, c->r_bias, 0, two, three, 1);
        c->r = nn_onnx_slice(n, c->r, 0, 0, two, 1);
        c->r_bias = nn_onnx_slice(n, c->r_bias, 0, 0, two, 1);
    }
    c->h = first(c, FIRST_H);
    c->c = c->kind == LSTM ? first(c, FIRST_C) : NULL;
    c->peepholes =
        c->kind == LSTM ? of_direction(n, PEEPHOLES, d, nn_shape_2d(1, 3 * c->hidden)) : NULL;
    c->inputs = linear(n, nn_onnx_reshape(n, x, &flat), w,
                       bias ? nn_onnx_slice(n, bias, 0, 0, rows, 1) : NULL);
    c->inputs = nn_onnx_reshape(n, c->inputs, &split);
}

// The outputs of all steps as steps x 1 x batch x hidden.
static const nn_onnx_value *run_direction(cell *c, bool backwards)
{
    enum { GROUP = NN_ONNX_MAX_IN };
    const nn_onnx_value *step[MAX_STEPS], *part[MAX_STEPS / GROUP + 1];
    nn_onnx_node *n = c->n;
    int parts = 0;
    for (int64_t i = 0; i < c->steps && !nn_onnx_failed(n); i++) {
        const int64_t t = backwards ? c->steps - 1 - i : i;
        step[t] = run_step(c, t);
        step[t] = nn_onnx_add_axis(n, nn_onnx_add_axis(n, step[t], 0), 0);
    }
    for (int64_t i = 0; i < c->steps && !nn_onnx_failed(n); i += GROUP) {
        const int64_t left = c->steps - i;
        part[parts++] = nn_onnx_concat(n, step + i, left < GROUP ? (int)left : GROUP, 0);
    }
    return nn_onnx_failed(n) ? NULL : nn_onnx_concat(n, part, parts, 0);
}

static bool begin(cell *c, const nn_onnx_value *x)
{
    nn_onnx_node *n = c->n;
    if (n->in[X]->shape.rank != 3 || n->in[W]->shape.rank != 3 || n->in[R]->shape.rank != 3) {
        nn_onnx_fail(n, NN_ESHAPE, "inputs and weights must have 3 axes");
        return false;
    }
    c->gates = c->kind == LSTM ? 4 : c->kind == GRU ? 3 : 1;
    c->hidden = n->in[R]->shape.dim[2];
    c->clip = nn_onnx_float(n, "clip", 0);
    c->steps = x ? x->shape.dim[0] : 0;
    c->batch = x ? x->shape.dim[1] : 0;
    if (c->steps < 1 || c->steps > MAX_STEPS || c->batch < 1 || c->hidden < 1)
        nn_onnx_fail(n, NN_EUNSUPPORTED, "%lld steps, supported are 1 to %d", (long long)c->steps,
                     MAX_STEPS);
    return !nn_onnx_failed(n);
}

static void build_recurrent(nn_onnx_node *n)
{
    static const int swap[] = {1, 0, 2}, last[] = {2, 0, 1, 3}, ends[] = {1, 0, 2};
    const bool batch_first = nn_onnx_int(n, "layout", 0) != 0;
    const bool both = nn_onnx_is(n, "direction", "bidirectional", false);
    const bool reverse = nn_onnx_is(n, "direction", "reverse", false);
    const nn_onnx_value *x = n->in[X], *y[2], *h[2], *state[2];
    const int directions = both ? 2 : 1;
    cell c = {.n = n, .kind = (kind)n->arg};
    if (x->shape.rank == 3 && batch_first)
        x = nn_onnx_transpose(n, x, swap);
    if (!begin(&c, x))
        return;
    if (batch_first && n->n_in > FIRST_H)
        nn_onnx_fail(n, NN_EUNSUPPORTED, "first values with the batch first are not supported");
    for (int d = 0; d < directions && !nn_onnx_failed(n); d++) {
        begin_direction(&c, x, d);
        y[d] = nn_onnx_failed(n) ? NULL : run_direction(&c, reverse || d == 1);
        h[d] = nn_onnx_add_axis(n, c.h, 0);
        state[d] = nn_onnx_add_axis(n, c.c, 0);
    }
    if (nn_onnx_failed(n))
        return;
    const nn_onnx_value *out[] = {nn_onnx_concat(n, y, directions, 1),
                                  nn_onnx_concat(n, h, directions, 0),
                                  c.c ? nn_onnx_concat(n, state, directions, 0) : NULL};
    for (int i = 0; i < 3; i++) {
        if (out[i] && batch_first)
            out[i] = nn_onnx_transpose(n, out[i], i == 0 ? last : ends);
        if (out[i])
            nn_onnx_output(n, i, out[i]);
    }
}

const nn_onnx_op nn_onnx_recurrent[] = {
    {"RNN", 3, 6, 2, build_recurrent, RNN},
    {"GRU", 3, 6, 2, build_recurrent, GRU},
    {"LSTM", 3, 8, 3, build_recurrent, LSTM},
    {0},
};
