// SPDX-License-Identifier: MIT
// Transfer learning of classifiers: a new last layer for other classes.
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/graph/rebuild.h"
#include "nn/ops/ops.h"
#include "nn/train/last_layers.h"
#include "nn/train/transfer.h"
#include "nn/zoo/layers.h"

#include <stdio.h>
#include <string.h>

#define DEVIATION 0.01f // of initial weights of new classes

enum { X, WEIGHT, BIAS };

static const char NAME_OF_LAYER[] = "head.fc";

typedef struct last {
    nn_node_info node; // linear, conv2d or matmul
    nn_value bias;     // NN_NO_VALUE: none
    int64_t in, old;   // features, classes
    bool columns;      // a class is a column of the weights instead of a row
    float alpha;       // factor of the product
    bool relu;         // behind a convolution
} last;

static bool is_param(const nn_graph *g, nn_value v)
{
    return v >= 0 && nn_graph_value(g, v).kind == NN_VALUE_PARAM;
}

// Whether an operator keeps the order of the classes.
static bool passes(const nn_op *op)
{
    return op == &nn_op_softmax || op == &nn_op_sigmoid || op == &nn_op_reshape ||
           op == &nn_op_flatten || op == &nn_op_relu || op == &nn_op_adaptive_avg_pool ||
           op == &nn_op_avg_pool || op == &nn_op_reduce || op == &nn_op_dropout;
}

// Walks from an output back to its last layer. A sum with a parameter is the bias of a product.
static bool walk_back(last *l, const nn_graph *g, nn_value v)
{
    l->bias = NN_NO_VALUE;
    for (int i = nn_graph_node_count(g); i > 0 && nn_graph_value(g, v).kind == NN_VALUE_NODE; i--) {
        const nn_node_info n = nn_graph_node_at(g, nn_graph_value(g, v).index);
        l->node = n;
        if (n.op == &nn_op_linear || n.op == &nn_op_conv2d) {
            l->bias = n.n_in > BIAS ? n.in[BIAS] : NN_NO_VALUE;
            return is_param(g, n.in[WEIGHT]) && (l->bias < 0 || is_param(g, l->bias));
        }
        if (n.op == &nn_op_matmul)
            return is_param(g, n.in[WEIGHT]);
        l->relu = l->relu || n.op == &nn_op_relu;
        if (n.op == &nn_op_add && is_param(g, n.in[0]) != is_param(g, n.in[1])) {
            const int at = is_param(g, n.in[0]) ? 0 : 1;
            l->bias = n.in[at];
            v = n.in[1 - at];
        } else if (passes(n.op)) {
            v = n.in[0];
        } else {
            return false;
        }
    }
    return false;
}

// Number of features and classes, if the layer is supported.
static bool measure(last *l, const nn_model *m, const nn_shape *shapes)
{
    const nn_shape *x = &shapes[l->node.in[X]], *w = &shapes[l->node.in[WEIGHT]];
    const bool product = l->node.op == &nn_op_matmul, conv = l->node.op == &nn_op_conv2d;
    const nn_matmul_params *p = product ? l->node.params : NULL;
    l->columns = p && !p->trans_b;
    l->alpha = p ? p->alpha : 1;
    if (conv && (x->rank != 4 || ((const nn_conv2d_params *)l->node.params)->groups != 1))
        return false;
    if (!conv && ((p && p->trans_a) || x->rank != 2 || w->rank != 2 || l->relu))
        return false;
    l->old = w->dim[l->columns ? 1 : 0];
    l->in = nn_shape_count(w) / l->old;
    if (l->bias >= 0 && nn_shape_count(&shapes[l->bias]) != l->old)
        return false;
    return m->card.label_count == 0 || m->card.label_count == l->old;
}

static nn_value add_layer(nn_rebuild *r, const last *l, const nn_shape *weight, int classes)
{
    nn_graph *g = r->graph;
    nn_value x = nn_rebuild_value(r, l->node.in[X]);
    if (l->node.op != &nn_op_conv2d)
        return nn_layer_linear(g, NAME_OF_LAYER, x, (int)l->in, classes, 1);
    nn_conv2d_params params = *(const nn_conv2d_params *)l->node.params;
    nn_shape shape = *weight;
    shape.dim[0] = classes;
    params.act = NN_ACT_NONE;
    const nn_value in[] = {
        x, nn_layer_param(g, NAME_OF_LAYER, "weight", NN_PARAM_WEIGHT, shape),
        nn_layer_param(g, NAME_OF_LAYER, "bias", NN_PARAM_BIAS, nn_shape_1d(classes))};
    x = nn_graph_node(g, &nn_op_conv2d, NAME_OF_LAYER, &params, in, 3);
    if (l->relu || ((const nn_conv2d_params *)l->node.params)->act == NN_ACT_RELU)
        x = nn_layer_act(g, "head.relu", x, NN_ACT_RELU);
    return nn_layer_flatten(g, "head.flat", nn_layer_global_avg_pool(g, "head.mean", x), 1);
}

