// SPDX-License-Identifier: MIT
// Tuning: a plan for each rank of implementations, timed node by node.
#include "nn/graph/tune.h"

#include "nn/base/memory.h"
#include "nn/graph/plan.h"
#include "nn/graph/plan_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { RUNS = 5 };

typedef struct best {
    double seconds;
    const char *impl;
    bool several; // other plans had another implementation
} best;

// Times the nodes of one plan and keeps what is faster than before.
static void time_plan(nn_plan *plan, int nodes, int runs, best *found)
{
    nn_plan_set_timing(plan, true);
    nn_plan_run(plan); // warm
    for (int run = 0; run < runs; run++) {
        nn_plan_run(plan);
        for (int i = 0; i < nodes; i++) {
            const char *impl = nn_plan_node_impl(plan, i);
            found[i].several = found[i].several || (found[i].impl && strcmp(impl, found[i].impl));
            if (nn_plan_node_seconds(plan, i) < found[i].seconds) {
                found[i].seconds = nn_plan_node_seconds(plan, i);
                found[i].impl = impl;
            }
        }
    }
}

static nn_status measure(const nn_model *model, const nn_shape *inputs, int n_inputs,
                         const nn_plan_options *options, int runs, best *found, nn_error *err)
{
    nn_plan_options o = *options;
    o.compiled = true;
    o.tuning = NULL;
    for (o.knobs.impl_index = 0; o.knobs.impl_index < NN_OP_MAX_IMPLS; o.knobs.impl_index++) {
        nn_plan *plan;
        nn_status status = nn_plan_new(&plan, model, inputs, n_inputs, &o, err);
        if (status)
            return status;
        for (int i = 0; i < n_inputs; i++)
            nn_fill_reference_input(nn_plan_input(plan, i));
        bool more = nn_plan_impl_count(plan) > o.knobs.impl_index + 1;
        time_plan(plan, nn_graph_node_count(model->graph), runs, found);
        nn_plan_free(plan);
        if (!more)
            break;
    }
    return NN_OK;
}

nn_status nn_plan_tune(nn_tuning_cache **out, const nn_model *model, const nn_shape *inputs,
                       int n_inputs, const nn_plan_options *options, int runs, nn_error *err)
{
    int nodes = nn_graph_node_count(model->graph);
    best *found = nn_calloc((size_t)nodes, sizeof *found);
    nn_tuning_cache *c = *out = nn_tuning_cache_new();
    nn_status status = NN_OK;
    if (!found || !c) {
        status = nn_fail(err, NN_ENOMEM, "no memory to tune %d nodes", nodes);
        goto done;
    }
    for (int i = 0; i < nodes; i++)
        found[i].seconds = INFINITY;
    status = measure(model, inputs, n_inputs, options, runs ? runs : RUNS, found, err);
    for (int i = 0; i < nodes && !status; i++)
        if (found[i].several)
            status =
                nn_tuning_cache_add(c, nn_graph_node_at(model->graph, i).name, found[i].impl, err);
    snprintf(c->cpu, sizeof c->cpu, "%s", nn_cpu_name(nn_kernels_level()));
    c->threads = nn_pool_threads(options->pool);
    c->height = n_inputs && inputs[0].rank == 4 ? (int)inputs[0].dim[2] : 0;
    c->width = n_inputs && inputs[0].rank == 4 ? (int)inputs[0].dim[3] : 0;
    c->exact = options->exact;
    c->half = options->half;
    c->bf16 = options->bf16;
done:
    nn_free(found);
    if (status) {
        nn_tuning_cache_free(c);
        *out = NULL;
    }
    return status;
}
