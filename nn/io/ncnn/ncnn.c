// SPDX-License-Identifier: MIT
// Reads ncnn models: checks that all layers are supported, then builds one after the other.
#include "nn/io/ncnn/ncnn.h"

#include "nn/base/memory.h"
#include "nn/io/ncnn/build.h"

#include <stdio.h>
#include <string.h>

enum {
    DETECTOR_SIDE = 416,
    CLASSIFIER_SIDE = 224,
    OTHER_H = 64, // how much larger the other input size is
    OTHER_W = 128,
    MAX_OUTPUTS = 256,
    EXTRA_CONSTANTS = 64 << 20,
};

#define NN_NCNN(word) extern const nn_ncnn_op nn_ncnn_##word[];
#include "nn/io/ncnn_layers.inc"
#undef NN_NCNN

#define NN_NCNN(word) nn_ncnn_##word,
static const nn_ncnn_op *const tables[] = {
#include "nn/io/ncnn_layers.inc"
};
#undef NN_NCNN

const nn_ncnn_op *nn_ncnn_find_op(const char *name)
{
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
        for (const nn_ncnn_op *op = tables[t]; op->name; op++)
            if (strcmp(op->name, name) == 0)
                return op;
    return NULL;
}

static bool is_input(const nn_ncnn_layer *l)
{
    return strcmp(l->type, "Input") == 0;
}

// --- what is not supported ---

typedef struct list {
    char text[400];
    size_t used, hidden;
} list;

// Lists each unknown type once, with its first layer.
static void add_type(list *l, const nn_ncnn_net *net, int i)
{
    char item[160];
    int more = 0;
    for (int k = 0; k < net->layer_count; k++)
        if (strcmp(net->layers[k].type, net->layers[i].type) == 0) {
            if (k < i)
                return;
            more += k > i;
        }
    int n = snprintf(item, sizeof item, "%s%.40s (layer '%.60s'", l->used ? ", " : "",
                     net->layers[i].type, net->layers[i].name);
    n += more ? snprintf(item + n, sizeof item - (size_t)n, " and %d more)", more)
              : snprintf(item + n, sizeof item - (size_t)n, ")");
    if (l->used + (size_t)n >= sizeof l->text) {
        l->hidden++;
        return;
    }
    memcpy(l->text + l->used, item, (size_t)n + 1);
    l->used += (size_t)n;
}

static bool is_supported(const nn_ncnn_layer *l)
{
    return is_input(l) || nn_ncnn_is_end(l->type) || nn_ncnn_find_op(l->type);
}

static nn_status check_types(const nn_ncnn_net *net, nn_error *err)
{
    list l = {0};
    char more[40] = "";
    for (int i = 0; i < net->layer_count; i++)
        if (!is_supported(&net->layers[i]))
            add_type(&l, net, i);
    if (!l.used)
        return NN_OK;
    if (l.hidden)
        snprintf(more, sizeof more, " and %zu more", l.hidden);
    return nn_fail(err, NN_EUNSUPPORTED, "not supported: %s%s", l.text, more);
}

// --- inputs ---

static int64_t number_or(const nn_ncnn_net *net, const nn_ncnn_layer *l, int id, int64_t otherwise)
{
    const nn_ncnn_field *f = nn_ncnn_field_find(net, l, id);
    const double v = f && f->count == 1 ? net->numbers[f->first] : 0;
    return v >= 1 && v <= INT32_MAX ? (int64_t)v : otherwise;
}

// Input channels of a layer; 0 when its fields do not tell.
static int64_t channels_of(const nn_ncnn_net *net, const nn_ncnn_layer *l)
{
    if (strcmp(l->type, "BatchNorm") == 0 || strcmp(l->type, "Scale") == 0)
        return number_or(net, l, 0, 0);
    if (strcmp(l->type, "ConvolutionDepthWise") == 0 && number_or(net, l, 7, 0) > 1)
        return number_or(net, l, 7, 0);
    const int64_t w = number_or(net, l, 1, 1), h = number_or(net, l, 11, w);
    const int64_t outputs = number_or(net, l, 0, 1), weights = number_or(net, l, 6, 0);
    if (strncmp(l->type, "Convolution", strlen("Convolution")) != 0 || w > 1024 || h > 1024)
        return 0;
    return weights / (w * h) / outputs;
}

// Channels of an input without a size: from the first layer with weights, else 3.
static int64_t find_channels(const nn_ncnn_net *net, int blob)
{
    int64_t times = 1;
    for (int i = 0; i < net->layer_count; i++) {
        const nn_ncnn_layer *l = &net->layers[i];
        if (l->n_in < 1 || net->links[l->in] != blob)
            continue;
        const int64_t found = channels_of(net, l);
        if (found > 0)
            return found / times > 0 ? found / times : 3;
        if (strcmp(l->type, "YoloV5Focus") == 0)
            times *= 4;
        else if (strcmp(l->type, "Concat") == 0 || strcmp(l->type, "Reshape") == 0 || times > 4)
            return 3;
        if (l->n_out > 0)
            blob = net->links[l->out];
    }
    return 3;
}