// Fills rows from old rows of the same name; others start small and random.
static void fill(nn_model *m, const nn_model *from, const last *l, const nn_class_start *c,
                 uint64_t seed)
{
    const float *w =
        nn_tensor_f32(&from->params[nn_graph_value(from->graph, l->node.in[WEIGHT]).index]);
    const float *b = l->bias >= 0
                         ? nn_tensor_f32(&from->params[nn_graph_value(from->graph, l->bias).index])
                         : NULL;
    float *weight = nn_tensor_f32(nn_model_param(m, "head.fc.weight")),
          *bias = nn_tensor_f32(nn_model_param(m, "head.fc.bias"));
    nn_rng rng = nn_rng_stream(seed, 1);
    for (int k = 0; k < c->count; k++) {
        float sum = 0;
        bias[k] = 0;
        for (int64_t i = 0; i < l->in; i++)
            weight[k * l->in + i] = 0;
        for (int o = 0; o < c->old; o++) {
            const float part = c->part[(size_t)k * c->old + o];
            sum += part;
            bias[k] += part > 0 && b ? part * b[o] : 0;
            for (int64_t i = 0; i < l->in && part > 0; i++)
                weight[k * l->in + i] +=
                    part * l->alpha * w[l->columns ? i * l->old + o : o * l->in + i];
        }
        for (int64_t i = 0; i < l->in && !(sum > 0); i++)
            weight[k * l->in + i] = DEVIATION * nn_rng_normal(&rng);
    }
}

static nn_status write_card(nn_card *card, const nn_transfer_options *o, nn_error *err)
{
    snprintf(card->task, sizeof card->task, "classify");
    card->head[0] = card->network[0] = card->options[0] = '\0';
    card->guessed = false;
    card->input_h = o->input_h;
    card->input_w = o->input_w;
    return nn_card_set_labels(card, o->classes.labels, o->classes.count, err);
}

static nn_status put(const nn_model *from, const last *l, const nn_shape *shapes,
                     const nn_transfer_options *o, nn_model **out, nn_error *err)
{
    nn_rebuild r;
    nn_status status = nn_rebuild_begin(&r, from, true, err);
    if (status == NN_OK) {
        nn_graph_output(r.graph, "logits",
                        add_layer(&r, l, &shapes[l->node.in[WEIGHT]], o->classes.count));
        status = nn_rebuild_finish(&r, out, err);
    }
    nn_rebuild_release(&r);
    if (status != NN_OK)
        return status;
    fill(*out, from, l, &o->classes, o->seed);
    status = write_card(&(*out)->card, o, err);
    if (status == NN_OK)
        status = nn_want_red_first(*out, err);
    return status == NN_OK ? nn_free_inputs(*out, from, o->input_h, o->input_w, err) : status;
}

nn_status nn_replace_classifier(nn_model **out, const nn_model *from, const nn_transfer_options *o,
                                nn_transfer_report *report, nn_error *err)
{
    const nn_graph *g = from->graph;
    nn_shape *shapes = NULL;
    last l = {0};
    *out = NULL;
    nn_status status = nn_graph_input_count(g) == 1 && nn_graph_output_count(g) >= 1
                           ? nn_usual_shapes(&shapes, from, o->input_h, o->input_w, err)
                           : nn_fail(err, NN_EUNSUPPORTED, "it has not one input");
    if (status == NN_OK &&
        (!walk_back(&l, g, nn_graph_output_at(g, 0)) || !measure(&l, from, shapes)))
        status = nn_fail(err, NN_EUNSUPPORTED,
                         "its first output comes from %s (%s), not from a linear layer or a "
                         "convolution with a row for each class",
                         l.node.name ? l.node.name : "its input", l.node.op ? l.node.op->name : "");
    if (status == NN_OK)
        status = put(from, &l, shapes, o, out, err);
    if (status == NN_OK)
        snprintf(report->text, sizeof report->text, "%s (%lld features)", l.node.name,
                 (long long)l.in);
    nn_free(shapes);
    if (status != NN_OK) {
        nn_model_free(*out);
        *out = NULL;
    }
    return status;
}
