// SPDX-License-Identifier: MIT
// ONNX export: operators that pick, write and sum elements by place.
#include "nn/io/onnx/onnx_writer.h"

enum { TYPE_FLOAT = 1 };

// A node of the inputs, whose second one is indices.
static void begin(const nn_onnx_item *n, const char *op)
{
    const char *index = nn_onnx_put_whole(n, &n->in[1]);
    nn_onnx_begin(n, op);
    nn_onnx_add_input(n, n->in[0].name);
    nn_onnx_add_input(n, index);
    for (int i = 2; i < n->n_in; i++)
        nn_onnx_add_input(n, n->in[i].name);
}

static void add_reduction(const nn_onnx_item *n, int32_t kind)
{
    static const char *const words[NN_SCATTER_COUNT] = {"none", "add", "mul", "min", "max"};
    if (kind == NN_SCATTER_SET)
        return;
    nn_onnx_need_opset(n, kind == NN_SCATTER_MIN || kind == NN_SCATTER_MAX ? 18 : 16);
    nn_onnx_add_text(n, "reduction", words[kind]);
}

static void emit_gather_elements(const nn_onnx_item *n)
{
    begin(n, "GatherElements");
    nn_onnx_add_int(n, "axis", ((const nn_gather_elements_params *)n->params)->axis);
    nn_onnx_end(n, n->out->name);
}

static void emit_gather_nd(const nn_onnx_item *n)
{
    begin(n, "GatherND");
    nn_onnx_add_int(n, "batch_dims", ((const nn_gather_nd_params *)n->params)->batch);
    nn_onnx_end(n, n->out->name);
}

static void emit_scatter_elements(const nn_onnx_item *n)
{
    const nn_scatter_elements_params *p = n->params;
    begin(n, "ScatterElements");
    nn_onnx_add_int(n, "axis", p->axis);
    add_reduction(n, p->kind);
    nn_onnx_end(n, n->out->name);
}

static void emit_scatter_nd(const nn_onnx_item *n)
{
    begin(n, "ScatterND");
    add_reduction(n, ((const nn_scatter_nd_params *)n->params)->kind);
    nn_onnx_end(n, n->out->name);
}

static void emit_cum_sum(const nn_onnx_item *n)
{
    const nn_cum_sum_params *p = n->params;
    const int64_t axis = p->axis;
    const char *list = nn_onnx_put_ints(n, &axis, 1);
    nn_onnx_begin(n, "CumSum");
    nn_onnx_add_input(n, n->in[0].name);
    nn_onnx_add_input(n, list);
    nn_onnx_add_int(n, "exclusive", p->exclusive != 0);
    nn_onnx_add_int(n, "reverse", p->reverse != 0);
    nn_onnx_end(n, n->out->name);
}

static void emit_top_k(const nn_onnx_item *n)
{
    const nn_top_k_params *p = n->params;
    const int64_t k = p->k;
    const char *list = nn_onnx_put_ints(n, &k, 1);
    nn_onnx_begin(n, "TopK");
    nn_onnx_add_input(n, n->in[0].name);
    nn_onnx_add_input(n, list);
    nn_onnx_add_int(n, "axis", p->axis);
    nn_onnx_add_int(n, "largest", p->smallest == 0);
    const char *index = nn_onnx_end(n, NULL);
    nn_onnx_use_second_output(n);
    nn_onnx_put_cast(n, index, TYPE_FLOAT, n->out->name);
}

const nn_onnx_emitter nn_onnx_emit_pick[] = {
    {&nn_op_gather_elements, emit_gather_elements},
    {&nn_op_gather_nd, emit_gather_nd},
    {&nn_op_scatter_elements, emit_scatter_elements},
    {&nn_op_scatter_nd, emit_scatter_nd},
    {&nn_op_cum_sum, emit_cum_sum},
    {&nn_op_top_k, emit_top_k},
    {0},
};
