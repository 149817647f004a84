// SPDX-License-Identifier: MIT
// Fuzz target: ONNX models up to the graph, constant folding included, and a run of small ones,
// with sizes that depend on data, loops and pictures of any layout.
#include "nn/io/onnx/onnx.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/run_model.h"

enum { MAX_CONSTANTS = 64 << 20, MAX_TAIL = 16 << 20 };

static double run_tail(const nn_model *m, const nn_plan *plan)
{
    const nn_tail_limits limits = {.bytes = MAX_TAIL, .seconds = 0.2};
    nn_tail_run *run;
    nn_error err;
    double sum = 0;
    if (nn_tail_start(&run, m->tail, plan, NULL, &limits, &err) != NN_OK)
        return 0;
    for (int i = 0; i < nn_tail_output_count(m->tail); i++) {
        const nn_tensor t = nn_tail_output(run, i);
        sum += fuzz_add_up(&t);
    }
    nn_tail_run_free(run);
    return sum;
}

static void fuzz_tail(const nn_model *m)
{
    nn_plan *plan;
    if (!fuzz_is_small(m) ||
        nn_plan_new(&plan, m, m->fixed_inputs, nn_graph_input_count(m->graph), NULL, NULL) != NN_OK)
        return;
    for (int i = 0; i < nn_graph_input_count(m->graph); i++)
        nn_fill_reference_input(nn_plan_input(plan, i));
    nn_plan_run(plan);
    volatile bool seen = isnan(run_tail(m, plan));
    (void)seen;
    nn_plan_free(plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nn_model *m;
    nn_error err;
    nn_onnx_options options = {.constant_bytes = MAX_CONSTANTS + 4 * size};
    if (nn_onnx_parse(&m, data, size, &options, &err) == NN_OK) {
        fuzz_model(m, size % 2);
        nn_model_free(m);
    }
    options.tail = options.picture = true;
    if (nn_onnx_parse(&m, data, size, &options, &err) != NN_OK)
        return 0;
    if (m->tail)
        fuzz_tail(m);
    nn_model_free(m);
    return 0;
}
