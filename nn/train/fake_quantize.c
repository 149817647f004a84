// SPDX-License-Identifier: MIT
// Makes a quantised model one that can be trained, and that one a quantised model again.
#include "nn/train/fake_quantize.h"

#include "nn/base/arith.h"
#include "nn/base/memory.h"
#include "nn/graph/rebuild.h"
#include "nn/ops/ops.h"
#include "nn/quantize/weights.h"
#include "nn/train/transfer.h"
#include "nn/train/value_ranges.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { X, SCALE };           // inputs of dequantize_linear
enum { DATA, WEIGHT, BIAS }; // inputs of layers
enum { MAX_NAME = 4352 };

// A parameter in both models: its index in the trained one and in the quantised one; -1: none.
typedef struct place {
    int trained, whole;
} place;

typedef struct weight {
    place numbers, scale;
    nn_value out; // of its dequantize_linear in the quantised model
} weight;

// A layer that reads a weight, with the scale of its data.
typedef struct layer {
    int weight; // in the list of weights
    place bias, data;
} layer;

struct nn_fake_quantizer {
    nn_model *whole, *exact;
    nn_value_ranges *ranges;
    weight *weights;
    layer *layers;
    int weight_count, layer_count;
    bool reduce_range;
    float *row; // whole numbers of one output's weights
};

static int param_index(const nn_graph *g, nn_value v)
{
    if (v < 0)
        return -1;
    const nn_value_info info = nn_graph_value(g, v);
    return info.kind == NN_VALUE_PARAM ? info.index : -1;
}

// --- what is quantised ---

static void find_weights(nn_fake_quantizer *q)
{
    const nn_graph *g = q->whole->graph;
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        if (node.op == &nn_op_dequantize_linear && param_index(g, node.in[X]) >= 0 &&
            param_index(g, node.in[SCALE]) >= 0)
            q->weights[q->weight_count++] = (weight){.numbers = {-1, param_index(g, node.in[X])},
                                                     .scale = {-1, param_index(g, node.in[SCALE])},
                                                     .out = node.out};
    }
}

// The parameter with the scale of a value behind dequantize_linear; -1: it is behind none.
static int scale_of(const nn_graph *g, nn_value v)
{
    const nn_value_info info = nn_graph_value(g, v);
    if (info.kind != NN_VALUE_NODE)
        return -1;
    const nn_node_info node = nn_graph_node_at(g, info.index);
    return node.op == &nn_op_dequantize_linear ? param_index(g, node.in[SCALE]) : -1;
}

static void find_layers(nn_fake_quantizer *q)
{
    const nn_graph *g = q->whole->graph;
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        const bool layered = node.op == &nn_op_conv2d || node.op == &nn_op_linear;
        for (int k = 0; k < q->weight_count && layered; k++)
            if (q->weights[k].out == node.in[WEIGHT])
                q->layers[q->layer_count++] =
                    (layer){.weight = k,
                            .data = {-1, scale_of(g, node.in[DATA])},
                            .bias = {-1, node.n_in > BIAS ? param_index(g, node.in[BIAS]) : -1}};
    }
}

static void place_in(const nn_fake_quantizer *q, const nn_model *trained, place *p)
{
    if (p->whole < 0)
        return;
    const nn_graph *g = q->whole->graph;
    const char *name = nn_graph_value(g, nn_graph_param_at(g, p->whole)).name;
    p->trained = nn_graph_find_param(trained->graph, name);
}

static void find_places(nn_fake_quantizer *q, const nn_model *trained)
{
    for (int i = 0; i < q->weight_count; i++) {
        place_in(q, trained, &q->weights[i].numbers);
        place_in(q, trained, &q->weights[i].scale);
    }
    for (int i = 0; i < q->layer_count; i++) {
        place_in(q, trained, &q->layers[i].bias);
        place_in(q, trained, &q->layers[i].data);
    }
}

// --- the graph that is trained ---

