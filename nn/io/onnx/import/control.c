// SPDX-License-Identifier: MIT
// ONNX: If, Loop and Scan. A plan has no jumps: constant conditions choose, both branches of others
// are computed and one is kept; loops are unrolled.
#include "nn/base/memory.h"
#include "nn/io/onnx/import/compose.h"

enum { MAX_VALUES = NN_ONNX_MAX_IN, MAX_STEPS = 4096 };

static bool is_constant_flag(const nn_onnx_value *v)
{
    return v->data && nn_shape_count(&v->shape) == 1;
}

// a where the flag is not 0, else b.
static const nn_onnx_value *choose(nn_onnx_node *n, const nn_onnx_value *flag,
                                   const nn_onnx_value *a, const nn_onnx_value *b)
{
    if (nn_onnx_failed(n) || a == b)
        return a;
    if (a->items || b->items || !nn_shape_equal(&a->shape, &b->shape))
        return nn_onnx_wait(n, "a size depends on the model's data, which is not supported");
    flag = nn_onnx_reshape(n, flag, &(nn_shape){0});
    const nn_onnx_value *not = nn_onnx_pointwise(n, NN_POINTWISE_NOT, flag, 0, 0);
    const nn_onnx_value *y =
        nn_onnx_binary(n, &nn_op_add, nn_onnx_arithmetic(n, NN_ARITHMETIC_KEEP, a, flag),
                       nn_onnx_arithmetic(n, NN_ARITHMETIC_KEEP, b, not ));
    return nn_onnx_retype(n, y, a->integer);
}

static void build_if(nn_onnx_node *n)
{
    static const char *const branches[] = {"else_branch", "then_branch"};
    const nn_onnx_value *flag = n->in[0], *out[2][MAX_VALUES] = {{NULL}};
    int count = 0;
    if (nn_shape_count(&flag->shape) != 1)
        nn_onnx_fail(n, NN_EFORMAT, "the condition is not one value");
    for (int i = 0; i < 2 && !nn_onnx_failed(n); i++) {
        if (is_constant_flag(flag) && (flag->data[0] != 0) != i)
            continue;
        count = nn_onnx_subgraph(n, branches[i], NULL, 0, out[i], MAX_VALUES);
        if (count != n->n_out)
            nn_onnx_fail(n, NN_EFORMAT, "a branch with %d outputs for %d", count, n->n_out);
    }
    for (int i = 0; i < count && !nn_onnx_failed(n); i++) {
        const nn_onnx_value *y = is_constant_flag(flag) ? out[flag->data[0] != 0][i]
                                                        : choose(n, flag, out[1][i], out[0][i]);
        nn_onnx_output(n, i, y);
    }
}

// Values of each step that are joined when a loop ends.
typedef struct scans {
    const nn_onnx_value **item; // count for each step
    int count, steps;
    int held; // of item
} scans;

static bool begin_scans(nn_onnx_node *n, scans *s, int count)
{
    *s = (scans){.count = count};
    s->item = nn_calloc((size_t)(count > 0 ? count : 1) * MAX_STEPS, sizeof *s->item);
    if (!s->item)
        nn_onnx_fail(n, NN_ENOMEM, "out of memory");
    return s->item;
}

// Value k of all steps, each with a new axis, in their order or backwards. Joined in groups, as
// nodes have only so many inputs.
static const nn_onnx_value *join_scans(nn_onnx_node *n, scans *s, int k, int axis, bool backwards)
{
    enum { GROUP = NN_ONNX_MAX_IN };
    const nn_onnx_value *part[MAX_STEPS / GROUP + 1], *group[GROUP];
    int parts = 0;
    for (int first = 0; first < s->steps && !nn_onnx_failed(n); first += GROUP) {
        const int some = s->steps - first < GROUP ? s->steps - first : GROUP;
        for (int i = 0; i < some; i++) {
            const int step = backwards ? s->steps - 1 - (first + i) : first + i;
            group[i] = nn_onnx_add_axis(n, s->item[step * s->count + k], axis);
        }
        part[parts++] = nn_onnx_concat(n, group, some, axis);
    }
    return nn_onnx_failed(n) ? NULL : nn_onnx_concat(n, part, parts, axis);
}

static bool keep_scans(nn_onnx_node *n, scans *s, const nn_onnx_value *const *values)
{
    if (s->count == 0 && nn_onnx_is_run(n)) // the limit of time holds
        return !nn_onnx_failed(n);
    if (s->steps == MAX_STEPS) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "over %d steps of a loop are not supported", MAX_STEPS);
        return false;
    }
    for (int i = 0; i < s->count; i++) {
        if (values[i]->items)
            nn_onnx_fail(n, NN_EUNSUPPORTED, "a sequence of each step is not supported");
        s->item[s->steps * s->count + i] = values[i];
    }
    s->steps++;
    s->held = s->steps * s->count;
    return !nn_onnx_failed(n);
}

