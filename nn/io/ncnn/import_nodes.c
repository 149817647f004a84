// SPDX-License-Identifier: MIT
// Adds the nodes that builders of ncnn layers make to the graph.
#include "nn/io/ncnn/build.h"

#include <stdio.h>

// The shape for the other input size. Without one the graph is for this size only.
static void find_other(nn_ncnn_import *m, const nn_op *op, const void *params,
                       const nn_ncnn_value *in, int n_in, nn_ncnn_value *out)
{
    nn_shape shapes[NN_NCNN_MAX_IN];
    for (int i = 0; i < n_in; i++)
        shapes[i] = in[i].other;
    out->other = out->shape;
    if (m->bound)
        return;
    if (op->shape(params, shapes, n_in, &out->other, NULL) != NN_OK ||
        nn_shape_check(&out->other, NN_F32, NULL) != NN_OK) {
        out->other = out->shape;
        m->bound = true;
    }
}

nn_ncnn_value nn_ncnn_emit(nn_ncnn_node *n, const char *suffix, const nn_op *op, const void *params,
                           const nn_ncnn_value *in, int n_in)
{
    nn_ncnn_import *m = n->import;
    nn_ncnn_value out = {NN_FAILED_VALUE, {0}, {0}};
    nn_shape shapes[NN_NCNN_MAX_IN];
    nn_value values[NN_NCNN_MAX_IN];
    char name[256];
    nn_error err = {0};
    while (n_in > op->min_in && in[n_in - 1].shape.rank < 0)
        n_in--;
    if (nn_ncnn_failed(n))
        return nn_ncnn_none;
    if (n_in > op->max_in || n_in > NN_NCNN_MAX_IN) {
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "%d inputs are not supported", n_in);
        return nn_ncnn_none;
    }
    for (int i = 0; i < n_in; i++) {
        shapes[i] = in[i].shape;
        values[i] = in[i].value;
    }
    nn_status status = op->shape(params, shapes, n_in, &out.shape, &err);
    if (status == NN_OK)
        status = nn_shape_check(&out.shape, NN_F32, &err);
    if (status == NN_OK) {
        find_other(m, op, params, in, n_in, &out);
        snprintf(name, sizeof name, "%s%s%s", m->layer->name, suffix ? "." : "",
                 suffix ? suffix : "");
        out.value = nn_graph_node(m->graph, op, name, params, values, n_in);
        status = out.value < 0 ? nn_graph_check(m->graph, &err) : NN_OK;
    }
    if (status == NN_OK)
        return out;
    nn_ncnn_fail(n, status, "%s", err.text);
    return nn_ncnn_none;
}

nn_ncnn_value nn_ncnn_unary(nn_ncnn_node *n, const char *suffix, const nn_op *op, nn_ncnn_value x)
{
    return nn_ncnn_emit(n, suffix, op, NULL, &x, 1);
}

nn_ncnn_value nn_ncnn_binary(nn_ncnn_node *n, const char *suffix, const nn_op *op, nn_ncnn_value a,
                             nn_ncnn_value b)
{
    return nn_ncnn_emit(n, suffix, op, NULL, (const nn_ncnn_value[]){a, b}, 2);
}

nn_ncnn_value nn_ncnn_pointwise(nn_ncnn_node *n, const char *suffix, nn_pointwise kind,
                                nn_ncnn_value x, float a, float b)
{
    const nn_pointwise_params p = {(int32_t)kind, a, b};
    return nn_ncnn_emit(n, suffix, &nn_op_pointwise, &p, &x, 1);
}

nn_ncnn_value nn_ncnn_arithmetic(nn_ncnn_node *n, const char *suffix, nn_arithmetic kind,
                                 nn_ncnn_value a, nn_ncnn_value b)
{
    const nn_arithmetic_params p = {(int32_t)kind};
    return nn_ncnn_emit(n, suffix, &nn_op_arithmetic, &p, (const nn_ncnn_value[]){a, b}, 2);
}

nn_ncnn_value nn_ncnn_reduce(nn_ncnn_node *n, const char *suffix, nn_reduce kind, nn_ncnn_value x,
                             unsigned axes, bool keep_dims)
{
    const nn_reduce_params p = {(int32_t)kind, (int32_t)axes, keep_dims};
    return nn_ncnn_emit(n, suffix, &nn_op_reduce, &p, &x, 1);
}

nn_ncnn_value nn_ncnn_slice(nn_ncnn_node *n, const char *suffix, nn_ncnn_value x, int axis,
                            int64_t begin, int64_t end, int step)
{
    const nn_slice_params p = {axis, (int32_t)begin, (int32_t)(end > INT32_MAX ? INT32_MAX : end),
                               step};
    return nn_ncnn_emit(n, suffix, &nn_op_slice, &p, &x, 1);
}

nn_ncnn_value nn_ncnn_transpose(nn_ncnn_node *n, const char *suffix, nn_ncnn_value x,
                                const int *perm)
{
    nn_transpose_params p = {.rank = x.shape.rank};
    bool same = true;
    for (int i = 0; i < x.shape.rank; i++) {
        p.perm[i] = perm[i];
        same = same && perm[i] == i;
    }
    return same ? x : nn_ncnn_emit(n, suffix, &nn_op_transpose, &p, &x, 1);
}

nn_ncnn_value nn_ncnn_reshape(nn_ncnn_node *n, const char *suffix, nn_ncnn_value x, int rank,
                              const int64_t *from)
{
    nn_reshape_params p = {.rank = rank};
    bool same = rank == x.shape.rank, open = false;
    if (nn_ncnn_failed(n))
        return nn_ncnn_none;
    for (int i = 0; i < rank; i++) {
        const int axis = from[i] >= 0 ? (int)from[i] : -1;
        same = same && axis == i;
        if (axis == i) {
            p.dim[i] = 0;
        } else if (axis >= 0 && nn_ncnn_is_open(&x, axis) && !open) {
            p.dim[i] = -1; // what the other dims leave
            open = true;
        } else {
            const int64_t size = axis >= 0 ? nn_ncnn_dim(n, &x, axis) : -from[i];
            if (size < 1 || size > INT32_MAX)
                nn_ncnn_fail(n, NN_ESHAPE, "an axis of size %lld is not supported",
                             (long long)size);
            p.dim[i] = (int32_t)size;
        }
    }
    return same ? x : nn_ncnn_emit(n, suffix, &nn_op_reshape, &p, &x, 1);
}

nn_ncnn_value nn_ncnn_flatten(nn_ncnn_node *n, const char *suffix, nn_ncnn_value x)
{
    const nn_flatten_params p = {.axis = 1};
    return x.shape.rank == 2 ? x : nn_ncnn_emit(n, suffix, &nn_op_flatten, &p, &x, 1);
}

void nn_ncnn_output(nn_ncnn_node *n, int i, nn_ncnn_value v)
{
    const nn_ncnn_import *m = n->import;
    if (!nn_ncnn_failed(n) && i < m->layer->n_out)
        m->blobs[m->net->links[m->layer->out + i]] = v;
}