// A float32 weight whose readers get its whole numbers.
static nn_value add_weight(nn_rebuild *r, nn_value v, nn_value scale, nn_quantize_params p)
{
    char name[MAX_NAME];
    const nn_value_info info = nn_graph_value(r->source->graph, v);
    const nn_value raw = nn_graph_param(r->graph, info.name, NN_PARAM_WEIGHT, info.shape);
    const nn_value in[] = {raw, nn_rebuild_value(r, scale)};
    snprintf(name, sizeof name, "%s.quantize", info.name);
    r->map[v] = nn_graph_node(r->graph, &nn_op_quantize_linear, name, &p, in, 2);
    return raw;
}

static void copy_graph(const nn_fake_quantizer *q, nn_rebuild *r, nn_value *raw)
{
    const nn_graph *g = q->whole->graph;
    for (int i = 0; i < q->weight_count; i++) {
        const nn_node_info node = nn_graph_node_at(g, nn_graph_value(g, q->weights[i].out).index);
        raw[i] =
            add_weight(r, node.in[X], node.in[SCALE], *(const nn_quantize_params *)node.params);
    }
    for (int i = 0; i < nn_graph_node_count(g); i++)
        nn_rebuild_value(r, nn_graph_node_at(g, i).out);
    nn_value_ranges_add(r);
    for (int i = 0; i < nn_graph_output_count(g); i++)
        nn_graph_output(r->graph, nn_graph_output_name(g, i),
                        nn_rebuild_value(r, nn_graph_output_at(g, i)));
    // nn_rebuild_finish copies the parameters themselves.
    for (int i = 0; i < q->weight_count; i++)
        r->map[nn_graph_param_at(g, q->weights[i].numbers.whole)] = raw[i];
}

static nn_status build(const nn_fake_quantizer *q, nn_model **trained, nn_error *err)
{
    const nn_card *card = &q->whole->card;
    nn_rebuild r = {0};
    nn_value *raw = nn_calloc((size_t)q->weight_count, sizeof *raw);
    nn_status status = raw ? nn_rebuild_begin(&r, q->whole, true, err)
                           : nn_fail(err, NN_ENOMEM, "no memory to copy the graph");
    if (status == NN_OK) {
        copy_graph(q, &r, raw);
        status = nn_rebuild_finish(&r, trained, err);
    }
    if (status == NN_OK)
        status = nn_free_inputs(*trained, q->whole, card->input_h, card->input_w, err);
    nn_rebuild_release(&r);
    nn_free(raw);
    return status;
}

// --- numbers ---

static float rounded(float x, float scale)
{
    return fminf(fmaxf(rintf(x / scale), -127), 127);
}

// Starts from the float32 weights where these are what was rounded.
static void start_weight(const nn_fake_quantizer *q, const weight *w, nn_model *trained,
                         const nn_model *exact)
{
    const nn_tensor *to = &trained->params[w->numbers.trained];
    const int64_t rows = to->shape.dim[0], length = nn_shape_span(&to->shape, 1, NN_MAX_RANK);
    const float *whole = nn_tensor_f32(&q->whole->params[w->numbers.whole]);
    const nn_tensor *scales = &q->whole->params[w->scale.whole];
    const int each = nn_shape_count(&scales->shape) == rows;
    const char *name =
        nn_graph_value(q->whole->graph, nn_graph_param_at(q->whole->graph, w->numbers.whole)).name;
    const int known = nn_graph_find_param(exact->graph, name);
    const nn_tensor *from = known >= 0 ? &exact->params[known] : NULL;
    const bool same = from && nn_shape_equal(&from->shape, &to->shape);
    for (int64_t i = 0; i < rows * length; i++) {
        const float scale = nn_tensor_f32(scales)[each * (i / length)];
        const float x = same ? nn_tensor_f32(from)[i] : 0;
        nn_tensor_f32(to)[i] = same && rounded(x, scale) == whole[i] ? x : whole[i] * scale;
    }
}

// The least scale of row r of a weight with which the bias of its layers is at most 2^28 products,
// because kernels add whole numbers.
static float least_scale(const nn_fake_quantizer *q, const nn_model *m, int w, int64_t r)
{
    float least = FLT_MIN;
    for (int i = 0; i < q->layer_count; i++) {
        const layer *l = &q->layers[i];
        if (l->weight == w && l->bias.trained >= 0 && l->data.trained >= 0)
            least = fmaxf(least, fabsf(nn_tensor_f32(&m->params[l->bias.trained])[r]) /
                                     (nn_tensor_f32(&m->params[l->data.trained])[0] * 0x1p28f));
    }
    return least;
}

