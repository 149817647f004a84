// SPDX-License-Identifier: MIT
// Channels on a fixed batch, and magnitudes of weights, gradients and updates.
#include "nn/train/inspect.h"

#include "nn/base/memory.h"
#include "nn/graph/backward.h"
#include "nn/graph/plan.h"
#include "nn/ops/ops.h"
#include "nn/ops/pointwise.h"
#include "nn/train/trainer_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NEAR 0.01f // of the range between the bounds
#define MOST 0.95  // part of the outputs

// How an activation ends below and above; infinite: it goes on.
typedef struct limits {
    bool fires; // outputs above 0 are what it passes
    float low, high;
} limits;

typedef struct row {
    nn_layer_inspection shown;
    int param;      // weights; -1: none
    nn_value out;   // of the activation; NN_NO_VALUE: none
    limits limits;  // of it
    uint8_t *state; // owned
    float *before;  // owned: the weights before the last step of the epoch; NULL: not kept
} row;

struct nn_inspection {
    nn_trainer *trainer; // borrowed
    float *planes;       // owned: the pictures, as network inputs
    int pictures, height, width;
    row *rows; // owned
    int count;
    bool kept; // `before` is that of the step that follows
};

// --- which layers ---

// Whether the node is an activation whose channels can be dead or saturated.
static bool find_limits(const nn_node_info *n, limits *l)
{
    static const struct {
        const char *op;
        limits is;
    } known[] = {{"relu", {true, -INFINITY, INFINITY}},
                 {"gelu", {true, -INFINITY, INFINITY}},
                 {"silu", {true, -INFINITY, INFINITY}},
                 {"mish", {true, -INFINITY, INFINITY}},
                 {"sigmoid", {false, 0, 1}}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].op, n->op->name) == 0) {
            *l = known[i].is;
            return true;
        }
    if (strcmp(n->op->name, "pointwise") != 0)
        return false;
    const nn_pointwise_params *p = n->params;
    switch ((nn_pointwise)p->kind) {
    case NN_POINTWISE_LEAKY_RELU:
    case NN_POINTWISE_ELU:
    case NN_POINTWISE_CELU:
    case NN_POINTWISE_SELU:
    case NN_POINTWISE_HARD_SWISH:
    case NN_POINTWISE_GELU_TANH:
        *l = (limits){true, -INFINITY, INFINITY};
        return true;
    case NN_POINTWISE_CLIP: // at 0 it is dead, not saturated
        *l = (limits){p->a == 0, p->a == 0 ? -INFINITY : p->a, p->b};
        return true;
    case NN_POINTWISE_HARD_SIGMOID:
        *l = (limits){false, 0, 1};
        return true;
    case NN_POINTWISE_TANH:
    case NN_POINTWISE_SOFTSIGN:
        *l = (limits){false, -1, 1};
        return true;
    default:
        return false;
    }
}

// The parameter with the weights of a node; -1: it has none of at least two dimensions.
static int weights_of(const nn_graph *g, const nn_node_info *n)
{
    for (int i = 1; i < n->n_in; i++) {
        if (n->in[i] == NN_NO_VALUE)
            continue;
        const nn_value_info v = nn_graph_value(g, n->in[i]);
        if (v.kind == NN_VALUE_PARAM && v.param == NN_PARAM_WEIGHT && v.shape->rank >= 2)
            return v.index;
    }
    return -1;
}

// The row whose layer ends, with at most norms between, in value `v`; NULL: none.
static row *row_before(nn_inspection *n, const nn_graph *g, nn_value v)
{
    for (int i = nn_graph_node_count(g) - 1; i >= 0; i--) {
        const nn_node_info node = nn_graph_node_at(g, i);
        if (node.out != v)
            continue;
        if (node.op == &nn_op_batch_norm) {
            v = node.in[0];
            continue;
        }
        for (int k = 0; k < n->count; k++)
            if (strcmp(n->rows[k].shown.name, node.name) == 0 && n->rows[k].param >= 0 &&
                n->rows[k].out == NN_NO_VALUE)
                return &n->rows[k];
        return NULL;
    }
    return NULL;
}

static void find_rows(nn_inspection *n, const nn_graph *g)
{
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        const int param = weights_of(g, &node);
        limits l = {false, 0, 0};
        const bool acts = find_limits(&node, &l);
        row *r = acts ? row_before(n, g, node.in[0]) : NULL;
        if (param < 0 && !acts)
            continue;
        if (!r) {
            r = &n->rows[n->count++];
            *r = (row){
                .shown = {.name = node.name, .ratio = NAN}, .param = param, .out = NN_NO_VALUE};
        }
        if (acts) {
            r->out = node.out;
            r->limits = l;
        }
    }
}

// --- the pictures ---

