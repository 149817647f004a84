// SPDX-License-Identifier: MIT
// Writes the quantised graph: a copy with quantize_linear and dequantize_linear behind quantised
// values and dequantize_linear behind weights, which become whole numbers.
#include "nn/quantize/quantizer.h"
#include "nn/quantize/weights.h"

#include "nn/base/memory.h"
#include "nn/graph/model_internal.h"
#include "nn/graph/rebuild.h"
#include "nn/ops/ops.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DATA, WEIGHT, BIAS, MADE_NAME = 4352 }; // inputs of layers; bytes of a name with a suffix

typedef struct writer {
    const nn_quantizer *q;
    const nn_quantize_points *points;
    const nn_scale *scales;
    nn_rebuild r;
    nn_value *raw; // of each value: itself in the new graph, before it was quantised
    bool *narrow;  // of each parameter: its weight is behind a dequantize_linear
} writer;

static nn_value add_param(writer *w, const char *of, const char *suffix, const nn_shape *shape)
{
    char name[MADE_NAME];
    snprintf(name, sizeof name, "%s.%s", of, suffix);
    return nn_graph_param(w->r.graph, name, NN_PARAM_BUFFER, shape);
}

static nn_value add_node(writer *w, const nn_op *op, const char *of, const char *suffix,
                         nn_quantize_params params, const nn_value *in, int n_in)
{
    char name[MADE_NAME];
    snprintf(name, sizeof name, "%s.%s", of, suffix);
    return nn_graph_node(w->r.graph, op, name, &params, in, n_in);
}

// What reads the value from now on reads its whole numbers.
static void quantize_value(writer *w, nn_value v)
{
    const char *name = nn_graph_value(w->q->model->graph, v).name;
    const nn_shape scalar = {.rank = 0};
    const nn_quantize_params p = {.type = NN_QUANTIZED_U8};
    nn_value in[3] = {w->raw[v], add_param(w, name, "quantize.scale", &scalar),
                      add_param(w, name, "quantize.zero", &scalar)};
    in[0] = add_node(w, &nn_op_quantize_linear, name, "quantize", p, in, 3);
    w->r.map[v] = add_node(w, &nn_op_dequantize_linear, name, "dequantize", p, in, 3);
}

static void quantize_weight(writer *w, nn_value v)
{
    const nn_value_info info = nn_graph_value(w->q->model->graph, v);
    const nn_shape row = nn_shape_1d(info.shape->dim[0]);
    const nn_quantize_params p = {.type = NN_QUANTIZED_S8, .axis = 0};
    if (w->narrow[info.index])
        return;
    w->raw[v] = nn_rebuild_value(&w->r, v);
    const nn_value in[2] = {w->raw[v], add_param(w, info.name, "dequantize.scale", &row)};
    w->r.map[v] = add_node(w, &nn_op_dequantize_linear, info.name, "dequantize", p, in, 2);
    w->narrow[info.index] = true;
}

static void write_nodes(writer *w)
{
    const nn_graph *g = w->q->model->graph;
    for (int i = 0; i < nn_graph_input_count(g); i++) {
        const nn_value v = nn_graph_input_at(g, i);
        w->raw[v] = w->r.map[v];
        if (w->points->quantized[v])
            quantize_value(w, v);
    }
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        if (w->points->layer[i])
            quantize_weight(w, node.in[WEIGHT]);
        w->raw[node.out] = nn_rebuild_value(&w->r, node.out);
        if (w->points->quantized[node.out])
            quantize_value(w, node.out);
    }
    for (int i = 0; i < nn_graph_output_count(g); i++) {
        const nn_value v = nn_graph_output_at(g, i);
        nn_graph_output(w->r.graph, nn_graph_output_name(g, i), w->raw[v]);
    }
    // nn_rebuild_finish copies the parameters themselves.
    for (int v = 0; v < nn_graph_value_count(g); v++)
        if (nn_graph_value(g, v).kind == NN_VALUE_PARAM && w->narrow[nn_graph_value(g, v).index])
            w->r.map[v] = w->raw[v];
}

// --- numbers ---

static nn_tensor *param_of(nn_model *m, const char *of, const char *suffix)
{
    char name[MADE_NAME];
    snprintf(name, sizeof name, "%s.%s", of, suffix);
    return nn_model_param(m, name);
}

static void set_scales(const writer *w, nn_model *m)
{
    const nn_graph *g = w->q->model->graph;
    for (int v = 0; v < nn_graph_value_count(g); v++) {
        if (!w->points->quantized[v])
            continue;
        const char *name = nn_graph_value(g, v).name;
        nn_tensor_f32(param_of(m, name, "quantize.scale"))[0] = w->scales[v].scale;
        nn_tensor_f32(param_of(m, name, "quantize.zero"))[0] = w->scales[v].zero;
    }
}

// The least scale of row r of a weight with which the bias of its layer is at most 2^28 products.
static float least_scale(const writer *w, int param, int64_t r)
{
    const nn_graph *g = w->q->model->graph;
    const nn_value v = nn_graph_param_at(g, param);
    float least = FLT_MIN;
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        if (!w->points->layer[i] || node.in[WEIGHT] != v || node.n_in <= BIAS ||
            node.in[BIAS] < 0 || nn_graph_value(g, node.in[BIAS]).kind != NN_VALUE_PARAM)
            continue;
        const nn_tensor *bias = &w->q->model->params[nn_graph_value(g, node.in[BIAS]).index];
        least = fmaxf(least,
                      fabsf(nn_tensor_f32(bias)[r]) / (w->scales[node.in[DATA]].scale * 0x1p28f));
    }
    return least;
}

