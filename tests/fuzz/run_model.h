// SPDX-License-Identifier: MIT
// Runs the models of fuzz targets when they are small.
#ifndef TESTS_FUZZ_RUN_MODEL_H
#define TESTS_FUZZ_RUN_MODEL_H

#include "nn/base/memory.h"
#include "nn/graph/plan.h"

#include <math.h>
#include <stdbool.h>

// Its input shapes: those it is bound to, else an image of the card's size.
static const nn_shape *fuzz_inputs(const nn_model *m, nn_shape *image)
{
    *image = nn_shape_4d(1, 3, m->card.input_h, m->card.input_w);
    return m->fixed_inputs ? m->fixed_inputs : image;
}

// Whether a run takes little memory and time.
static bool fuzz_is_small(const nn_model *m)
{
    enum { MAX_ELEMENTS = 1 << 18 };
    const double max_macs = 1e6;
    const int values = nn_graph_value_count(m->graph), nodes = nn_graph_node_count(m->graph);
    nn_shape *shapes = nn_calloc((size_t)values, sizeof *shapes), image;
    double *macs = nn_calloc((size_t)nodes, sizeof *macs), work = 0, elements = 0;
    bool small = shapes && macs &&
                 nn_graph_infer(m->graph, fuzz_inputs(m, &image), nn_graph_input_count(m->graph),
                                shapes, macs, NULL) == NN_OK;
    for (int i = 0; small && i < values; i++)
        elements += (double)nn_shape_count(&shapes[i]);
    for (int i = 0; small && i < nodes; i++)
        work += macs[i];
    nn_free(shapes);
    nn_free(macs);
    return small && elements <= MAX_ELEMENTS && work <= max_macs;
}

static double fuzz_add_up(const nn_tensor *t)
{
    double sum = 0;
    for (int64_t k = 0; k < nn_shape_count(&t->shape); k++)
        sum += (double)nn_tensor_f32(t)[k];
    return sum;
}

static double fuzz_run(const nn_model *m, bool compiled)
{
    const nn_plan_options options = {.compiled = compiled};
    nn_shape image;
    nn_plan *plan;
    double sum = 0;
    if (nn_plan_new(&plan, m, fuzz_inputs(m, &image), nn_graph_input_count(m->graph), &options,
                    NULL) != NN_OK)
        return 0;
    for (int i = 0; i < nn_graph_input_count(m->graph); i++)
        nn_fill_reference_input(nn_plan_input(plan, i));
    nn_plan_run(plan);
    for (int i = 0; i < nn_graph_output_count(m->graph); i++)
        sum += fuzz_add_up(nn_plan_output(plan, i));
    nn_plan_free(plan);
    return sum;
}

// Reads every parameter and every output: all must have been written.
static void fuzz_model(const nn_model *m, bool compiled)
{
    double sum = 0;
    for (int i = 0; i < nn_graph_param_count(m->graph); i++)
        sum += fuzz_add_up(&m->params[i]);
    if (fuzz_is_small(m))
        sum += fuzz_run(m, compiled);
    volatile bool seen = isnan(sum);
    (void)seen;
}

#endif
