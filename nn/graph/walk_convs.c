// SPDX-License-Identifier: MIT
// The input gradient of a convolution as a convolution of the gradient behind it, in a compiled
// plan of one node: so it has the fast kernels of inference, and its weights are packed once.
//
// With stride 1 it is a plain convolution with the filters turned round. Else it is a transposed
// one; when the input has few channels (a picture), a plain one again, whose channels are those of
// all phases of the input: they fill the vectors that a few channels leave empty.
#include "nn/graph/walk_convs.h"

#include "nn/base/arith.h"
#include "nn/base/memory.h"
#include "nn/graph/plan.h"
#include "nn/graph/plan_parts.h"
#include "nn/graph/workspace.h"
#include "nn/ops/ops.h"

#include <string.h>

enum { X, WEIGHT, FEW = 8 };

struct nn_walk_conv {
    bool tried;
    nn_model *model; // of one node
    nn_plan *plan;
    int phases[2]; // of the input in the channels of the output, y and x; 1: as they are
};

struct nn_walk_convs {
    nn_plan *plan;
    nn_workspace *workspace;
    nn_walk_conv *conv; // one for each node
};

nn_walk_convs *nn_walk_convs_new(nn_plan *plan)
{
    nn_walk_convs *c = nn_calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->plan = plan;
    c->workspace = nn_workspace_new();
    c->conv = nn_calloc((size_t)plan->node_count + 1, sizeof *c->conv);
    if (c->workspace && c->conv)
        return c;
    nn_walk_convs_free(c);
    return NULL;
}

static void drop(nn_walk_conv *b)
{
    nn_plan_free(b->plan);
    nn_model_free(b->model);
    b->plan = NULL;
    b->model = NULL;
}

void nn_walk_convs_free(nn_walk_convs *c)
{
    if (!c)
        return;
    for (int i = 0; c->conv && i < c->plan->node_count; i++)
        drop(&c->conv[i]);
    nn_workspace_free(c->workspace);
    nn_free(c->conv);
    nn_free(c);
}

size_t nn_walk_convs_bytes(const nn_walk_convs *c)
{
    size_t bytes = 0, most = 0;
    for (int i = 0; i < c->plan->node_count; i++) {
        const nn_plan *p = c->conv[i].plan;
        if (!p)
            continue;
        const size_t shared = p->arena_bytes + p->scratch_bytes;
        bytes += p->packed_bytes + nn_plan_param_bytes(p);
        most = shared > most ? shared : most;
    }
    return bytes + most;
}

// --- the node ---

// A convolution and the shapes of its input, weights and output.
typedef struct problem {
    const nn_conv2d_params *p;
    int32_t pad[4];
    const nn_tensor *w;
    const nn_shape *x, *y;
} problem;

// What takes its place.
typedef struct answer {
    const nn_op *op;
    union {
        nn_conv2d_params plain;
        nn_conv_transpose_params transposed;
    } params;
    nn_shape weight;
    int first[2]; // phases: the first of the shifts, see find_shifts
} answer;

static problem problem_of(const nn_plan *plan, const nn_node_info *node)
{
    problem c = {.p = node->params,
                 .w = nn_plan_dense(plan, node->in[WEIGHT]),
                 .x = &nn_plan_dense(plan, node->in[X])->shape,
                 .y = &nn_plan_dense(plan, node->out)->shape};
    memcpy(c.pad, c.p->pad, sizeof c.pad);
    for (int k = 0; k < 4 && c.p->pad[0] == -1; k++)
        c.pad[k] = c.p->dilation[k % 2] * (int32_t)(c.w->shape.dim[2 + k % 2] - 1) / 2;
    return c;
}