static nn_status load_pictures(nn_inspection *n, nn_dataset *pictures, nn_error *err)
{
    const nn_trainer *t = n->trainer;
    nn_loader_options o = {.height = n->height,
                           .width = n->width,
                           .kind = t->task->evaluator->kind,
                           .classes = nn_trainer_classes(t),
                           .channels = nn_card_channels(&t->model->card),
                           .seed = 1,
                           .augment = t->options.augment,
                           .threads = 1,
                           .kernels = t->kernels};
    const size_t bytes = (size_t)nn_card_channels(&t->model->card) * (size_t)n->height *
                         (size_t)n->width * sizeof(float);
    nn_loader *loader = NULL;
    const nn_batch *batch = NULL;
    n->pictures = pictures->count < NN_INSPECT_PICTURES ? pictures->count : NN_INSPECT_PICTURES;
    o.batch = n->pictures;
    nn_status status = nn_augment_preset(&o.augment, "none", o.kind == NN_DATA_CLASSES, err);
    n->planes = nn_alloc(bytes * (size_t)n->pictures);
    if (status == NN_OK && !n->planes)
        status = nn_fail(err, NN_ENOMEM, "no memory for the pictures of --inspect");
    if (status == NN_OK)
        status = nn_loader_new(&loader, pictures, &o, 0, err);
    if (status == NN_OK)
        status = nn_loader_next(loader, &batch, err);
    if (status == NN_OK)
        memcpy(n->planes, batch->planes, bytes * (size_t)n->pictures);
    nn_loader_free(loader);
    return status;
}

nn_status nn_inspection_new(nn_inspection **out, nn_trainer *trainer, nn_dataset *pictures,
                            nn_error *err)
{
    const nn_graph *g = trainer->model->graph;
    nn_inspection *n = nn_calloc(1, sizeof *n);
    *out = NULL;
    if (!n)
        return nn_fail(err, NN_ENOMEM, "no memory for --inspect");
    n->trainer = trainer;
    n->height = trainer->options.height;
    n->width = trainer->options.width;
    n->rows = nn_calloc((size_t)nn_graph_node_count(g) + 1, sizeof *n->rows);
    nn_status status = NN_OK;
    if (!n->rows)
        status = nn_fail(err, NN_ENOMEM, "no memory for --inspect");
    else if (pictures->count < 1)
        status = nn_fail(err, NN_EINVAL, "there are no pictures to look at");
    if (status == NN_OK) {
        find_rows(n, g);
        status = load_pictures(n, pictures, err);
    }
    if (status != NN_OK)
        nn_inspection_free(n);
    else
        *out = n;
    return status;
}

void nn_inspection_free(nn_inspection *n)
{
    if (!n)
        return;
    for (int i = 0; i < n->count; i++) {
        nn_free(n->rows[i].state);
        nn_free(n->rows[i].before);
    }
    nn_free(n->rows);
    nn_free(n->planes);
    nn_free(n);
}

// --- a look ---

// Channel `c` of a value (N,C,...).
static nn_channel_state judge(const nn_tensor *v, int64_t c, const limits *l)
{
    const int64_t batch = v->shape.dim[0], channels = v->shape.dim[1];
    const int64_t each = nn_shape_count(&v->shape) / batch / channels;
    const float range = isinf(l->low) ? l->high : l->high - l->low;
    float top = -INFINITY;
    int64_t near = 0;
    for (int64_t b = 0; b < batch; b++) {
        const float *x = nn_tensor_f32(v) + (b * channels + c) * each;
        for (int64_t i = 0; i < each; i++) {
            top = x[i] > top ? x[i] : top;
            near += x[i] <= l->low + NEAR * range || x[i] >= l->high - NEAR * range;
        }
    }
    if (l->fires && top <= 0)
        return NN_CHANNEL_DEAD;
    return isfinite(range) && (double)near >= MOST * (double)(batch * each) ? NN_CHANNEL_SATURATED
                                                                            : NN_CHANNEL_ALIVE;
}

static nn_status look_at_channels(row *r, const nn_tensor *v, nn_error *err)
{
    nn_layer_inspection *s = &r->shown;
    if (!v || v->dtype != NN_F32 || v->shape.rank < 2 || nn_shape_count(&v->shape) < 1)
        return NN_OK;
    if (!r->state)
        r->state = nn_calloc((size_t)v->shape.dim[1], 1);
    if (!r->state)
        return nn_fail(err, NN_ENOMEM, "no memory for --inspect");
    s->channels = (int)v->shape.dim[1];
    s->dead = s->saturated = 0;
    s->state = r->state;
    for (int c = 0; c < s->channels; c++) {
        r->state[c] = (uint8_t)judge(v, c, &r->limits);
        s->dead += r->state[c] == NN_CHANNEL_DEAD;
        s->saturated += r->state[c] == NN_CHANNEL_SATURATED;
    }
    return NN_OK;
}

