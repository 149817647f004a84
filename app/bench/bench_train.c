// SPDX-License-Identifier: MIT
// Measures training steps of a classifier on random pictures.
#include "app/bench/bench.h"
#include "app/cli/progress.h"
#include "nn/graph/backward.h"
#include "nn/train/optimiser.h"
#include "nn/zoo/zoo.h"

#include <glib.h>
#include <math.h>
#include <string.h>

typedef struct step_times {
    double forward, backward, update; // seconds
} step_times;

static nn_status build(nn_model **out, const char *name, const app_bench_options *o, nn_error *err)
{
    nn_card card = {0};
    if (!nn_zoo_find(name))
        return nn_fail(err, NN_ENOTFOUND,
                       "%s is not the name of a network, and only those can be trained here "
                       "('neroscale list' shows them)",
                       name);
    g_strlcpy(card.network, name, sizeof card.network);
    g_strlcpy(card.task, nn_zoo_own_task(nn_zoo_find(name)), sizeof card.task);
    if (o->options &&
        g_strlcpy(card.options, o->options, sizeof card.options) >= sizeof card.options)
        return nn_fail(err, NN_EINVAL, "the options are too long");
    nn_status status = nn_zoo_build(out, &card, err);
    if (status == NN_OK)
        nn_model_init_random(*out, 1);
    return status;
}

// Gradient of the mean softmax cross-entropy over logits (N, classes); picture n has class (7 n +
// 3) mod classes.
static void loss_gradient(const nn_tensor *logits, const nn_tensor *gradient)
{
    const int64_t n = logits->shape.dim[0], classes = nn_shape_span(&logits->shape, 1, 2);
    for (int64_t i = 0; i < n; i++) {
        const float *x = nn_tensor_f32(logits) + i * classes;
        float *g = nn_tensor_f32(gradient) + i * classes, top = x[0], sum = 0.0f;
        for (int64_t c = 1; c < classes; c++)
            top = fmaxf(top, x[c]);
        for (int64_t c = 0; c < classes; c++)
            sum += g[c] = expf(x[c] - top);
        for (int64_t c = 0; c < classes; c++)
            g[c] = (g[c] / sum - (c == (7 * i + 3) % classes ? 1.0f : 0.0f)) / (float)n;
    }
}

static step_times take_step(nn_plan *plan, nn_optimiser *optimiser, const nn_kernels *kernels)
{
    const int outputs = nn_graph_output_count(optimiser->model->graph);
    const double start = app_now();
    nn_plan_set_step(plan, (uint64_t)optimiser->steps);
    nn_plan_run(plan);
    const double ran = app_now();
    for (int i = 0; i < outputs; i++)
        loss_gradient(nn_plan_output(plan, i), nn_plan_output_grad(plan, i));
    nn_plan_zero_grads(plan);
    nn_plan_backward(plan);
    const double walked = app_now();
    nn_optimiser_step(optimiser, plan, 1e-3f, kernels);
    return (step_times){ran - start, walked - ran, app_now() - walked};
}

static void time_steps(app_bench_result *r, nn_plan *plan, nn_optimiser *optimiser,
                       const app_bench_options *o, const nn_kernels *kernels)
{
    app_bench_clock clock;
    double best = INFINITY;
    take_step(plan, optimiser, kernels);
    app_bench_clock_start(&clock, o->runs, o->seconds > 0.0 ? o->seconds : 5.0);
    while (app_bench_clock_more(&clock)) {
        const step_times t = take_step(plan, optimiser, kernels);
        const double ms = 1e3 * (t.forward + t.backward + t.update);
        app_bench_clock_add(&clock, ms);
        if (ms >= best)
            continue;
        best = ms;
        r->forward_ms = 1e3 * t.forward;
        r->backward_ms = 1e3 * t.backward;
        r->update_ms = 1e3 * t.update;
    }
    // Each of the two gradients of a layer takes as many operations as its forward run.
    app_bench_clock_stop(&clock, 6.0 * nn_plan_macs(plan), r);
}

static nn_status measure(app_bench_result *r, nn_model *m, const app_bench_options *o,
                         nn_error *err)
{
    const nn_kernels *kernels = nn_kernels_best();
    const nn_training_plan_options options = {.pool = o->pool, .kernels = kernels};
    const nn_shape input =
        nn_shape_4d(o->batch, nn_card_channels(&m->card), o->height ? o->height : m->card.input_h,
                    o->width ? o->width : m->card.input_w);
    nn_plan *plan = NULL;
    nn_optimiser optimiser = {0};
    nn_optimiser_options sgd;
    nn_optimiser_defaults(&sgd);
    sgd.kind = NN_OPTIMISER_SGD;
    sgd.decay = 0.0f;
    sgd.clip = 0.0f;
    nn_status status = nn_plan_new_training(&plan, m, &input, 1, &options, err);
    if (status == NN_OK)
        status = nn_optimiser_init(&optimiser, m, &sgd, err);
    if (status == NN_OK) {
        nn_fill_reference_input(nn_plan_input(plan, 0));
        r->threads = nn_pool_threads(o->pool);
        r->batch = o->batch;
        r->height = (int)input.dim[2];
        r->width = (int)input.dim[3];
        r->memory = (double)nn_plan_bytes(plan);
        time_steps(r, plan, &optimiser, o, kernels);
        nn_optimiser_release(&optimiser);
    }
    nn_plan_free(plan);
    return status;
}

nn_status app_bench_train(app_bench_result *r, const char *name, const app_bench_options *o,
                          nn_error *err)
{
    nn_model *model = NULL;
    *r = (app_bench_result){.precision = "float32"};
    nn_status status = build(&model, name, o, err);
    if (status == NN_OK)
        status = measure(r, model, o, err);
    nn_model_free(model);
    return status;
}
