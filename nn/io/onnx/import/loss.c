// SPDX-License-Identifier: MIT
// ONNX: NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss.
#include "nn/io/onnx/import/compose.h"

// Of each place 1, or the weight of its class, and 0 where the class is the one to be ignored. NULL
// when all count alike.
static const nn_onnx_value *find_weights(nn_onnx_node *n, const nn_onnx_value *target)
{
    const nn_onnx_value *weight = n->n_in > 2 ? n->in[2] : NULL;
    const int64_t ignored = nn_onnx_int(n, "ignore_index", INT64_MIN);
    const nn_onnx_value *w = weight ? nn_onnx_gather(n, weight, target, 0) : NULL;
    if (ignored == INT64_MIN || nn_onnx_failed(n))
        return w;
    const nn_onnx_value *counts =
        nn_onnx_arithmetic(n, NN_ARITHMETIC_EQUAL, target, nn_onnx_scalar(n, (float)ignored));
    counts = nn_onnx_pointwise(n, NN_POINTWISE_NOT, counts, 0, 0);
    return w ? nn_onnx_arithmetic(n, NN_ARITHMETIC_KEEP, w, counts) : counts;
}

static const nn_onnx_value *find_loss(nn_onnx_node *n, const nn_onnx_value *logs)
{
    const nn_onnx_value *target = n->in[1];
    if (!logs || nn_onnx_failed(n))
        return NULL;
    const unsigned all = (1u << target->shape.rank) - 1;
    const nn_onnx_value *at = nn_onnx_add_axis(n, target, 1);
    const nn_onnx_value *loss = nn_onnx_drop_axis(n, nn_onnx_gather_elements(n, logs, at, 1), 1);
    loss = nn_onnx_pointwise(n, NN_POINTWISE_NEG, loss, 0, 0);
    const nn_onnx_value *w = find_weights(n, target);
    if (w) {
        loss = nn_onnx_binary(n, &nn_op_mul, loss, w);
        loss = nn_onnx_arithmetic(n, NN_ARITHMETIC_KEEP, loss, w);
    }
    if (nn_onnx_is(n, "reduction", "none", false))
        return loss;
    if (nn_onnx_is(n, "reduction", "sum", false))
        return nn_onnx_reduce(n, NN_REDUCE_SUM, loss, all, false);
    if (!w)
        return nn_onnx_reduce(n, NN_REDUCE_MEAN, loss, all, false);
    return nn_onnx_arithmetic(n, NN_ARITHMETIC_DIV,
                              nn_onnx_reduce(n, NN_REDUCE_SUM, loss, all, false),
                              nn_onnx_reduce(n, NN_REDUCE_SUM, w, all, false));
}

static bool are_classes(nn_onnx_node *n)
{
    const nn_shape *x = &n->in[0]->shape, *t = &n->in[1]->shape;
    bool fit = x->rank >= 2 && t->rank == x->rank - 1;
    for (int i = 0; fit && i < t->rank; i++)
        fit = t->dim[i] == x->dim[i + (i > 0)];
    if (!fit)
        nn_onnx_fail(n, NN_ESHAPE, "the classes do not suit the scores");
    return fit;
}

static void build_nll(nn_onnx_node *n)
{
    if (are_classes(n))
        nn_onnx_output(n, 0, find_loss(n, n->in[0]));
}

static void build_cross_entropy(nn_onnx_node *n)
{
    if (!are_classes(n))
        return;
    const nn_onnx_value *logs = nn_onnx_log_softmax(n, n->in[0], 1);
    nn_onnx_output(n, 0, find_loss(n, logs));
    nn_onnx_output(n, 1, logs);
}

const nn_onnx_op nn_onnx_loss[] = {
    {"NegativeLogLikelihoodLoss", 2, 3, 1, build_nll, 0},
    {"SoftmaxCrossEntropyLoss", 2, 3, 2, build_cross_entropy, 0},
    {0},
};
