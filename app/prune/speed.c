// SPDX-License-Identifier: MIT
// The speed of a model beside that of its pruned form, and how much must go for a wanted speed.
#include "app/cli/progress.h"
#include "app/prune/prune.h"
#include "nn/graph/plan.h"
#include "nn/graph/rebuild.h"

#include <math.h>

// Compiled as `run` does it.
typedef struct runner {
    nn_model *model;
    nn_plan *plan;
    double best; // milliseconds
} runner;

static nn_status open_runner(runner *r, const nn_model *m, nn_pool *pool, nn_error *err)
{
    nn_shape input;
    nn_status status = prune_inputs(m, &input, err);
    if (status == NN_OK)
        status = nn_model_copy(&r->model, m, err);
    if (status == NN_OK)
        status = nn_model_fuse(&r->model, 0, err);
    if (status != NN_OK)
        return status;
    const nn_plan_options options = {.pool = pool, .compiled = true, .half = r->model->half};
    status = nn_plan_new(&r->plan, r->model, &input, 1, &options, err);
    if (status == NN_OK)
        nn_fill_reference_input(nn_plan_input(r->plan, 0));
    r->best = (double)INFINITY;
    return status;
}

static void visit(runner *r)
{
    enum { TIMED = 3 };
    nn_plan_run(r->plan); // brings weights and values back into the caches
    for (int i = 0; i < TIMED; i++) {
        const double began = app_now();
        nn_plan_run(r->plan);
        r->best = fmin(r->best, 1e3 * (app_now() - began));
    }
}

nn_status prune_time(const nn_model *const m[2], nn_pool *pool, double seconds, double ms[2],
                     nn_error *err)
{
    enum { LEAST_ROUNDS = 5 };
    runner r[2] = {0};
    nn_status status = open_runner(&r[0], m[0], pool, err);
    if (status == NN_OK)
        status = open_runner(&r[1], m[1], pool, err);
    const double until = app_now() + seconds;
    for (int i = 0; status == NN_OK && (i < LEAST_ROUNDS || app_now() < until); i++) {
        visit(&r[i % 2]);
        visit(&r[(i + 1) % 2]);
    }
    for (int k = 0; k < 2; k++) {
        ms[k] = r[k].best;
        nn_plan_free(r[k].plan);
        nn_model_free(r[k].model);
    }
    return status;
}

nn_status prune_find_macs(nn_pruner *p, const nn_model *m, nn_pool *pool, double speed_up,
                          double *part, nn_error *err)
{
    enum { HALVINGS = 6 };
    double low = nn_pruner_least_macs(p) / nn_pruner_macs(p), high = 1, reached = 1;
    app_progress progress = {0};
    nn_status status = NN_OK;
    app_progress_begin(&progress, "measuring", 0, HALVINGS);
    for (int i = 0; i < HALVINGS && status == NN_OK; i++) {
        const double middle = i > 0 ? 0.5 * (low + high) : low; // the fastest one first
        nn_model *small;
        double ms[2];
        status = nn_pruner_make(p, middle * nn_pruner_macs(p) * (1 + 1e-9), &small, err);
        if (status != NN_OK)
            break;
        status = prune_time((const nn_model *const[]){m, small}, pool, 0.5, ms, err);
        nn_model_free(small);
        if (status == NN_OK && i == 0 && ms[0] / ms[1] < speed_up)
            status = nn_fail(err, NN_EINVAL,
                             "--speed-up %g cannot be reached: with the fewest channels it is "
                             "%.2f times as fast",
                             speed_up, ms[0] / ms[1]);
        if (i > 0 && ms[0] / ms[1] >= speed_up)
            low = middle;
        else if (i > 0)
            high = middle;
        reached = low;
        app_progress_show(&progress, i + 1, "");
    }
    app_progress_clear(&progress);
    *part = reached;
    return status;
}
