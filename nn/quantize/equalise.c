// SPDX-License-Identifier: MIT
// Cross-layer equalisation (Nagel et al. 2019, Data-free quantization through weight equalization
// and bias correction, section 4.1). A positive factor moves through ReLU: what a layer makes less
// of, the weights of the next one make up for. All channels of the value between get similar
// ranges, so that its one scale suits them all.
//
// Weights have a scale for each output channel here, unlike there, and the ranges of values were
// measured. So a depthwise layer takes any factor at no cost, and its input becomes quite even; in
// front of a dense one the factor is shared between the value and the weights, as there.
#include "nn/quantize/quantizer.h"

#include "nn/base/memory.h"
#include "nn/graph/rebuild.h"
#include "nn/ops/ops.h"

#include <math.h>

enum { DATA, WEIGHT, BIAS };

typedef struct pair {
    int before, after; // nodes
    nn_value between;
} pair;

static int count_reads(const nn_graph *g, nn_value v, int *reader)
{
    int n = 0;
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        for (int k = 0; k < node.n_in; k++)
            if (node.in[k] == v) {
                n++;
                *reader = i;
            }
    }
    for (int i = 0; i < nn_graph_output_count(g); i++)
        n += nn_graph_output_at(g, i) == v;
    return n;
}

// Whether input k of a layer is a parameter that it alone reads, or absent where that is possible.
static bool is_own(const nn_graph *g, const nn_node_info *node, int k)
{
    int reader;
    if (k == BIAS && (node->n_in <= BIAS || node->in[BIAS] < 0))
        return true;
    return nn_graph_value(g, node->in[k]).kind == NN_VALUE_PARAM &&
           count_reads(g, node->in[k], &reader) == 1;
}

static bool is_homogeneous(const nn_node_info *node)
{
    const nn_act act = (nn_act)((const nn_conv2d_params *)node->params)->act;
    return (act == NN_ACT_NONE || act == NN_ACT_RELU || nn_act_slope(act) > 0) &&
           (node->n_in <= BIAS + 1 || node->in[BIAS + 1] < 0); // no sum before it
}

// The pair whose first layer is node i.
static bool find_pair(const nn_quantizer *q, int i, pair *p)
{
    const nn_graph *g = q->model->graph;
    const nn_node_info node = nn_graph_node_at(g, i);
    int reader = -1;
    if (!q->points.layer[i] || node.op != &nn_op_conv2d || !is_homogeneous(&node) ||
        !is_own(g, &node, WEIGHT) || !is_own(g, &node, BIAS) ||
        count_reads(g, node.out, &reader) != 1 || reader < 0)
        return false;
    const nn_node_info after = nn_graph_node_at(g, reader);
    *p = (pair){i, reader, node.out};
    return q->points.layer[reader] && after.op == &nn_op_conv2d && after.in[DATA] == node.out &&
           is_own(g, &after, WEIGHT) && q->most[node.out];
}

static nn_tensor *param_of(nn_model *m, const nn_node_info *node, int k)
{
    return node->n_in > k && node->in[k] >= 0
               ? &m->params[nn_graph_value(m->graph, node->in[k]).index]
               : NULL;
}

// The channel of the whole input that index `i` of row `r` of a weight multiplies.
static int64_t channel_of(const nn_node_info *node, const nn_shape *weight, int64_t r, int64_t i)
{
    const int64_t groups = ((const nn_conv2d_params *)node->params)->groups;
    return r / (weight->dim[0] / groups) * weight->dim[1] + i;
}

// For each channel the largest part of its row's largest weight.
static void find_parts(const nn_node_info *node, const nn_tensor *weight, float *part)
{
    const nn_shape *s = &weight->shape;
    const int64_t taps = s->dim[2] * s->dim[3], row = s->dim[1] * taps;
    for (int64_t r = 0; r < s->dim[0]; r++) {
        const float *x = nn_tensor_f32(weight) + r * row;
        float most = 0;
        for (int64_t k = 0; k < row; k++)
            most = fmaxf(most, fabsf(x[k]));
        for (int64_t k = 0; k < row && most > 0; k++) {
            float *p = &part[channel_of(node, s, r, k / taps)];
            *p = fmaxf(*p, fabsf(x[k]) / most);
        }
    }
}

// What each channel is divided by.
static void find_factors(const nn_quantizer *q, const nn_node_info *after, const nn_tensor *weight,
                         nn_value between, float *factor, int64_t channels)
{
    const float *most = q->most[between];
    const bool depthwise = weight->shape.dim[1] == 1;
    double logs = 0;
    int64_t alive = 0;
    for (int64_t c = 0; c < channels; c++)
        factor[c] = 0;
    find_parts(after, weight, factor);
    for (int64_t c = 0; c < channels; c++) {
        const float part = factor[c];
        factor[c] = 0;
        if (!(most[c] > 0 && part > 0))
            continue;
        factor[c] = depthwise ? most[c] : sqrtf(most[c] / part);
        logs += log((double)factor[c]);
        alive++;
    }
    const double middle = alive ? exp(logs / (double)alive) : 1; // geometric mean
    for (int64_t c = 0; c < channels; c++) {
        const double f = factor[c] > 0 ? (double)factor[c] / middle : 1;
        factor[c] = (float)fmin(fmax(f, 1e-4), 1e4);
    }
}

static void divide_rows(const nn_tensor *t, const float *factor)
{
    const int64_t rows = t->shape.dim[0], row = nn_shape_span(&t->shape, 1, t->shape.rank);
    for (int64_t i = 0; i < rows * row; i++)
        nn_tensor_f32(t)[i] /= factor[i / row];
}

static nn_status equalise(const nn_quantizer *q, nn_model *m, const pair *p, nn_error *err)
{
    const nn_node_info before = nn_graph_node_at(m->graph, p->before);
    const nn_node_info after = nn_graph_node_at(m->graph, p->after);
    const nn_tensor *weight = param_of(m, &after, WEIGHT), *bias = param_of(m, &before, BIAS);
    const nn_shape *s = &weight->shape;
    const int64_t channels = q->shapes[p->between].dim[1], taps = s->dim[2] * s->dim[3];
    float *factor = nn_alloc((size_t)channels * sizeof *factor);
    if (!factor)
        return nn_fail(err, NN_ENOMEM, "no memory to equalise layers");
    find_factors(q, &after, weight, p->between, factor, channels);
    divide_rows(param_of(m, &before, WEIGHT), factor);
    if (bias)
        divide_rows(bias, factor);
    for (int64_t r = 0; r < s->dim[0]; r++)
        for (int64_t k = 0; k < s->dim[1] * taps; k++)
            nn_tensor_f32(weight)[r * s->dim[1] * taps + k] *=
                factor[channel_of(&after, s, r, k / taps)];
    nn_free(factor);
    return NN_OK;
}

nn_status nn_quantizer_equalise(const nn_quantizer *q, nn_model **out, int *pairs, nn_error *err)
{
    *out = NULL;
    *pairs = 0;
    if (q->pictures == 0)
        return nn_fail(err, NN_EINVAL, "calibration saw no picture");
    nn_status status = nn_model_copy(out, q->model, err);
    for (int i = 0; i < nn_graph_node_count(q->model->graph) && status == NN_OK; i++) {
        pair p;
        if (!find_pair(q, i, &p))
            continue;
        status = equalise(q, *out, &p, err);
        ++*pairs;
    }
    if (status == NN_OK && *pairs > 0)
        return NN_OK;
    nn_model_free(*out);
    *out = NULL;
    return status;
}