// Stride 1; false: the padding would be negative.
static bool try_plain(const problem *c, answer *a)
{
    const nn_shape *w = &c->w->shape;
    *a = (answer){.op = &nn_op_conv2d, .params.plain = *c->p, .weight = *w};
    a->params.plain.act = NN_ACT_NONE;
    a->weight.dim[0] = w->dim[1] * c->p->groups;
    a->weight.dim[1] = w->dim[0] / c->p->groups;
    for (int i = 0; i < 4; i++) {
        const int32_t pad = c->p->dilation[i % 2] * (int32_t)(w->dim[2 + i % 2] - 1) - c->pad[i];
        a->params.plain.pad[i] = pad;
        if (pad < 0)
            return false;
    }
    return c->p->stride[0] == 1 && c->p->stride[1] == 1;
}

static int floor_divide(int a, int b)
{
    return a >= 0 ? a / b : -((b - 1 - a) / b);
}

// Input pixel s q + r gets gy at q + m times tap r + pad - s m: the shifts m that any phase r has.
static int find_shifts(const problem *c, int axis, int *first)
{
    const int s = c->p->stride[axis], taps = (int)c->w->shape.dim[2 + axis];
    *first = -floor_divide(taps - 1 - c->pad[axis], s);
    return floor_divide(s - 1 + c->pad[axis], s) - *first + 1;
}

// All phases as channels; false where it does not pay or padding would be negative.
static bool try_phases(const problem *c, answer *a)
{
    const nn_shape *w = &c->w->shape;
    const nn_conv2d_params *p = c->p;
    if (p->groups != 1 || w->dim[1] > FEW || p->dilation[0] != 1 || p->dilation[1] != 1 ||
        p->stride[0] * p->stride[1] == 1)
        return false;
    *a = (answer){.op = &nn_op_conv2d,
                  .params.plain = {.stride = {1, 1}, .dilation = {1, 1}, .groups = 1}};
    a->weight = nn_shape_4d(w->dim[1] * p->stride[0] * p->stride[1], w->dim[0], 0, 0);
    for (int i = 0; i < 2; i++) {
        const int shifts = find_shifts(c, i, &a->first[i]);
        const int64_t cells = nn_divide_up(c->x->dim[2 + i], p->stride[i]);
        a->weight.dim[2 + i] = shifts;
        a->params.plain.pad[i] = -a->first[i];
        a->params.plain.pad[2 + i] = (int32_t)(cells - c->y->dim[2 + i]) + a->first[i] + shifts - 1;
        if (shifts < 1 || a->params.plain.pad[i] < 0 || a->params.plain.pad[2 + i] < 0)
            return false;
    }
    return true;
}

static void transpose(const problem *c, answer *a)
{
    nn_conv_transpose_params t = {.groups = c->p->groups};
    memcpy(t.stride, c->p->stride, sizeof t.stride);
    memcpy(t.dilation, c->p->dilation, sizeof t.dilation);
    memcpy(t.pad, c->pad, sizeof t.pad);
    for (int i = 0; i < 2; i++) {
        const int64_t reach = (c->y->dim[2 + i] - 1) * t.stride[i] +
                              t.dilation[i] * (c->w->shape.dim[2 + i] - 1) + 1 - c->pad[i] -
                              c->pad[2 + i];
        t.output_pad[i] = (int32_t)(c->x->dim[2 + i] - reach);
    }
    *a = (answer){.op = &nn_op_conv_transpose, .params.transposed = t, .weight = c->w->shape};
}

// --- weights ---

// (O, I / groups, KH, KW) -> (I, O / groups, KH, KW), each filter turned by 180 degrees.
static void turn(float *to, const problem *c)
{
    const nn_shape *w = &c->w->shape;
    const int64_t groups = c->p->groups, outs = w->dim[0] / groups, ins = w->dim[1];
    const int64_t taps = w->dim[2] * w->dim[3];
    const float *from = nn_tensor_f32(c->w);
    for (int64_t g = 0; g < groups; g++)
        for (int64_t i = 0; i < ins; i++)
            for (int64_t o = 0; o < outs; o++) {
                const float *f = from + ((g * outs + o) * ins + i) * taps;
                float *t = to + ((g * ins + i) * outs + o) * taps;
                for (int64_t k = 0; k < taps; k++)
                    t[k] = f[taps - 1 - k];
            }
}

