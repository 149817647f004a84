// SPDX-License-Identifier: MIT
// Writes ONNX models: the graph for one input size, with everything computed that depends on
// parameters only.
#include "nn/io/onnx/onnx.h"

#include "nn/base/memory.h"
#include "nn/graph/quantized.h"
#include "nn/io/onnx/onnx_save_file.h"
#include "nn/io/onnx/onnx_writer_internal.h"
#include "nn/tensor/tensor.h"

#include <stdio.h>
#include <string.h>

enum { MOST_INPUTS = 2 }; // of models without shapes of their own: pictures and texts

typedef struct saver {
    const nn_model *m;
    const nn_onnx_save_options *options;
    const nn_shape *inputs;
    nn_onnx_writer w;
    float **folded; // for each value of the graph: a computed constant, or NULL
    bool *needed;   // for each value: its data are read
} saver;

#define ROWS(word) extern const nn_onnx_emitter nn_onnx_emit_##word[];
#define NN_ONNX(word) ROWS(word)
#include "nn/io/onnx/onnx_emit.inc"
#undef NN_ONNX
#undef ROWS

#define NN_ONNX(word) nn_onnx_emit_##word,
static const nn_onnx_emitter *const tables[] = {
#include "nn/io/onnx/onnx_emit.inc"
};
#undef NN_ONNX

static const nn_onnx_emitter *find_emitter(const nn_op *op)
{
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
        for (const nn_onnx_emitter *e = tables[t]; e->op; e++)
            if (e->op == op)
                return e;
    return NULL;
}

// --- what to write ---

static bool reads(const nn_op *op, int input)
{
    return input >= 64 || !(op->shape_only >> input & 1);
}

static void find_needed(saver *s)
{
    const nn_graph *g = s->m->graph;
    for (int i = 0; i < nn_graph_output_count(g); i++)
        if (nn_onnx_writer_keeps(g, i))
            s->needed[nn_graph_output_at(g, i)] = true;
    for (int i = nn_graph_node_count(g) - 1; i >= 0; i--) {
        const nn_node_info n = nn_graph_node_at(g, i);
        for (int k = 0; s->needed[n.out] && k < n.n_in; k++)
            if (n.in[k] >= 0 && reads(n.op, k))
                s->needed[n.in[k]] = true;
    }
}

static bool is_constant(const saver *s, const nn_node_info *n)
{
    for (int k = 0; k < n->n_in; k++)
        if (n->in[k] >= 0 && reads(n->op, k) && !s->w.values[n->in[k]].data)
            return false;
    return true;
}

// Runs a node whose inputs are parameters: elastic kernels become the kernel for this size.
static void fold(saver *s, const nn_node_info *n)
{
    nn_tensor in[NN_OP_MAX_IN], out = nn_tensor_dense(NN_F32, s->w.values[n->out].shape, NULL);
    nn_shape shapes[NN_OP_MAX_IN];
    for (int k = 0; k < n->n_in; k++) {
        const nn_onnx_operand *v = n->in[k] >= 0 ? &s->w.values[n->in[k]] : NULL;
        shapes[k] = v ? v->shape : (nn_shape){.rank = -1};
        in[k] = nn_tensor_dense(NN_F32, shapes[k], v ? (void *)v->data : NULL);
    }
    nn_op_call call = {
        .params = n->params, .in = in, .n_in = n->n_in, .out = &out, .kernels = nn_kernels_best()};
    const size_t scratch =
        n->op->scratch ? n->op->scratch(n->params, shapes, n->n_in, &out.shape, 1, false) : 0;
    call.scratch = nn_alloc(scratch);
    out.data = nn_alloc(nn_tensor_bytes(&out));
    s->folded[n->out] = out.data;
    s->w.values[n->out].data = out.data;
    if (call.scratch && out.data)
        n->op->forward(&call);
    else
        nn_onnx_writer_no_memory(&s->w);
    nn_free(call.scratch);
}