// Runs the pictures through the present weights, as in inference.
static nn_status look_at_pictures(nn_inspection *n, nn_error *err)
{
    const nn_trainer *t = n->trainer;
    const nn_shape input =
        nn_shape_4d(n->pictures, nn_card_channels(&t->model->card), n->height, n->width);
    const nn_plan_options o = {.pool = t->pool, .kernels = t->kernels, .keep_values = true};
    nn_plan *plan;
    nn_status status = nn_plan_new(&plan, t->model, &input, 1, &o, err);
    if (status != NN_OK)
        return status;
    memcpy(nn_plan_input(plan, 0)->data, n->planes, nn_tensor_bytes(nn_plan_input(plan, 0)));
    nn_plan_run(plan);
    for (int i = 0; i < n->count && status == NN_OK; i++)
        if (n->rows[i].out != NN_NO_VALUE)
            status = look_at_channels(&n->rows[i], nn_plan_value(plan, n->rows[i].out), err);
    nn_plan_free(plan);
    return status;
}

static void add_number(nn_magnitudes *m, float x)
{
    int exponent;
    if (x == 0) {
        m->zeros++;
        return;
    }
    if (!isfinite(x)) {
        m->odd++;
        return;
    }
    frexpf(x, &exponent); // |x| is in [2^(exponent - 1), 2^exponent)
    const int bin = exponent - 1 - NN_MAGNITUDE_LOW;
    m->bin[bin < 0 ? 0 : bin < NN_MAGNITUDE_BINS ? bin : NN_MAGNITUDE_BINS - 1]++;
}

static nn_magnitudes measure(const nn_tensor *v)
{
    nn_magnitudes m = {.count = v && v->data ? nn_shape_count(&v->shape) : 0};
    double sum = 0;
    for (int64_t i = 0; i < m.count; i++) {
        const float x = nn_tensor_f32(v)[i];
        add_number(&m, x);
        sum += isfinite(x) ? (double)x * (double)x : 0;
    }
    m.norm = sqrt(sum);
    return m;
}

static double find_ratio(const row *r, const nn_tensor *now)
{
    double update = 0, norm = 0;
    for (int64_t i = 0; i < nn_shape_count(&now->shape); i++) {
        const double was = (double)r->before[i], d = (double)nn_tensor_f32(now)[i] - was;
        update += d * d;
        norm += was * was;
    }
    return norm > 0 ? sqrt(update / norm) : (double)NAN;
}

static nn_status look(nn_inspection *n, nn_error *err)
{
    const nn_trainer *t = n->trainer;
    for (int i = 0; i < n->count; i++) {
        row *r = &n->rows[i];
        if (r->param < 0)
            continue;
        const nn_tensor *now = &t->model->params[r->param];
        r->shown.weight = measure(now);
        r->shown.gradient = measure(nn_plan_param_grad(t->runner[0].plan, r->param));
        r->shown.ratio = n->kept && r->before ? find_ratio(r, now) : (double)NAN;
    }
    n->kept = false;
    return look_at_pictures(n, err);
}

static nn_status keep(nn_inspection *n, nn_error *err)
{
    for (int i = 0; i < n->count; i++) {
        row *r = &n->rows[i];
        if (r->param < 0)
            continue;
        const nn_tensor *now = &n->trainer->model->params[r->param];
        if (!r->before)
            r->before = nn_alloc(nn_tensor_bytes(now));
        if (!r->before)
            return nn_fail(err, NN_ENOMEM, "no memory for --inspect");
        memcpy(r->before, now->data, nn_tensor_bytes(now));
    }
    n->kept = true;
    return NN_OK;
}

nn_status nn_inspection_step(nn_inspection *n, const nn_train_state *s, bool *looked, nn_error *err)
{
    nn_status status = NN_OK;
    *looked = s->epoch_step == s->epoch_steps;
    if (*looked)
        status = look(n, err);
    if (status == NN_OK && (s->epoch_step + 1 == s->epoch_steps || s->epoch_steps == 1))
        status = keep(n, err);
    return status;
}

int nn_inspection_count(const nn_inspection *n)
{
    return n->count;
}

const nn_layer_inspection *nn_inspection_at(const nn_inspection *n, int i)
{
    return &n->rows[i].shown;
}

bool nn_inspection_say(const nn_inspection *n, char *line)
{
    const nn_layer_inspection *worst = NULL;
    double most = 0;
    int layers = 0;
    for (int i = 0; i < n->count; i++) {
        const nn_layer_inspection *s = &n->rows[i].shown;
        const int bad = s->dead > s->saturated ? s->dead : s->saturated;
        const double part = s->channels > 0 ? (double)bad / s->channels : 0;
        layers += bad > 0;
        if (part > most) {
            most = part;
            worst = s;
        }
    }
    if (!worst)
        return false;
    const bool dead = worst->dead >= worst->saturated;
    int length = snprintf(line, NN_INSPECT_LINE, "%d of %d channels of %.100s %s",
                          dead ? worst->dead : worst->saturated, worst->channels, worst->name,
                          dead ? "never fire" : "are saturated");
    if (layers > 1)
        snprintf(line + length, (size_t)(NN_INSPECT_LINE - length), ", and some of %d layer%s more",
                 layers - 1, layers > 2 ? "s" : "");
    return true;
}