// (O, I, KH, KW) -> (phases I, O, shifts, shifts), phase outermost.
static void gather(float *to, const problem *c, const answer *a)
{
    const nn_shape *w = &c->w->shape;
    const int sy = c->p->stride[0], sx = c->p->stride[1];
    const int64_t ins = w->dim[1], outs = w->dim[0], h = w->dim[2], width = w->dim[3];
    for (int64_t channel = 0; channel < a->weight.dim[0]; channel++) {
        const int64_t i = channel % ins, phase = channel / ins, ry = phase / sx, rx = phase % sx;
        for (int64_t o = 0; o < outs; o++)
            for (int64_t y = 0; y < a->weight.dim[2]; y++)
                for (int64_t x = 0; x < a->weight.dim[3]; x++) {
                    const int64_t ky = ry + c->pad[0] - sy * (y + a->first[0]);
                    const int64_t kx = rx + c->pad[1] - sx * (x + a->first[1]);
                    const bool there = ky >= 0 && ky < h && kx >= 0 && kx < width;
                    *to++ = there ? nn_tensor_f32(c->w)[((o * ins + i) * h + ky) * width + kx] : 0;
                }
    }
}

// --- the plan ---

static nn_status build(nn_walk_conv *b, const problem *c, nn_error *err)
{
    answer a;
    const bool turned = try_plain(c, &a), phased = !turned && try_phases(c, &a);
    if (!turned && !phased)
        transpose(c, &a);
    for (int i = 0; i < 2; i++)
        b->phases[i] = phased ? c->p->stride[i] : 1;
    nn_graph *g = nn_graph_new();
    if (!g)
        return nn_fail(err, NN_ENOMEM, "no memory for the gradient of a convolution");
    const nn_value x = nn_graph_input(g, "gradient");
    const nn_value in[] = {x, nn_graph_param(g, "weight", NN_PARAM_WEIGHT, &a.weight)};
    nn_graph_output(g, "output", nn_graph_node(g, a.op, "back", &a.params, in, 2));
    const nn_status status = nn_model_new(&b->model, g, err);
    if (status != NN_OK)
        return status;
    if (turned)
        turn(b->model->params[0].data, c);
    else if (phased)
        gather(b->model->params[0].data, c, &a);
    else
        memcpy(b->model->params[0].data, c->w->data, nn_tensor_bytes(c->w));
    return NN_OK;
}

// The plan reads or writes `data` in the place of its own memory `own`.
static void redirect(nn_plan *plan, const void *own, void *data)
{
    plan_node *n = &plan->nodes[0];
    for (int v = 0; v < 2 * plan->value_count; v++)
        if (plan->slots[v].tensor.data == own)
            plan->slots[v].tensor.data = data;
    for (int k = 0; k < n->call.n_in; k++)
        if (n->in[k].data == own)
            n->in[k].data = data;
    for (int i = 0; i < plan->step_count; i++) {
        if (plan->steps[i].from.data == own)
            plan->steps[i].from.data = data;
        if (plan->steps[i].to.data == own)
            plan->steps[i].to.data = data;
    }
}

// Whether the result has the size of the input's gradient.
static bool fits(const nn_walk_conv *b, const nn_shape *x)
{
    const nn_shape *out = &nn_plan_output(b->plan, 0)->shape;
    for (int i = 0; i < 2; i++)
        if (out->dim[2 + i] != nn_divide_up(x->dim[2 + i], b->phases[i]))
            return false;
    return out->dim[0] == x->dim[0] && out->dim[1] == x->dim[1] * b->phases[0] * b->phases[1];
}