// --- Loop ---

typedef struct loop {
    const nn_onnx_value *in[2 + MAX_VALUES], *out[1 + MAX_VALUES]; // of the body
    const nn_onnx_value *runs; // whether the loop still runs, NULL: surely
    int carried, given;        // given: carried and the two in front of them
    scans scans;
} loop;

// One step. False when it was the last.
static bool run_step(nn_onnx_node *n, loop *l, int64_t step)
{
    const float number = (float)step;
    l->in[0] = nn_onnx_constant(n, &(nn_shape){0}, &number, true);
    l->in[1] = l->runs ? l->runs : nn_onnx_constant(n, &(nn_shape){0}, (float[]){1}, true);
    const int count = nn_onnx_subgraph(n, "body", l->in, 2 + l->carried, l->out, 1 + MAX_VALUES);
    if (count != 1 + l->carried + l->scans.count && !nn_onnx_failed(n))
        nn_onnx_fail(n, NN_EFORMAT, "a body with %d outputs", count);
    if (nn_onnx_failed(n) || !keep_scans(n, &l->scans, l->out + 1 + l->carried))
        return false;
    const nn_onnx_value *goes_on = l->out[0];
    if (goes_on->items || nn_shape_count(&goes_on->shape) != 1) {
        nn_onnx_fail(n, NN_EFORMAT, "the condition is not one value");
        return false;
    }
    for (int i = 0; i < l->carried; i++)
        l->in[2 + i] = l->runs ? choose(n, l->runs, l->out[1 + i], l->in[2 + i]) : l->out[1 + i];
    if (is_constant_flag(goes_on))
        return goes_on->data[0] != 0;
    if (l->scans.count > 0)
        nn_onnx_wait(n, "how many steps there are depends on the model's data, "
                        "which is not supported");
    l->runs = l->runs ? nn_onnx_arithmetic(n, NN_ARITHMETIC_AND, l->runs, goes_on) : goes_on;
    return !nn_onnx_failed(n);
}

static int64_t find_steps(nn_onnx_node *n, const loop *l)
{
    int64_t steps = INT32_MAX;
    if (n->n_in > 0 && n->in[0] && nn_onnx_const_ints(n, n->in[0], &steps, 1) != 1)
        nn_onnx_fail(n, NN_EFORMAT, "the number of steps is not one");
    if (n->n_in > 1 && n->in[1] && is_constant_flag(n->in[1]) && n->in[1]->data[0] == 0)
        return 0;
    if (steps > MAX_STEPS && l->runs)
        nn_onnx_wait(n, "how many steps there are depends on the model's data, "
                        "which is not supported");
    return steps;
}

static void build_loop(nn_onnx_node *n)
{
    loop l = {.carried = n->n_in > 2 ? n->n_in - 2 : 0};
    if (l.carried > MAX_VALUES || n->n_out < l.carried || n->n_out > MAX_VALUES)
        nn_onnx_fail(n, NN_EFORMAT, "%d outputs for %d values", n->n_out, l.carried);
    for (int i = 0; i < l.carried && !nn_onnx_failed(n); i++)
        if (!(l.in[2 + i] = n->in[2 + i]))
            nn_onnx_fail(n, NN_EFORMAT, "a value is missing");
    if (n->n_in > 1 && n->in[1] && !is_constant_flag(n->in[1]))
        l.runs = n->in[1];
    if (l.runs && (l.runs->items || nn_shape_count(&l.runs->shape) != 1))
        nn_onnx_fail(n, NN_EFORMAT, "the condition is not one value");
    const int64_t steps = find_steps(n, &l);
    if (nn_onnx_failed(n) || !begin_scans(n, &l.scans, n->n_out - l.carried))
        return;
    l.given = 2 + l.carried;
    nn_onnx_pins carried = {.values = l.in, .count = &l.given};
    nn_onnx_pins scanned = {.values = l.scans.item, .count = &l.scans.held};
    nn_onnx_pin(n, &carried);
    nn_onnx_pin(n, &scanned);
    for (int64_t i = 0; i < steps && run_step(n, &l, i); i++)
        nn_onnx_collect(n);
    nn_onnx_unpin(n);
    nn_onnx_unpin(n);
    if (l.scans.steps == 0 && l.scans.count > 0)
        nn_onnx_fail(n, NN_EUNSUPPORTED, "a loop of no steps is not supported");
    for (int i = 0; i < n->n_out && !nn_onnx_failed(n); i++)
        nn_onnx_output(
            n, i, i < l.carried ? l.in[2 + i] : join_scans(n, &l.scans, i - l.carried, 0, false));
    nn_free(l.scans.item);
}