// Finds the constants of the graph, and lists all operators that cannot be written.
static void find_constants(saver *s)
{
    const nn_graph *g = s->m->graph;
    char text[400] = "";
    size_t used = 0, hidden = 0;
    for (int i = 0; i < nn_graph_param_count(g); i++) {
        nn_onnx_operand *v = &s->w.values[nn_graph_param_at(g, i)];
        v->data = nn_tensor_f32(&s->m->params[i]);
        v->stored = nn_quantized_param_dtype(s->m, i);
    }
    for (int i = 0; i < nn_graph_node_count(g) && !s->w.error.status; i++) {
        const nn_node_info n = nn_graph_node_at(g, i);
        if (!s->needed[n.out])
            continue;
        if (is_constant(s, &n) && !(n.op->flags & NN_OP_WIDENS)) {
            fold(s, &n);
            continue;
        }
        if (find_emitter(n.op))
            continue;
        char item[160];
        const int length = snprintf(item, sizeof item, "%s%.40s (node '%.60s')", used ? ", " : "",
                                    n.op->name, n.name);
        if (hidden || used + (size_t)length >= sizeof text) {
            hidden++;
            continue;
        }
        memcpy(text + used, item, (size_t)length + 1);
        used += (size_t)length;
    }
    if (used && !s->w.error.status)
        nn_fail(&s->w.error, NN_EUNSUPPORTED, "operators that ONNX export does not support: %s%s",
                text, hidden ? " and more" : "");
}

// --- shapes and names ---

// Axes whose size depends on the batch.
static unsigned changed_axes(const nn_shape *a, const nn_shape *b)
{
    unsigned open = 0;
    for (int i = 0; i < a->rank; i++)
        if (a->dim[i] != b->dim[i])
            open |= 1u << i;
    return open;
}

static nn_status find_shapes(saver *s, nn_error *err)
{
    const nn_graph *g = s->m->graph;
    const int values = nn_graph_value_count(g), inputs = nn_graph_input_count(g);
    nn_shape *one = nn_calloc((size_t)values, sizeof *one);
    nn_shape *two = nn_calloc((size_t)(values + inputs), sizeof *two), *doubled = two + values;
    nn_status status = one && two ? NN_OK : nn_fail(err, NN_ENOMEM, "out of memory");
    if (status == NN_OK)
        status = nn_graph_infer(g, s->inputs, inputs, one, NULL, err);
    for (int i = 0; status == NN_OK && i < inputs; i++) {
        doubled[i] = s->inputs[i];
        doubled[i].dim[0] *= s->options->open_batch ? 2 : 1;
    }
    if (status == NN_OK)
        status = nn_graph_infer(g, doubled, inputs, two, NULL, err);
    for (int v = 0; status == NN_OK && v < values; v++)
        s->w.values[v] = (nn_onnx_operand){
            .name = nn_graph_value(g, v).name,
            .shape = one[v],
            .open = changed_axes(&one[v], &two[v]),
        };
    nn_free(one);
    nn_free(two);
    return status;
}

static bool is_output_name(const nn_graph *g, const char *name)
{
    for (int i = 0; i < nn_graph_output_count(g); i++)
        if (nn_onnx_writer_keeps(g, i) && strcmp(nn_graph_output_name(g, i), name) == 0)
            return true;
    return false;
}

// The value of a node gets the name of its output, unless it is a constant; other values avoid
// these names.
static void find_names(saver *s)
{
    const nn_graph *g = s->m->graph;
    for (int v = 0; v < nn_graph_value_count(g); v++) {
        const nn_value_info info = nn_graph_value(g, v);
        if (!is_output_name(g, info.name))
            continue;
        if (info.kind == NN_VALUE_INPUT)
            nn_fail(&s->w.error, NN_EUNSUPPORTED, "an input and an output are called '%.80s'",
                    info.name);
        s->w.values[v].name = nn_onnx_writer_new_name(&s->w, info.name);
    }
    for (int i = nn_graph_output_count(g) - 1; i >= 0; i--) {
        const nn_value v = nn_graph_output_at(g, i);
        if (nn_onnx_writer_keeps(g, i) && nn_graph_value(g, v).kind == NN_VALUE_NODE &&
            !s->w.values[v].data)
            s->w.values[v].name = nn_graph_output_name(g, i);
    }
}

static void halve_weights(saver *s)
{
    for (int v = 0; v < nn_graph_value_count(s->m->graph); v++) {
        nn_onnx_operand *o = &s->w.values[v];
        if (!s->options->half || !o->data || o->stored != NN_F32 || o->shape.rank < 2 ||
            !nn_f16_holds(o->data, nn_shape_count(&o->shape)))
            continue;
        o->half = o->name; // readers find it by this name
        o->name = nn_onnx_writer_new_name(&s->w, o->name);
    }
}