static int64_t usual_side(const nn_ncnn_net *net)
{
    for (int i = 0; i < net->layer_count; i++)
        if (strcmp(net->layers[i].type, "InnerProduct") == 0)
            return CLASSIFIER_SIDE;
    return DETECTOR_SIDE;
}

// Shape of an input: (1, c, h, w), or fewer axes when the file says so.
static nn_shape input_shape(const nn_ncnn_net *net, const nn_ncnn_layer *l,
                            const nn_graph_load_options *o, int index)
{
    const int64_t side = usual_side(net);
    nn_shape s = {.rank = 1, .dim = {1}};
    if (o->inputs && index < o->n_inputs)
        return o->inputs[index];
    const int64_t w = number_or(net, l, 0, 0), h = number_or(net, l, 1, 0);
    const int64_t c = number_or(net, l, 2, 0), d = number_or(net, l, 11, 0);
    if (w > 0 && c == 0) { // a vector or a matrix
        if (h > 0)
            s.dim[s.rank++] = h;
        s.dim[s.rank++] = w;
        return s;
    }
    s.dim[s.rank++] = c > 0 ? c : find_channels(net, net->links[l->out]);
    if (d > 0)
        s.dim[s.rank++] = d;
    const bool asked = o->input_h > 0 && o->input_w > 0;
    s.dim[s.rank++] = asked ? o->input_h : h > 0 ? h : side;
    s.dim[s.rank++] = asked ? o->input_w : w > 0 ? w : side;
    return s;
}

static nn_status add_input(nn_ncnn_import *m, const nn_ncnn_layer *l,
                           const nn_graph_load_options *o, nn_error *err)
{
    if (l->n_in != 0 || l->n_out != 1)
        return nn_fail(err, NN_EFORMAT, "the layer Input '%.60s' has not exactly one blob",
                       l->name);
    nn_ncnn_value v = {.shape = input_shape(m->net, l, o, m->n_inputs)};
    nn_status status = nn_shape_check(&v.shape, NN_F32, err);
    if (status != NN_OK)
        return status;
    const int blob = m->net->links[l->out];
    v.other = v.shape;
    if (v.shape.rank == 4) {
        v.other.dim[2] += OTHER_H;
        v.other.dim[3] += OTHER_W;
    }
    m->images = m->n_inputs == 0 && v.shape.rank == 4 && v.shape.dim[1] == 3;
    m->bound = m->bound || !m->images;
    m->shapes[m->n_inputs++] = v.shape;
    v.value = nn_graph_input(m->graph, m->net->blobs[blob]);
    m->blobs[blob] = v;
    return v.value < 0 ? nn_graph_check(m->graph, err) : NN_OK;
}

// --- layers ---

static void check_counts(nn_ncnn_node *n, const nn_ncnn_op *op, const nn_ncnn_layer *l)
{
    const int least = op ? op->min_in : 1, most = op ? op->max_in : NN_NCNN_MAX_IN;
    if (l->n_in < least || l->n_in > most)
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "%d inputs, supported are %d to %d", l->n_in, least, most);
    else if (op && (l->n_out > op->max_out || l->n_out < 1))
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "%d outputs, supported are 1 to %d", l->n_out,
                     op->max_out);
}

static nn_status build_layer(nn_ncnn_import *m, const nn_ncnn_layer *l, nn_error *err)
{
    const nn_ncnn_op *op = nn_ncnn_find_op(l->type); // NULL: it ends the network
    nn_ncnn_value in[NN_NCNN_MAX_IN];
    nn_ncnn_node n = {.import = m, .in = in, .n_in = l->n_in, .n_out = op ? l->n_out : 0};
    m->layer = l;
    check_counts(&n, op, l);
    for (int i = 0; i < l->n_in && !nn_ncnn_failed(&n); i++) {
        in[i] = m->blobs[m->net->links[l->in + i]];
        if (in[i].value < 0)
            nn_ncnn_fail(&n, NN_EUNSUPPORTED, "it reads what a layer that ends the network makes");
    }
    n.arg = op ? op->arg : 0;
    if (!nn_ncnn_failed(&n) && op)
        op->build(&n);
    else if (!nn_ncnn_failed(&n))
        nn_ncnn_read_end(&n, &m->card);
    for (int i = 0; i < n.n_out && !nn_ncnn_failed(&n); i++)
        if (m->blobs[m->net->links[l->out + i]].value < 0)
            nn_ncnn_fail(&n, NN_EUNSUPPORTED, "its output %d is not supported", i);
    if (!nn_ncnn_failed(&n))
        return NN_OK;
    return nn_fail(err, m->error.status, "%.40s (layer '%.60s', line %d): %.340s", l->type, l->name,
                   l->line, m->error.text);
}