static nn_status make(nn_walk_convs *c, int i, nn_error *err)
{
    const nn_node_info node = nn_graph_node_at(c->plan->model->graph, i);
    const problem problem = problem_of(c->plan, &node);
    nn_walk_conv *b = &c->conv[i];
    const nn_plan_options o = {.pool = c->plan->options.pool,
                               .kernels = c->plan->options.kernels,
                               .exact = c->plan->options.exact,
                               .compiled = true,
                               .workspace = c->workspace};
    nn_status status = build(b, &problem, err);
    if (status == NN_OK)
        status = nn_plan_new(&b->plan, b->model, problem.y, 1, &o, err);
    if (status == NN_OK && !fits(b, problem.x))
        status = NN_ESHAPE;
    if (status != NN_OK) { // the operator's own backward does it
        drop(b);
        return status == NN_ENOMEM ? status : NN_OK;
    }
    if (b->plan->nodes[0].impl.unread >> WEIGHT & 1)
        nn_tensor_release(&b->model->params[0]); // packed
    redirect(b->plan, nn_plan_input(b->plan, 0)->data, c->plan->grads[node.out].data);
    return NN_OK;
}

nn_status nn_walk_convs_take(nn_walk_convs *c, int i, nn_walk_conv **conv, nn_error *err)
{
    const nn_node_info node = nn_graph_node_at(c->plan->model->graph, i);
    nn_walk_conv *b = &c->conv[i];
    *conv = NULL;
    if (node.op != &nn_op_conv2d || !c->plan->constant[node.in[WEIGHT]])
        return NN_OK;
    const nn_status status = b->tried ? NN_OK : make(c, i, err);
    b->tried = status == NN_OK;
    *conv = b->plan ? b : NULL;
    return status;
}

// --- a run ---

typedef struct sum {
    const nn_op_call *call;
    const nn_walk_conv *conv;
    const float *y;
    bool fresh;
} sum;

static void add(void *ctx, int64_t begin, int64_t end, int worker)
{
    const sum *s = ctx;
    float *to = nn_tensor_f32(&s->call->grad_in[0]) + begin;
    (void)worker;
    s->call->kernels->eltwise.add(to, to, s->y + begin, end - begin);
}

// Index: row of a plane of the gradient, all planes.
static void interleave(void *ctx, int64_t begin, int64_t end, int worker)
{
    const sum *s = ctx;
    const int64_t *dim = s->call->grad_in[0].shape.dim, w = dim[3];
    const int sy = s->conv->phases[0], sx = s->conv->phases[1];
    const int64_t h = nn_divide_up(dim[2], sy), cells = nn_divide_up(w, sx);
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        const int64_t plane = u / dim[2], y = u % dim[2], image = plane / dim[1];
        float *to = nn_tensor_f32(&s->call->grad_in[0]) + u * w;
        for (int rx = 0; rx < sx; rx++) {
            const int64_t channel =
                image * dim[1] * sy * sx + ((y % sy) * sx + rx) * dim[1] + plane % dim[1];
            const float *from = s->y + (channel * h + y / sy) * cells;
            for (int64_t x = rx; x < w; x += sx)
                to[x] = *from++ + (s->fresh ? 0 : to[x]);
        }
    }
}

void nn_walk_conv_run(nn_walk_conv *conv, const nn_op_call *call, bool fresh)
{
    enum { GRAIN = 16384, ROWS = 16 };
    const nn_tensor *gx = &call->grad_in[0];
    const bool phased = conv->phases[0] * conv->phases[1] > 1, direct = fresh && !phased;
    void *own = nn_plan_output(conv->plan, 0)->data;
    if (direct)
        redirect(conv->plan, own, gx->data);
    nn_plan_run(conv->plan);
    if (direct)
        redirect(conv->plan, gx->data, own);
    sum s = {call, conv, own, fresh};
    if (phased)
        nn_pool_run(call->pool, nn_shape_span(&gx->shape, 0, 3), ROWS, interleave, &s);
    else if (!fresh)
        nn_pool_run(call->pool, nn_shape_count(&gx->shape), GRAIN, add, &s);
}