static void set_weight(const writer *w, nn_model *m, int param)
{
    const nn_graph *g = w->q->model->graph;
    const char *name = nn_graph_value(g, nn_graph_param_at(g, param)).name;
    const nn_tensor *from = &w->q->model->params[param];
    const int64_t rows = from->shape.dim[0], length = nn_shape_span(&from->shape, 1, NN_MAX_RANK);
    float *to = nn_tensor_f32(nn_model_param(m, name));
    float *scale = nn_tensor_f32(param_of(m, name, "dequantize.scale"));
    for (int64_t r = 0; r < rows; r++)
        nn_quantize_weights(to + r * length, scale + r, nn_tensor_f32(from) + r * length,
                            &from->shape, least_scale(w, param, r), w->q->options.reduce_range);
}

// Whether the means of what the layer reads are those of its input channels; not where a
// convolution and a dense layer read one value.
static bool has_means(const writer *w, const nn_node_info *node)
{
    const int rank = w->q->shapes[node->in[DATA]].rank;
    return w->q->axis[node->in[DATA]] == (node->op == &nn_op_conv2d ? 1 : rank - 1);
}

// Adds what the weights' rounding takes from the mean of each output.
static void correct_bias(const writer *w, nn_model *m, const nn_node_info *node)
{
    const nn_graph *g = w->q->model->graph;
    const nn_value_info weight = nn_graph_value(g, node->in[WEIGHT]);
    const nn_value_info bias = nn_graph_value(g, node->in[BIAS]);
    const double *means = w->q->means[node->in[DATA]];
    const nn_tensor *exact = &w->q->model->params[weight.index];
    const float *x = nn_tensor_f32(exact), *whole = nn_tensor_f32(nn_model_param(m, weight.name));
    const float *scale = nn_tensor_f32(param_of(m, weight.name, "dequantize.scale"));
    float *b = nn_tensor_f32(nn_model_param(m, bias.name));
    const int groups =
        node->op == &nn_op_conv2d ? ((const nn_conv2d_params *)node->params)->groups : 1;
    const int64_t rows = exact->shape.dim[0], in = exact->shape.dim[1];
    const int64_t taps = nn_shape_span(&exact->shape, 2, NN_MAX_RANK);
    for (int64_t r = 0; r < rows; r++) {
        const double *mean = means + r / (rows / groups) * in;
        double lost = 0;
        for (int64_t i = 0; i < in * taps; i++)
            lost += ((double)x[r * in * taps + i] -
                     (double)whole[r * in * taps + i] * (double)scale[r]) *
                    mean[i / taps] / (double)w->q->pictures;
        b[r] += (float)lost;
    }
}

// Whole numbers of the products' size: kernels add the bias to their sums of whole numbers.
static void round_bias(const writer *w, nn_model *m, const nn_node_info *node)
{
    const nn_graph *g = w->q->model->graph;
    const char *weight = nn_graph_value(g, node->in[WEIGHT]).name;
    const nn_tensor *bias = nn_model_param(m, nn_graph_value(g, node->in[BIAS]).name);
    const float *scale = nn_tensor_f32(param_of(m, weight, "dequantize.scale"));
    float *b = nn_tensor_f32(bias);
    for (int64_t i = 0; i < nn_shape_count(&bias->shape); i++) {
        const float unit = w->scales[node->in[DATA]].scale * scale[i];
        b[i] = rintf(b[i] / unit) * unit;
    }
}

static int count_reads(const nn_graph *g, nn_value v)
{
    int n = 0;
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        for (int k = 0; k < node.n_in; k++)
            n += node.in[k] == v;
    }
    return n;
}

static void set_biases(const writer *w, nn_model *m)
{
    const nn_graph *g = w->q->model->graph;
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        if (!w->points->layer[i] || node.n_in <= BIAS || node.in[BIAS] < 0 ||
            nn_graph_value(g, node.in[BIAS]).kind != NN_VALUE_PARAM)
            continue;
        if (count_reads(g, node.in[BIAS]) != 1 || !w->q->means[node.in[DATA]])
            continue;
        if (!w->q->options.keep_biases && has_means(w, &node))
            correct_bias(w, m, &node);
        round_bias(w, m, &node);
    }
}

static nn_status write_model(writer *w, nn_model **out, nn_error *err)
{
    const nn_graph *g = w->q->model->graph;
    nn_status status = nn_rebuild_begin(&w->r, w->q->model, false, err);
    if (status != NN_OK)
        return status;
    write_nodes(w);
    status = nn_rebuild_finish(&w->r, out, err);
    if (status == NN_OK)
        status = nn_model_copy_bounds(*out, w->q->model, err);
    if (status != NN_OK)
        return status;
    set_scales(w, *out);
    for (int i = 0; i < nn_graph_param_count(g); i++)
        if (w->narrow[i])
            set_weight(w, *out, i);
    set_biases(w, *out);
    return NN_OK;
}

nn_status nn_quantize_rewrite(const nn_quantizer *q, const nn_quantize_points *points,
                              const nn_scale *scales, nn_model **out, nn_error *err)
{
    const nn_graph *g = q->model->graph;
    writer w = {.q = q,
                .points = points,
                .scales = scales,
                .raw = nn_calloc((size_t)nn_graph_value_count(g), sizeof *w.raw),
                .narrow = nn_calloc((size_t)nn_graph_param_count(g), sizeof *w.narrow)};
    *out = NULL;
    nn_status status =
        w.raw && w.narrow ? write_model(&w, out, err) : nn_fail(err, NN_ENOMEM, "out of memory");
    nn_rebuild_release(&w.r);
    nn_free(w.raw);
    nn_free(w.narrow);
    if (status != NN_OK) {
        nn_model_free(*out);
        *out = NULL;
    }
    return status;
}
