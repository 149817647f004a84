// SPDX-License-Identifier: MIT
// ONNX nodes that several exporters write: transpositions, reshapes, activations.
#include "nn/io/onnx/onnx_writer_internal.h"

#include <math.h>

const char *nn_onnx_put_transpose(const nn_onnx_item *n, const char *x, const int32_t *perm,
                                  int rank, const char *out)
{
    nn_onnx_begin(n, "Transpose");
    nn_onnx_add_input(n, x);
    nn_onnx_add_ints(n, "perm", perm, rank);
    return nn_onnx_end(n, out);
}

// An open dim is copied (0) where it stays in its place, else what is left (-1).
const char *nn_onnx_put_reshape(const nn_onnx_item *n, const char *x, const nn_onnx_operand *from,
                                const nn_onnx_operand *to, const char *out)
{
    int64_t dim[NN_MAX_RANK];
    bool rest = false;
    for (int i = 0; i < to->shape.rank; i++) {
        dim[i] = to->shape.dim[i];
        if (!(to->open >> i & 1))
            continue;
        if (i < from->shape.rank && from->open >> i & 1 && from->shape.dim[i] == dim[i]) {
            dim[i] = 0;
            continue;
        }
        if (rest)
            nn_onnx_refuse(n, "'%.80s' mixes the batch into two axes; export for a fixed batch",
                           n->name);
        dim[i] = -1;
        rest = true;
    }
    const char *shape = nn_onnx_put_ints(n, dim, to->shape.rank);
    return nn_onnx_put2(n, "Reshape", x, shape, out);
}

static const char *put_mish(const nn_onnx_item *n, const char *x, const char *out)
{
    const char *soft = nn_onnx_put1(n, "Softplus", x, NULL);
    return nn_onnx_put2(n, "Mul", x, nn_onnx_put1(n, "Tanh", soft, NULL), out);
}

static const char *put_gelu(const nn_onnx_item *n, const char *x, const char *out)
{
    const char *root = nn_onnx_put_scalar(n, (float)M_SQRT2), *one = nn_onnx_put_scalar(n, 1);
    const char *half = nn_onnx_put_scalar(n, 0.5f);
    const char *y = nn_onnx_put2(n, "Div", x, root, NULL);
    y = nn_onnx_put2(n, "Add", nn_onnx_put1(n, "Erf", y, NULL), one, NULL);
    y = nn_onnx_put2(n, "Mul", x, y, NULL);
    return nn_onnx_put2(n, "Mul", y, half, out);
}

// x HardSigmoid(x): opset 13 has no HardSwish.
static const char *put_hard_swish(const nn_onnx_item *n, const char *x, const char *out)
{
    nn_onnx_begin(n, "HardSigmoid");
    nn_onnx_add_input(n, x);
    nn_onnx_add_float(n, "alpha", 1.0f / 6);
    nn_onnx_add_float(n, "beta", 0.5f);
    return nn_onnx_put2(n, "Mul", x, nn_onnx_end(n, NULL), out);
}

static const char *put_leaky_relu(const nn_onnx_item *n, const char *x, float slope,
                                  const char *out)
{
    nn_onnx_begin(n, "LeakyRelu");
    nn_onnx_add_input(n, x);
    nn_onnx_add_float(n, "alpha", slope);
    return nn_onnx_end(n, out);
}

const char *nn_onnx_put_clip(const nn_onnx_item *n, const char *x, float low, float high,
                             const char *out)
{
    const char *min = nn_onnx_put_scalar(n, low), *max = nn_onnx_put_scalar(n, high);
    nn_onnx_begin(n, "Clip");
    nn_onnx_add_input(n, x);
    nn_onnx_add_input(n, isinf(low) ? "" : min);
    nn_onnx_add_input(n, isinf(high) ? "" : max);
    return nn_onnx_end(n, out);
}

const char *nn_onnx_put_act(const nn_onnx_item *n, const char *x, nn_act act, const char *out)
{
    switch (act) {
    case NN_ACT_SILU:
        return nn_onnx_put2(n, "Mul", x, nn_onnx_put1(n, "Sigmoid", x, NULL), out);
    case NN_ACT_MISH:
        return put_mish(n, x, out);
    case NN_ACT_GELU:
        return put_gelu(n, x, out);
    case NN_ACT_HARD_SWISH:
        return put_hard_swish(n, x, out);
    case NN_ACT_RELU6:
        return nn_onnx_put_clip(n, x, 0, 6, out);
    default:
        break;
    }
    if (nn_act_slope(act) > 0)
        return put_leaky_relu(n, x, nn_act_slope(act), out);
    const char *op = nn_act_node_of(act)->onnx;
    if (op)
        return nn_onnx_put1(n, op, x, out);
    nn_onnx_refuse(n, "'%.80s' has the activation %s", n->name, nn_act_names[act]);
    return x;
}

void nn_onnx_end_last(const nn_onnx_item *n, int32_t act)
{
    if (act == NN_ACT_NONE)
        nn_onnx_end(n, n->out->name);
    else
        nn_onnx_put_act(n, nn_onnx_end(n, NULL), (nn_act)act, n->out->name);
}

void nn_onnx_put_same(const nn_onnx_item *n)
{
    n->writer->same = true;
}

void nn_onnx_use_second_output(const nn_onnx_item *n)
{
    nn_onnx_writer *w = n->writer;
    char **names = nn_onnx_writer_alloc(w, 2 * sizeof *names);
    if (!names || w->node_count == 0)
        return;
    Onnx__NodeProto *node = w->nodes[w->node_count - 1];
    names[0] = (char *)nn_onnx_writer_new_name(w, n->name);
    names[1] = node->output[0];
    node->output = names;
    node->n_output = 2;
}

void nn_onnx_need_opset(const nn_onnx_item *n, int opset)
{
    n->writer->opset = opset > n->writer->opset ? opset : n->writer->opset;
}
