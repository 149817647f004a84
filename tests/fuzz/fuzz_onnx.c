// SPDX-License-Identifier: MIT
// Fuzz target: ONNX models up to the graph, everything that is folded included, and a run of those
// that are small.
#include "nn/base/memory.h"
#include "nn/graph/plan.h"
#include "nn/io/onnx.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>

enum { MAX_ELEMENTS = 1 << 18 };
#define MAX_MACS 1e6

// Whether a run takes little memory and time.
static bool is_small(const nn_model *m)
{
    const int values = nn_graph_value_count(m->graph), nodes = nn_graph_node_count(m->graph);
    nn_shape *shapes = nn_calloc((size_t)values, sizeof *shapes);
    double *macs = nn_calloc((size_t)nodes, sizeof *macs), work = 0, elements = 0;
    bool small = shapes && macs &&
                 nn_graph_infer(m->graph, m->fixed_inputs, nn_graph_input_count(m->graph), shapes,
                                macs, NULL) == NN_OK;
    for (int i = 0; small && i < values; i++)
        elements += (double)nn_shape_count(&shapes[i]);
    for (int i = 0; small && i < nodes; i++)
        work += macs[i];
    nn_free(shapes);
    nn_free(macs);
    return small && elements <= MAX_ELEMENTS && work <= MAX_MACS;
}

static double add_up(const nn_tensor *t)
{
    double sum = 0;
    for (int64_t k = 0; k < nn_shape_count(&t->shape); k++)
        sum += (double)nn_tensor_f32(t)[k];
    return sum;
}

static double run_model(const nn_model *m, bool compiled)
{
    const nn_plan_options options = {.compiled = compiled};
    nn_plan *plan;
    double sum = 0;
    if (nn_plan_new(&plan, m, m->fixed_inputs, nn_graph_input_count(m->graph), &options, NULL) !=
        NN_OK)
        return 0;
    for (int i = 0; i < nn_graph_input_count(m->graph); i++)
        nn_fill_reference_input(nn_plan_input(plan, i));
    nn_plan_run(plan);
    for (int i = 0; i < nn_graph_output_count(m->graph); i++)
        sum += add_up(nn_plan_output(plan, i));
    nn_plan_free(plan);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nn_model *m;
    nn_error err;
    if (nn_onnx_parse(&m, data, size, NULL, &err) != NN_OK)
        return 0;
    // Every parameter and output must have been written.
    double sum = 0;
    for (int i = 0; i < nn_graph_param_count(m->graph); i++)
        sum += add_up(&m->params[i]);
    if (is_small(m))
        sum += run_model(m, size % 2);
    volatile bool seen = isnan(sum);
    (void)seen;
    nn_model_free(m);
    return 0;
}