// --- nodes ---

static void emit_node(saver *s, const nn_node_info *info)
{
    nn_onnx_operand in[NN_OP_MAX_IN];
    for (int k = 0; k < info->n_in; k++)
        in[k] = info->in[k] >= 0 ? s->w.values[info->in[k]]
                                 : (nn_onnx_operand){.name = "", .shape = {.rank = -1}};
    const nn_onnx_item item = {
        .writer = &s->w,
        .name = info->name,
        .params = info->params,
        .in = in,
        .n_in = info->n_in,
        .out = &s->w.values[info->out],
    };
    s->w.inputs = info->in;
    s->w.same = false;
    find_emitter(info->op)->emit(&item);
    if (s->w.same)
        s->w.values[info->out].name = in[0].name;
}

// Writes outputs that are not the result of a node.
static void emit_outputs(saver *s)
{
    const nn_graph *g = s->m->graph;
    for (int i = 0; i < nn_graph_output_count(g); i++) {
        const nn_value v = nn_graph_output_at(g, i);
        const char *name = nn_graph_output_name(g, i);
        const nn_onnx_item item = {.writer = &s->w, .name = name, .in = &s->w.values[v], .n_in = 1};
        s->w.inputs = &v;
        if (nn_onnx_writer_keeps(g, i) && strcmp(s->w.values[v].name, name) != 0)
            nn_onnx_put1(&item, "Identity", s->w.values[v].name, name);
    }
}

static nn_status make_nodes(saver *s, nn_error *err)
{
    const nn_graph *g = s->m->graph;
    nn_status status = find_shapes(s, err);
    if (status != NN_OK)
        return status;
    find_needed(s);
    find_constants(s);
    if (!s->w.error.status)
        find_names(s);
    if (!s->w.error.status)
        halve_weights(s);
    for (int i = 0; i < nn_graph_node_count(g) && !s->w.error.status; i++) {
        const nn_node_info info = nn_graph_node_at(g, i);
        if (s->needed[info.out] && !s->w.values[info.out].data)
            emit_node(s, &info);
    }
    if (!s->w.error.status)
        emit_outputs(s);
    if (s->w.error.status && err)
        *err = s->w.error;
    return s->w.error.status;
}

// Shapes of the inputs: as requested, as bound by the model, or an image of the card's size.
static nn_status find_inputs(saver *s, nn_shape made[MOST_INPUTS], nn_error *err)
{
    const nn_model *m = s->m;
    const int count = nn_graph_input_count(m->graph);
    s->inputs = s->options->inputs ? s->options->inputs : m->fixed_inputs;
    if (m->fixed_inputs && s->options->open_batch)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "the model was read for one batch, which cannot be left open");
    if (s->inputs)
        return NN_OK;
    if (count > MOST_INPUTS || m->card.input_h < 1 || m->card.input_w < 1)
        return nn_fail(err, NN_EINVAL, "the size of the inputs is not known");
    for (int i = 0; i < count; i++)
        made[i] = nn_model_input_shape(m, i, 0, 0);
    s->inputs = made;
    return NN_OK;
}

nn_status nn_onnx_save(const nn_model *m, const char *path, const nn_onnx_save_options *options,
                       nn_error *err)
{
    static const nn_onnx_save_options none = {0};
    const size_t values = (size_t)nn_graph_value_count(m->graph);
    nn_shape made[MOST_INPUTS];
    saver s = {
        .m = m,
        .options = options ? options : &none,
        .w = {.graph = m->graph, .values = nn_calloc(values, sizeof *s.w.values)},
        .folded = nn_calloc(values, sizeof *s.folded),
        .needed = nn_calloc(values, sizeof *s.needed),
    };
    nn_status status = s.w.values && s.folded && s.needed
                           ? find_inputs(&s, made, err)
                           : nn_fail(err, NN_ENOMEM, "out of memory");
    if (status == NN_OK)
        status = make_nodes(&s, err);
    if (status == NN_OK)
        status = nn_onnx_writer_save(&s.w, m, s.inputs, path, err);
    else
        nn_fail_prefix(err, status, "%s", path);
    for (size_t v = 0; s.folded && v < values; v++)
        nn_free(s.folded[v]);
    nn_free(s.folded);
    nn_free(s.needed);
    nn_onnx_writer_release(&s.w);
    return status;
}