static nn_status build_layers(nn_ncnn_import *m, const nn_graph_load_options *o, nn_error *err)
{
    nn_status status = NN_OK;
    for (int i = 0; i < m->net->layer_count && status == NN_OK; i++) {
        const nn_ncnn_layer *l = &m->net->layers[i];
        if (is_input(l))
            status = m->n_inputs < NN_NCNN_MAX_INPUTS
                         ? add_input(m, l, o, err)
                         : nn_fail(err, NN_EUNSUPPORTED, "over %d inputs", NN_NCNN_MAX_INPUTS);
        else
            status = build_layer(m, l, err);
    }
    if (status == NN_OK && m->n_inputs == 0)
        return nn_fail(err, NN_EUNSUPPORTED, "there is no Input layer");
    if (status == NN_OK && m->bin_left > 0)
        return nn_fail(err, NN_EFORMAT,
                       "%zu bytes are left in the .bin when all layers have their weights: it is "
                       "of another model",
                       m->bin_left);
    return status;
}

// --- outputs ---

static nn_status add_output(nn_ncnn_import *m, int blob, nn_error *err)
{
    if (m->blobs[blob].value < 0) // of a layer that ends the network
        return NN_OK;
    if (nn_graph_output_count(m->graph) == MAX_OUTPUTS)
        return nn_fail(err, NN_EUNSUPPORTED, "over %d outputs", MAX_OUTPUTS);
    nn_graph_output(m->graph, m->net->blobs[blob], m->blobs[blob].value);
    return nn_graph_check(m->graph, err);
}

// Outputs: the inputs of layers that end the network, in their order, then blobs that no layer
// reads.
static nn_status add_outputs(nn_ncnn_import *m, nn_error *err)
{
    const nn_ncnn_net *net = m->net;
    if (m->scores.shape.rank > 0)
        nn_graph_output(m->graph, "scores", m->scores.value);
    bool *read = nn_calloc((size_t)net->blob_count, sizeof *read);
    nn_status status = read ? NN_OK : nn_fail(err, NN_ENOMEM, "out of memory");
    for (int i = 0; i < net->layer_count && status == NN_OK; i++) {
        const nn_ncnn_layer *l = &net->layers[i];
        for (int k = 0; k < l->n_in && status == NN_OK; k++) {
            const int blob = net->links[l->in + k];
            if (nn_ncnn_is_end(l->type) && !read[blob])
                status = add_output(m, blob, err);
            read[blob] = true;
        }
    }
    for (int i = 0; i < net->blob_count && status == NN_OK; i++)
        if (!read[i])
            status = add_output(m, i, err);
    nn_free(read);
    if (status == NN_OK && nn_graph_output_count(m->graph) < 1)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "no blob is left as output: every one is read by a layer");
    return status;
}

// Makes a model, which owns the graph.
static nn_status finish(nn_ncnn_import *m, nn_model **out, nn_error *err)
{
    nn_graph *g = m->graph;
    m->graph = NULL;
    nn_status status = nn_model_new(out, g, err);
    if (status != NN_OK)
        return status;
    nn_model *model = *out;
    nn_ncnn_fill(m, model);
    model->half = m->half;
    model->card = m->card;
    for (int i = 0; i < 3; i++)
        model->card.std[i] = 1;
    if (m->shapes[0].rank == 4) {
        model->card.input_h = (int)m->shapes[0].dim[2];
        model->card.input_w = (int)m->shapes[0].dim[3];
    }
    if (!m->bound)
        return NN_OK;
    model->fixed_inputs = nn_calloc((size_t)m->n_inputs, sizeof *model->fixed_inputs);
    if (!model->fixed_inputs)
        return nn_fail(err, NN_ENOMEM, "out of memory");
    memcpy(model->fixed_inputs, m->shapes, (size_t)m->n_inputs * sizeof *m->shapes);
    return NN_OK;
}

static nn_status import(nn_ncnn_import *m, nn_model **out, const nn_graph_load_options *o,
                        nn_error *err)
{
    m->graph = nn_graph_new();
    m->blobs = nn_alloc((size_t)m->net->blob_count * sizeof *m->blobs);
    nn_status status = m->graph && m->blobs ? NN_OK : nn_fail(err, NN_ENOMEM, "out of memory");
    for (int i = 0; i < m->net->blob_count && status == NN_OK; i++)
        m->blobs[i] = nn_ncnn_none;
    if (status == NN_OK)
        status = build_layers(m, o, err);
    if (status == NN_OK)
        status = add_outputs(m, err);
    if (status == NN_OK)
        status = finish(m, out, err);
    nn_graph_free(m->graph);
    nn_ncnn_import_release(m);
    return status;
}

nn_status nn_ncnn_parse(nn_model **out, const void *param, size_t param_size, const void *bin,
                        size_t bin_size, const nn_graph_load_options *options, nn_error *err)
{
    static const nn_graph_load_options none = {0};
    nn_ncnn_net net;
    *out = NULL;
    nn_status status = nn_ncnn_net_parse(&net, param, param_size, err);
    if (status == NN_OK)
        status = check_types(&net, err);
    nn_ncnn_import m = {
        .net = &net, .bin = bin, .bin_left = bin_size, .budget = EXTRA_CONSTANTS + bin_size};
    if (status == NN_OK)
        status = import(&m, out, options ? options : &none, err);
    nn_ncnn_net_release(&net);
    if (status == NN_OK)
        return NN_OK;
    nn_model_free(*out);
    *out = NULL;
    return nn_fail_prefix(err, status, "ncnn");
}
