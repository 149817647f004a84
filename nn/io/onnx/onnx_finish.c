// SPDX-License-Identifier: MIT
// The graph and the parameters that an ONNX model becomes when all of its nodes were read.
#include "nn/io/onnx/onnx_import_internal.h"

#include "nn/base/memory.h"
#include "nn/ops/ops.h"

#include <stdio.h>
#include <string.h>

typedef nn_onnx_made value;
typedef nn_onnx_step step;

// Whether input k of a step is what training is for. Others are tables of the model's formulas:
// places, strides, shapes.
static bool is_trained(const step *s, int k)
{
    static const nn_op *const layers[] = {&nn_op_conv2d,     &nn_op_conv_transpose, &nn_op_linear,
                                          &nn_op_batch_norm, &nn_op_layer_norm,     &nn_op_matmul};
    const nn_shape *shape = &s->in[k]->shown.shape;
    int sides = 0;
    if (k < 64 && (s->op->no_grad | s->op->shape_only) >> k & 1)
        return false;
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
        if (s->op == layers[i])
            return true;
    if (s->op == &nn_op_arithmetic)
        return ((const nn_arithmetic_params *)s->params)->kind == NN_ARITHMETIC_PRELU && k == 1;
    for (int i = 0; i < shape->rank; i++)
        sides += shape->dim[i] > 1;
    return (s->op == &nn_op_add || s->op == &nn_op_mul) && sides == 1;
}

static void mark_live(nn_onnx_import *m, value *v)
{
    v->live = true;
    for (int i = v->step; i >= 0; i--) {
        step *s = &m->steps[i];
        if (!s->out->live)
            continue;
        s->live = true;
        for (int k = 0; k < s->n_in; k++)
            if (s->in[k]) {
                s->in[k]->live = true;
                s->in[k]->trained =
                    s->in[k]->trained || is_trained(s, k) ||
                    (k == 0 && s->op == &nn_op_dequantize_linear && s->out->trained);
            }
    }
}

// Names of values that the file does not name: after the node that makes them.
static const char *value_name(const value *v, int number, char *buf, size_t size)
{
    if (v->name)
        return v->name;
    snprintf(buf, size, v->data ? "(constant %d)" : "(value %d)", number);
    return buf;
}

static void place_param(nn_graph *g, value *v, int number)
{
    char buf[32];
    const nn_param_kind kind = !v->trained                ? NN_PARAM_BUFFER
                               : v->shown.shape.rank >= 2 ? NN_PARAM_WEIGHT
                                                          : NN_PARAM_BIAS;
    v->placed = nn_graph_param(g, value_name(v, number, buf, sizeof buf), kind, &v->shown.shape);
}

static void place_step(nn_graph *g, const step *s, int number)
{
    nn_value in[NN_ONNX_MAX_IN];
    char buf[32];
    for (int k = 0; k < s->n_in; k++)
        in[k] = s->in[k] ? s->in[k]->placed : NN_NO_VALUE;
    s->out->placed = nn_graph_node(g, s->op, value_name(s->out, number, buf, sizeof buf), s->params,
                                   in, s->n_in);
}

// Models are large: the parameters of the graph are moved, and only those that a tail needs, too,
// are copied.
static void move_constant(nn_model *model, value *v)
{
    nn_tensor *param =
        v->live ? &model->params[nn_graph_value(model->graph, v->placed).index] : NULL;
    if (v->kept) {
        if (param)
            memcpy(param->data, v->data, nn_tensor_bytes(param));
        return;
    }
    nn_free(param ? param->data : v->data);
    if (param)
        param->data = v->data;
    v->data = NULL;
    v->shown.data = NULL;
}

nn_status nn_onnx_import_finish(nn_onnx_import *m, const char *const *names,
                                const nn_onnx_value *const *values, int count, nn_model **out,
                                nn_error *err)
{
    *out = NULL;
    nn_graph *g = nn_graph_new();
    if (!g)
        return nn_fail(err, NN_ENOMEM, "out of memory");
    for (int i = 0; i < count; i++)
        mark_live(m, (value *)values[i]);
    for (int i = 0; i < m->value_count; i++) // inputs keep their order and are all there
        if (m->values[i]->input >= 0)
            m->values[i]->placed = nn_graph_input(g, m->values[i]->name);
    for (int i = 0; i < m->value_count; i++)
        if (m->values[i]->live && m->values[i]->data)
            place_param(g, m->values[i], i);
    for (int i = 0; i < m->step_count; i++)
        if (m->steps[i].live)
            place_step(g, &m->steps[i], i);
    for (int i = 0; i < count; i++)
        nn_graph_output(g, names[i], ((const value *)values[i])->placed);
    nn_status status = nn_model_new(out, g, err);
    if (status != NN_OK)
        return status;
    nn_model *model = *out;
    model->fixed_inputs = nn_calloc((size_t)nn_graph_input_count(g), sizeof *model->fixed_inputs);
    if (!model->fixed_inputs)
        return nn_fail(err, NN_ENOMEM, "out of memory");
    for (int i = 0; i < m->value_count; i++) {
        value *v = m->values[i];
        if (v->input >= 0)
            model->fixed_inputs[v->input] = v->shown.shape;
        if (v->data)
            move_constant(model, v);
    }
    return NN_OK;
}
