// SPDX-License-Identifier: MIT
// What each layer costs in accuracy: the outputs of the network with this layer alone quantised,
// against those of the float32 model.
#include "nn/quantize/quantizer.h"

#include "nn/base/memory.h"

#include <math.h>
#include <string.h>

// The outputs of a model for all probes, one behind the other.
typedef struct outputs {
    float *data;
    int64_t count;
} outputs;

static int64_t count_outputs(const nn_quantizer *q)
{
    int64_t count = 0;
    for (int i = 0; i < nn_graph_output_count(q->model->graph); i++)
        count += nn_shape_count(&nn_plan_output(q->plan, i)->shape);
    return count;
}

static void run_probes(const nn_quantizer *q, nn_plan *plan, outputs *out)
{
    float *to = out->data;
    for (int p = 0; p < q->probe_count; p++) {
        const float *from = q->probes[p];
        for (int i = 0; i < nn_graph_input_count(q->model->graph); i++) {
            const nn_tensor *input = nn_plan_input(plan, i);
            memcpy(input->data, from, nn_tensor_bytes(input));
            from += nn_shape_count(&input->shape);
        }
        nn_plan_run(plan);
        for (int i = 0; i < nn_graph_output_count(q->model->graph); i++) {
            const nn_tensor *t = nn_plan_output(plan, i);
            memcpy(to, t->data, nn_tensor_bytes(t));
            to += nn_shape_count(&t->shape);
        }
    }
}

static nn_status run_model(const nn_quantizer *q, const nn_model *m, outputs *out, nn_error *err)
{
    const nn_graph *g = q->model->graph;
    const nn_plan_options options = {.pool = q->options.pool, .compiled = true};
    nn_shape inputs[NN_OP_MAX_IN];
    nn_plan *plan;
    for (int i = 0; i < nn_graph_input_count(g); i++)
        inputs[i] = nn_plan_input(q->plan, i)->shape;
    const nn_status status = nn_plan_new(&plan, m, inputs, nn_graph_input_count(g), &options, err);
    if (status != NN_OK)
        return status;
    run_probes(q, plan, out);
    nn_plan_free(plan);
    return NN_OK;
}

static double decibels(const outputs *exact, const outputs *narrow)
{
    double signal = 0, noise = 0;
    for (int64_t i = 0; i < exact->count; i++) {
        const double x = (double)exact->data[i], e = x - (double)narrow->data[i];
        signal += x * x;
        noise += e * e;
    }
    return noise > 0 ? 10 * log10(signal / noise) : INFINITY;
}

// The names of all layers but one.
static void keep_others(const nn_quantizer *q, int layer, const char **keep)
{
    int n = 0;
    for (int i = 0; i < nn_graph_node_count(q->model->graph); i++)
        if (q->points.layer[i] && i != layer)
            keep[n++] = nn_graph_node_at(q->model->graph, i).name;
    keep[n] = NULL;
}

static nn_status measure(nn_quantizer *q, nn_quantize_layer *layers, const outputs *exact,
                         outputs *narrow, const char **keep, nn_quantize_progress *progress,
                         void *ctx, nn_error *err)
{
    const nn_graph *g = q->model->graph;
    nn_status status = NN_OK;
    double all = 0;
    for (int i = 0; i < nn_graph_node_count(g); i++)
        all += nn_plan_node_macs(q->plan, i);
    for (int i = 0, n = 0; i < nn_graph_node_count(g) && status == NN_OK; i++) {
        nn_model *m;
        if (!q->points.layer[i])
            continue;
        keep_others(q, i, keep);
        status = nn_quantizer_make(q, keep, &m, err);
        if (status == NN_OK)
            status = run_model(q, m, narrow, err);
        nn_model_free(m);
        layers[n++] = (nn_quantize_layer){.name = nn_graph_node_at(g, i).name,
                                          .decibels = decibels(exact, narrow),
                                          .part = nn_plan_node_macs(q->plan, i) / all};
        if (progress)
            progress(ctx, n, q->points.layer_count);
    }
    return status;
}

int nn_quantizer_layer_count(const nn_quantizer *q)
{
    return q->points.layer_count;
}

// Room for the outputs of both models, and those of the float32 model. Both are freed also on
// failure.
static nn_status begin(const nn_quantizer *q, outputs *exact, outputs *narrow, nn_error *err)
{
    const int64_t count = count_outputs(q) * q->probe_count;
    *exact = (outputs){.count = count};
    *narrow = (outputs){.count = count};
    if (q->probe_count == 0)
        return nn_fail(err, NN_EINVAL, "calibration saw no picture");
    exact->data = nn_alloc((size_t)count * sizeof *exact->data);
    narrow->data = nn_alloc((size_t)count * sizeof *narrow->data);
    return exact->data && narrow->data ? run_model(q, q->model, exact, err)
                                       : nn_fail(err, NN_ENOMEM, "out of memory");
}

nn_status nn_quantizer_compare(const nn_quantizer *q, const nn_model *m, double *ratio,
                               nn_error *err)
{
    outputs exact, narrow;
    nn_status status = begin(q, &exact, &narrow, err);
    if (status == NN_OK)
        status = run_model(q, m, &narrow, err);
    if (status == NN_OK)
        *ratio = decibels(&exact, &narrow);
    nn_free(exact.data);
    nn_free(narrow.data);
    return status;
}

nn_status nn_quantizer_measure(nn_quantizer *q, nn_quantize_layer *layers,
                               nn_quantize_progress *progress, void *ctx, nn_error *err)
{
    outputs exact, narrow;
    const char **keep = nn_calloc((size_t)q->points.layer_count + 1, sizeof *keep);
    nn_status status = begin(q, &exact, &narrow, err);
    if (status == NN_OK && !keep)
        status = nn_fail(err, NN_ENOMEM, "out of memory");
    if (status == NN_OK)
        status = measure(q, layers, &exact, &narrow, keep, progress, ctx, err);
    nn_free(exact.data);
    nn_free(narrow.data);
    nn_free(keep);
    return status;
}
