// SPDX-License-Identifier: MIT
// Models beside each other: multiply-adds of a run, and milliseconds.
#include "app/bench/time_models.h"

#include "app/cli/progress.h"
#include "nn/base/memory.h"
#include "nn/graph/plan.h"
#include "nn/graph/rebuild.h"

#include <glib.h>
#include <math.h>

nn_status app_model_image(const nn_model *m, nn_shape *input, nn_error *err)
{
    if (nn_graph_input_count(m->graph) != 1)
        return nn_fail(err, NN_EUNSUPPORTED, "a network with %d inputs, not one image",
                       nn_graph_input_count(m->graph));
    *input = m->fixed_inputs
                 ? m->fixed_inputs[0]
                 : nn_shape_4d(1, nn_card_channels(&m->card), m->card.input_h, m->card.input_w);
    return NN_OK;
}

double app_model_macs(const nn_model *m)
{
    const nn_graph *g = m->graph;
    nn_shape input, *shapes = nn_calloc((size_t)nn_graph_value_count(g), sizeof *shapes);
    double *macs = nn_calloc((size_t)nn_graph_node_count(g) + 1, sizeof *macs), sum = 0;
    const bool known = shapes && macs && app_model_image(m, &input, NULL) == NN_OK &&
                       nn_graph_infer(g, &input, 1, shapes, macs, NULL) == NN_OK;
    for (int i = 0; known && i < nn_graph_node_count(g); i++)
        sum += macs[i];
    nn_free(shapes);
    nn_free(macs);
    return sum;
}

// Compiled as `run` does it.
typedef struct runner {
    nn_model *model;
    nn_plan *plan;
    double best; // milliseconds
} runner;

static nn_status open_runner(runner *r, const nn_model *m, nn_pool *pool, nn_error *err)
{
    nn_shape input;
    nn_status status = app_model_image(m, &input, err);
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

nn_status app_time_models(const nn_model *const *m, int count, nn_pool *pool, double seconds,
                          double *ms, nn_error *err)
{
    enum { LEAST_ROUNDS = 5 };
    runner *r = g_new0(runner, count + 1);
    nn_status status = NN_OK;
    for (int k = 0; k < count && status == NN_OK; k++)
        status = open_runner(&r[k], m[k], pool, err);
    const double until = app_now() + seconds;
    for (int i = 0; status == NN_OK && (i < LEAST_ROUNDS || app_now() < until); i++)
        for (int k = 0; k < count; k++)
            visit(&r[(i + k) % count]); // another one goes first each time
    for (int k = 0; k < count; k++) {
        ms[k] = r[k].best;
        nn_plan_free(r[k].plan);
        nn_model_free(r[k].model);
    }
    g_free(r);
    return status;
}
