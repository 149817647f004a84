// SPDX-License-Identifier: MIT
// Walks the parameters of a model through the update kernels.
#include "nn/train/optimiser.h"

#include "nn/base/arith.h"
#include "nn/base/memory.h"
#include "nn/graph/backward.h"

#include <math.h>
#include <string.h>

// elements that a thread takes at a time; independent of the number of threads
enum { PART = 1 << 16 };

static int64_t count_parts(int64_t elements)
{
    return nn_divide_up(elements, PART);
}

static bool is_adam(const nn_optimiser_options *o)
{
    return o->kind == NN_OPTIMISER_ADAMW || o->kind == NN_OPTIMISER_ADAM;
}

static float rate_of(const nn_optimiser *o, int param)
{
    return o->options.rates ? o->options.rates[param] : 1;
}

static nn_value_info param_info(const nn_model *m, int i)
{
    return nn_graph_value(m->graph, nn_graph_param_at(m->graph, i));
}

nn_status nn_optimiser_init(nn_optimiser *o, nn_model *model, const nn_optimiser_options *options,
                            nn_error *err)
{
    *o = (nn_optimiser){.options = *options, .model = model};
    int n = nn_graph_param_count(model->graph);
    o->first = nn_calloc(n, sizeof *o->first);
    o->second = nn_calloc(n, sizeof *o->second);
    int64_t parts = 1;
    for (int i = 0; i < n; i++) {
        const int64_t own = count_parts(nn_shape_count(&model->params[i].shape));
        parts = own > parts ? own : parts;
    }
    o->sums = nn_calloc((size_t)parts, sizeof *o->sums);
    nn_status status =
        o->first && o->second && o->sums ? NN_OK : nn_fail(err, NN_ENOMEM, "optimiser: no memory");
    for (int i = 0; i < n && status == NN_OK; i++) {
        if (param_info(model, i).param == NN_PARAM_BUFFER || !(rate_of(o, i) > 0))
            continue;
        status = nn_tensor_init(&o->first[i], NN_F32, &model->params[i].shape, err);
        if (status == NN_OK && is_adam(options))
            status = nn_tensor_init(&o->second[i], NN_F32, &model->params[i].shape, err);
    }
    if (status != NN_OK)
        nn_optimiser_release(o);
    return status;
}

void nn_optimiser_release(nn_optimiser *o)
{
    int n = o->model ? nn_graph_param_count(o->model->graph) : 0;
    for (int i = 0; i < n; i++) {
        if (o->first)
            nn_tensor_release(&o->first[i]);
        if (o->second)
            nn_tensor_release(&o->second[i]);
    }
    nn_free(o->first);
    nn_free(o->second);
    nn_free(o->sums);
    *o = (nn_optimiser){0};
}

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    return n >= m && strcmp(name + n - m, end) == 0;
}

// Elastic matrices are near the identity: decay would pull them away from it.
static bool is_decayed(const nn_value_info *p)
{
    return p->param == NN_PARAM_WEIGHT && !ends_with(p->name, "to5") && !ends_with(p->name, "to3");
}

// A parameter in a step.
typedef struct step {
    nn_optimiser *o;
    const nn_kernels *k;
    int param;
    const nn_tensor *grad;
    float rate, decay;
    float scale; // of the gradient
} step;

// Index: element.
static void sum_squares(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const step *s = ctx;
    const float *g = nn_tensor_f32(s->grad) + begin;
    s->o->sums[begin / PART] = s->k->eltwise.dot(g, g, end - begin);
}

static double gradient_norm(nn_optimiser *o, const nn_plan *plan, const nn_kernels *k)
{
    double sum = 0;
    for (int i = 0; i < nn_graph_param_count(o->model->graph); i++) {
        step s = {.o = o, .k = k, .grad = nn_plan_param_grad(plan, i)};
        if (!s.grad || !s.grad->data)
            continue;
        const int64_t n = nn_shape_count(&s.grad->shape);
        nn_pool_run(o->pool, n, PART, sum_squares, &s);
        for (int64_t part = 0; part < count_parts(n); part++)
            sum += o->sums[part];
    }
    return sqrt(sum);
}

// Index: element.
static void update(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const step *s = ctx;
    const nn_optimiser *o = s->o;
    const nn_optimiser_options *p = &o->options;
    float *w = nn_tensor_f32(&o->model->params[s->param]) + begin;
    float *v = nn_tensor_f32(&o->first[s->param]) + begin, *g = nn_tensor_f32(s->grad) + begin;
    const int64_t n = end - begin;
    if (s->scale < 1)
        s->k->eltwise.affine(g, g, s->scale, 0, n);
    if (!is_adam(p)) {
        s->k->update.sgd(w, v, g, n, s->rate, p->momentum, s->decay,
                         p->kind == NN_OPTIMISER_NESTEROV);
        return;
    }
    if (p->kind == NN_OPTIMISER_ADAM && s->decay > 0)
        s->k->eltwise.axpy(g, s->decay, w, n);
    double t = (double)o->steps + 1;
    double bias1 = 1 - pow(p->beta1, t), bias2 = sqrt(1 - pow(p->beta2, t));
    s->k->update.adamw(w, v, nn_tensor_f32(&o->second[s->param]) + begin, g, n,
                       (float)(s->rate * bias2 / bias1), p->beta1, p->beta2,
                       (float)(p->eps * bias2),
                       p->kind == NN_OPTIMISER_ADAMW ? s->rate * s->decay : 0);
}

double nn_optimiser_step(nn_optimiser *o, const nn_plan *plan, float rate, const nn_kernels *k)
{
    double norm = gradient_norm(o, plan, k);
    if (!isfinite(norm))
        return norm;
    bool clipped = o->options.clip > 0 && norm > o->options.clip;
    for (int i = 0; i < nn_graph_param_count(o->model->graph); i++) {
        nn_value_info info = param_info(o->model, i);
        step s = {.o = o,
                  .k = k,
                  .param = i,
                  .grad = nn_plan_param_grad(plan, i),
                  .rate = rate * rate_of(o, i),
                  .decay = is_decayed(&info) ? o->options.decay : 0,
                  .scale = clipped ? (float)(o->options.clip / norm) : 1};
        if (s.grad && s.grad->data && o->first[i].data)
            nn_pool_run(o->pool, nn_shape_count(&s.grad->shape), PART, update, &s);
    }
    o->steps++;
    return norm;
}

void nn_average_step(nn_model *average, const nn_model *model, const float *rates, float decay,
                     int64_t step, const nn_kernels *k)
{
    float early = (float)((1.0 + (double)step) / (10.0 + (double)step));
    for (int i = 0; i < nn_graph_param_count(model->graph); i++) {
        nn_tensor *to = &average->params[i];
        const nn_tensor *from = &model->params[i];
        // The sum of two parts of a constant would be rounded away from it.
        const bool same = memcmp(to->data, from->data, nn_tensor_bytes(from)) == 0;
        if ((!rates || rates[i] > 0) && !same)
            k->update.ema(nn_tensor_f32(to), nn_tensor_f32(from), nn_shape_count(&from->shape),
                          decay < early ? decay : early);
    }
}