// --- Scan ---

// Entry `at` of a list of numbers that may be shorter.
static int64_t number_at(nn_onnx_node *n, const char *name, int at)
{
    int64_t list[MAX_VALUES];
    const int count = nn_onnx_ints(n, name, list, MAX_VALUES);
    return at < count ? list[at] : 0;
}

// What step `step` of `steps` reads of input k.
static const nn_onnx_value *scanned(nn_onnx_node *n, const nn_onnx_value *x, int k, int64_t step,
                                    int64_t steps)
{
    const int axis = nn_onnx_axis(n, number_at(n, "scan_input_axes", k), x->shape.rank);
    if (nn_onnx_failed(n))
        return NULL;
    if (x->shape.dim[axis] != steps)
        return nn_onnx_fail(n, NN_ESHAPE, "inputs of %lld and %lld steps", (long long)steps,
                            (long long)x->shape.dim[axis]);
    const int64_t at = number_at(n, "scan_input_directions", k) ? steps - 1 - step : step;
    return nn_onnx_drop_axis(n, nn_onnx_slice(n, x, axis, at, at + 1, 1), axis);
}

static void build_scan(nn_onnx_node *n)
{
    const nn_onnx_value *in[MAX_VALUES], *out[MAX_VALUES];
    const int64_t inputs = nn_onnx_int(n, "num_scan_inputs", 0);
    if (n->opset < 9) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "Scan of opset 8 is not supported");
        return;
    }
    if (inputs < 1 || inputs > n->n_in || n->n_out < n->n_in - inputs || n->n_out > MAX_VALUES) {
        nn_onnx_fail(n, NN_EFORMAT, "%lld inputs with steps of %d", (long long)inputs, n->n_in);
        return;
    }
    const int carried = n->n_in - (int)inputs;
    const nn_onnx_value *first = n->in[carried];
    scans s;
    for (int i = 0; i < n->n_in; i++)
        if (!(in[i] = n->in[i]))
            nn_onnx_fail(n, NN_EFORMAT, "a value is missing");
    if (nn_onnx_failed(n))
        return;
    const int axis = nn_onnx_axis(n, number_at(n, "scan_input_axes", 0), first->shape.rank);
    if (nn_onnx_failed(n) || !begin_scans(n, &s, n->n_out - carried))
        return;
    nn_onnx_pins pinned = {.values = in, .count = &n->n_in};
    nn_onnx_pins scans = {.values = s.item, .count = &s.held};
    nn_onnx_pin(n, &pinned);
    nn_onnx_pin(n, &scans);
    const int64_t steps = first->shape.dim[axis];
    if (steps < 1)
        nn_onnx_fail(n, NN_EUNSUPPORTED, "a scan of no steps is not supported");
    for (int64_t t = 0; t < steps && !nn_onnx_failed(n); t++) {
        for (int i = carried; i < n->n_in; i++)
            in[i] = scanned(n, n->in[i], i - carried, t, steps);
        const int count = nn_onnx_subgraph(n, "body", in, n->n_in, out, MAX_VALUES);
        if (count != n->n_out && !nn_onnx_failed(n))
            nn_onnx_fail(n, NN_EFORMAT, "a body with %d outputs", count);
        for (int i = 0; i < carried; i++)
            in[i] = out[i];
        if (!nn_onnx_failed(n) && keep_scans(n, &s, out + carried))
            nn_onnx_collect(n);
    }
    nn_onnx_unpin(n);
    nn_onnx_unpin(n);
    for (int i = 0; i < n->n_out && !nn_onnx_failed(n); i++) {
        const int k = i - carried;
        const nn_onnx_value *y = i < carried ? in[i] : NULL;
        if (!y && s.steps > 0)
            y = join_scans(
                n, &s, k,
                nn_onnx_axis(n, number_at(n, "scan_output_axes", k), s.item[k]->shape.rank + 1),
                number_at(n, "scan_output_directions", k) != 0);
        nn_onnx_output(n, i, y);
    }
    nn_free(s.item);
}

const nn_onnx_op nn_onnx_control[] = {
    {"If", 1, 1, MAX_VALUES, build_if, 0},
    {"Loop", 0, MAX_VALUES, MAX_VALUES, build_loop, NN_ONNX_SEQUENCES},
    {"Scan", 0, MAX_VALUES, MAX_VALUES, build_scan, 0},
    {0},
};
