// SPDX-License-Identifier: MIT
// ONNX: MaxPool, AveragePool, GlobalAveragePool, GlobalMaxPool.
#include "nn/io/onnx_ops/window.h"

// Padding up to the kernel's size belongs to the pool; wider or dilated windows are refused by it.
static void build_pool(nn_onnx_node *n)
{
    const bool average = n->arg;
    const nn_onnx_value *x = nn_onnx_as_image(n, n->in[0]);
    if (!x)
        return;
    nn_onnx_window w = nn_onnx_read_window(n, n->in[0]->shape.rank, NULL);
    nn_onnx_pad_same(&w, &x->shape);
    if (w.dilation[0] != 1 || w.dilation[1] != 1) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "dilations");
        return;
    }
    nn_pool2d_params p = {.kernel = {w.kernel[0], w.kernel[1]},
                          .stride = {w.stride[0], w.stride[1]},
                          .pad = {w.pad[0], w.pad[1], w.pad[2], w.pad[3]},
                          .ceil_mode = nn_onnx_int(n, "ceil_mode", 0) != 0,
                          .count_include_pad = nn_onnx_int(n, "count_include_pad", 0) != 0};
    const nn_onnx_value *y =
        nn_onnx_emit(n, average ? &nn_op_avg_pool : &nn_op_max_pool, &p, &x, 1);
    nn_onnx_output(n, 0, nn_onnx_as_before(n, y, n->in[0]));
}

static void build_global(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0];
    unsigned axes = x->shape.rank > 2 ? ((1u << x->shape.rank) - 1) & ~3u : 0;
    nn_onnx_output(n, 0, nn_onnx_reduce(n, (nn_reduce)n->arg, x, axes, true));
}

const nn_onnx_op nn_onnx_pool[] = {
    {"MaxPool", 1, 1, 1, build_pool, 0},
    {"AveragePool", 1, 1, 1, build_pool, 1},
    {"GlobalAveragePool", 1, 1, 1, build_global, NN_REDUCE_MEAN},
    {"GlobalMaxPool", 1, 1, 1, build_global, NN_REDUCE_MAX},
    {0},
};