// The scales of a weight of `m`, for -127 to 127.
static void find_scales(const nn_fake_quantizer *q, const nn_model *m, int w, float *scale)
{
    const nn_tensor *t = &m->params[q->weights[w].numbers.trained];
    const nn_tensor *scales = &m->params[q->weights[w].scale.trained];
    const int64_t count = nn_shape_count(&scales->shape);
    const int64_t length = nn_shape_count(&t->shape) / count;
    for (int64_t r = 0; r < count; r++) {
        const float *x = nn_tensor_f32(t) + r * length;
        float most = 0;
        for (int64_t i = 0; i < length; i++)
            most = fmaxf(most, fabsf(x[i]));
        const float least = count == t->shape.dim[0] ? least_scale(q, m, w, r) : FLT_MIN;
        scale[r] = most > 0 && isfinite(most) ? fmaxf(most / 127, least) : 1;
    }
}

// Whether the weights of each output have a scale and shall be small together.
static bool is_reduced(const nn_fake_quantizer *q, const weight *w)
{
    return q->reduce_range && nn_shape_count(&q->whole->params[w->scale.whole].shape) ==
                                  q->whole->params[w->numbers.whole].shape.dim[0];
}

// The scales and the numbers of a weight of `m`, which become those that q->row can hold.
static void reduce_weight(const nn_fake_quantizer *q, nn_model *m, int w)
{
    const nn_tensor *t = &m->params[q->weights[w].numbers.trained];
    float *scale = nn_tensor_f32(&m->params[q->weights[w].scale.trained]);
    const int64_t length = nn_shape_span(&t->shape, 1, NN_MAX_RANK);
    for (int64_t r = 0; r < t->shape.dim[0]; r++) {
        float *x = nn_tensor_f32(t) + r * length;
        nn_quantize_weights(q->row, &scale[r], x, &t->shape, least_scale(q, m, w, r), true);
        for (int64_t i = 0; i < length; i++)
            if (rounded(x[i], scale[r]) != q->row[i])
                x[i] = q->row[i] * scale[r];
    }
}

static void follow_weights(const nn_fake_quantizer *q, nn_model *m)
{
    for (int i = 0; i < q->weight_count; i++)
        if (is_reduced(q, &q->weights[i]))
            reduce_weight(q, m, i);
        else
            find_scales(q, m, i, nn_tensor_f32(&m->params[q->weights[i].scale.trained]));
}

void nn_fake_quantizer_follow(const nn_fake_quantizer *q, nn_model *m, const nn_plan *plan,
                              nn_ranks *ranks, nn_pool *pool)
{
    nn_value_ranges_follow(q->ranges, m, plan, ranks, pool);
    follow_weights(q, m);
}

const nn_model *nn_fake_quantizer_exact(const nn_fake_quantizer *q)
{
    return q->exact;
}

// Whole numbers of the products' size: kernels add the bias to their sums of whole numbers.
static void round_bias(const nn_fake_quantizer *q, const layer *l)
{
    const nn_tensor *bias = &q->whole->params[l->bias.whole];
    const nn_tensor *scales = &q->whole->params[q->weights[l->weight].scale.whole];
    const int64_t count = nn_shape_count(&bias->shape),
                  each = nn_shape_count(&scales->shape) == count;
    float *b = nn_tensor_f32(bias);
    for (int64_t i = 0; i < count; i++) {
        const float unit =
            nn_tensor_f32(&q->whole->params[l->data.whole])[0] * nn_tensor_f32(scales)[each * i];
        b[i] = rintf(b[i] / unit) * unit;
    }
}

static void set_weight(const nn_fake_quantizer *q, const nn_model *m, int i)
{
    const weight *w = &q->weights[i];
    const nn_tensor *from = &m->params[w->numbers.trained];
    const nn_tensor *scales = &q->whole->params[w->scale.whole];
    const int64_t count = nn_shape_count(&from->shape);
    const int64_t length = count / nn_shape_count(&scales->shape);
    float *to = nn_tensor_f32(&q->whole->params[w->numbers.whole]);
    // With the scales of m, so that the numbers are those that were trained.
    for (int64_t r = 0; is_reduced(q, w) && r < from->shape.dim[0]; r++)
        nn_quantize_small_weights(to + r * length, nn_tensor_f32(from) + r * length, &from->shape,
                                  nn_tensor_f32(scales)[r]);
    if (is_reduced(q, w))
        return;
    find_scales(q, m, i, nn_tensor_f32(scales));
    for (int64_t k = 0; k < count; k++)
        to[k] = rounded(nn_tensor_f32(from)[k], nn_tensor_f32(scales)[k / length]);
}

nn_model *nn_fake_quantizer_whole(const nn_fake_quantizer *q, const nn_model *m)
{
    const nn_graph *g = q->whole->graph;
    for (int i = 0; i < nn_graph_param_count(g); i++) {
        const int from =
            nn_graph_find_param(m->graph, nn_graph_value(g, nn_graph_param_at(g, i)).name);
        if (from >= 0)
            memcpy(q->whole->params[i].data, m->params[from].data,
                   nn_tensor_bytes(&m->params[from]));
    }
    nn_value_ranges_put(q->ranges, m, q->whole);
    for (int i = 0; i < q->weight_count; i++)
        set_weight(q, m, i);
    for (int i = 0; i < q->layer_count; i++)
        if (q->layers[i].bias.whole >= 0 && q->layers[i].data.whole >= 0)
            round_bias(q, &q->layers[i]);
    return q->whole;
}

// --- life ---

static nn_status make_row(nn_fake_quantizer *q, nn_error *err)
{
    int64_t most = 1;
    for (int i = 0; i < q->weight_count; i++)
        most = nn_max(most, nn_shape_span(&q->whole->params[q->weights[i].numbers.whole].shape, 1,
                                          NN_MAX_RANK));
    q->row = nn_alloc((size_t)most * sizeof *q->row);
    return q->row ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for the weights of an output");
}

static nn_status prepare(nn_fake_quantizer *q, nn_model **trained, const nn_model *exact,
                         nn_error *err)
{
    const size_t nodes = (size_t)nn_graph_node_count(q->whole->graph);
    q->weights = nn_calloc(nodes, sizeof *q->weights);
    q->layers = nn_calloc(nodes, sizeof *q->layers);
    if (!q->weights || !q->layers)
        return nn_fail(err, NN_ENOMEM, "no memory for a model that is trained in 8 bits");
    find_weights(q);
    find_layers(q);
    if (q->weight_count == 0)
        return nn_fail(err, NN_EINVAL, "no layer of the model is quantised");
    nn_status status = nn_model_copy(&q->exact, exact, err);
    if (status == NN_OK)
        status = make_row(q, err);
    if (status == NN_OK)
        status = build(q, trained, err);
    if (status != NN_OK)
        return status;
    find_places(q, *trained);
    for (int i = 0; i < q->weight_count; i++)
        start_weight(q, &q->weights[i], *trained, exact);
    follow_weights(q, *trained);
    return nn_value_ranges_new(&q->ranges, *trained, err);
}

nn_status nn_fake_quantizer_new(nn_fake_quantizer **out, nn_model **trained, nn_model *whole,
                                const nn_model *exact, bool reduce_range, nn_error *err)
{
    *out = NULL;
    *trained = NULL;
    nn_fake_quantizer *q = nn_calloc(1, sizeof *q);
    if (!q) {
        nn_model_free(whole);
        return nn_fail(err, NN_ENOMEM, "no memory for a model that is trained in 8 bits");
    }
    q->whole = whole;
    q->reduce_range = reduce_range;
    const nn_status status = prepare(q, trained, exact, err);
    if (status != NN_OK) {
        nn_fake_quantizer_free(q);
        nn_model_free(*trained);
        *trained = NULL;
        return status;
    }
    *out = q;
    return NN_OK;
}

void nn_fake_quantizer_free(nn_fake_quantizer *q)
{
    if (!q)
        return;
    nn_model_free(q->whole);
    nn_model_free(q->exact);
    nn_value_ranges_free(q->ranges);
    nn_free(q->weights);
    nn_free(q->layers);
    nn_free(q->row);
    nn_free(q);
}
