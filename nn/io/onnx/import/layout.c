// SPDX-License-Identifier: MIT
// ONNX: operators that change dimensions: Reshape, Flatten, Transpose, DepthToSpace, ...
#include "nn/io/onnx/onnx_import.h"

static void build_reshape(nn_onnx_node *n)
{
    int64_t dim[NN_MAX_RANK];
    const nn_shape *x = &n->in[0]->shape;
    const bool zero_copies = nn_onnx_int(n, "allowzero", 0) == 0;
    int count = nn_onnx_ints_of(n, 1, "shape", dim, NN_MAX_RANK), open = -1;
    int64_t known = 1;
    if (count < 0)
        nn_onnx_fail(n, NN_EFORMAT, "no shape");
    for (int i = 0; i < count; i++) {
        if (dim[i] == 0 && zero_copies)
            dim[i] = i < x->rank ? x->dim[i] : 0;
        if (dim[i] == -1 && open < 0)
            open = i;
        else if (dim[i] < 0 || dim[i] > INT32_MAX || __builtin_mul_overflow(known, dim[i], &known))
            nn_onnx_fail(n, NN_EUNSUPPORTED, "dim %d is %lld, which is not supported", i,
                         (long long)dim[i]);
    }
    if (nn_onnx_failed(n))
        return;
    if (open >= 0)
        dim[open] = known > 0 ? nn_shape_count(x) / known : 0;
    const nn_shape shape = nn_shape_make(count, dim);
    nn_onnx_output(n, 0, nn_onnx_reshape(n, n->in[0], &shape));
}

static void build_flatten(nn_onnx_node *n)
{
    const nn_shape *x = &n->in[0]->shape;
    int64_t axis = nn_onnx_int(n, "axis", 1);
    axis += axis < 0 ? x->rank : 0;
    if (axis < 0 || axis > x->rank) {
        nn_onnx_fail(n, NN_ESHAPE, "no axis %lld among %d", (long long)axis, x->rank);
        return;
    }
    const nn_shape shape =
        nn_shape_2d(nn_shape_span(x, 0, (int)axis), nn_shape_span(x, (int)axis, x->rank));
    nn_onnx_output(n, 0, nn_onnx_reshape(n, n->in[0], &shape));
}

static void build_squeeze(nn_onnx_node *n)
{
    int64_t axes[NN_MAX_RANK];
    const nn_shape *x = &n->in[0]->shape;
    int count = nn_onnx_ints_of(n, 1, "axes", axes, NN_MAX_RANK);
    unsigned ones = 0;
    for (int i = 0; i < x->rank; i++)
        ones |= x->dim[i] == 1 ? 1u << i : 0;
    unsigned gone = nn_onnx_axes(n, axes, count, x->rank, ones);
    if (gone & ~ones)
        nn_onnx_fail(n, NN_ESHAPE, "a dim that is not 1 cannot be squeezed");
    nn_shape shape = {0};
    for (int i = 0; i < x->rank; i++)
        if (!(gone >> i & 1))
            shape.dim[shape.rank++] = x->dim[i];
    nn_onnx_output(n, 0, nn_onnx_reshape(n, n->in[0], &shape));
}

static void build_unsqueeze(nn_onnx_node *n)
{
    int64_t axes[NN_MAX_RANK];
    const nn_shape *x = &n->in[0]->shape;
    int count = nn_onnx_ints_of(n, 1, "axes", axes, NN_MAX_RANK);
    if (count < 1 || x->rank + count > NN_MAX_RANK) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "%d new axes beside %d", count, x->rank);
        return;
    }
    nn_shape shape = {.rank = x->rank + count};
    unsigned ones = nn_onnx_axes(n, axes, count, shape.rank, 0);
    int from = 0;
    for (int i = 0; i < shape.rank; i++)
        shape.dim[i] = ones >> i & 1 ? 1 : from < x->rank ? x->dim[from++] : 1;
    if (from != x->rank)
        nn_onnx_fail(n, NN_EFORMAT, "an axis is given twice");
    nn_onnx_output(n, 0, nn_onnx_reshape(n, n->in[0], &shape));
}

static void build_transpose(nn_onnx_node *n)
{
    const nn_shape *x = &n->in[0]->shape;
    int64_t axes[NN_MAX_RANK];
    int perm[NN_MAX_RANK], count = nn_onnx_ints(n, "perm", axes, NN_MAX_RANK);
    if (count >= 0 && count != x->rank)
        nn_onnx_fail(n, NN_ESHAPE, "a permutation of %d axes for %d", count, x->rank);
    for (int i = 0; i < x->rank; i++)
        perm[i] = count < 0 ? x->rank - 1 - i : nn_onnx_axis(n, axes[i], x->rank);
    nn_onnx_output(n, 0, nn_onnx_transpose(n, n->in[0], perm));
}

// Reshape to `split`, reorder, reshape to `shape`.
static void shuffle(nn_onnx_node *n, nn_shape split, const int *perm, nn_shape shape)
{
    const nn_onnx_value *v = nn_onnx_reshape(n, n->in[0], &split);
    nn_onnx_output(n, 0, nn_onnx_reshape(n, nn_onnx_transpose(n, v, perm), &shape));
}

static bool read_block(nn_onnx_node *n, int64_t *block)
{
    *block = nn_onnx_int(n, "blocksize", 0);
    if (n->in[0]->shape.rank == 4 && *block > 0 && *block < 1 << 15)
        return true;
    nn_onnx_fail(n, NN_EUNSUPPORTED, "blocksize %lld for an input with %d axes is not supported",
                 (long long)*block, n->in[0]->shape.rank);
    return false;
}

static void build_depth_to_space(nn_onnx_node *n)
{
    static const int dcr[] = {0, 3, 4, 1, 5, 2};
    const int64_t *d = n->in[0]->shape.dim;
    int64_t b;
    if (!read_block(n, &b))
        return;
    const int64_t c = d[1] / (b * b);
    if (nn_onnx_is(n, "mode", "CRD", false)) {
        const nn_pixel_shuffle_params p = {(int32_t)b};
        nn_onnx_output(n, 0, nn_onnx_emit(n, &nn_op_pixel_shuffle, &p, n->in, 1));
        return;
    }
    nn_shape split = nn_shape_make(6, (int64_t[]){d[0], b, b, c, d[2], d[3]});
    shuffle(n, split, dcr, nn_shape_4d(d[0], c, d[2] * b, d[3] * b));
}

static void build_space_to_depth(nn_onnx_node *n)
{
    static const int perm[] = {0, 3, 5, 1, 2, 4};
    const int64_t *d = n->in[0]->shape.dim;
    int64_t b;
    if (!read_block(n, &b))
        return;
    nn_shape split = nn_shape_make(6, (int64_t[]){d[0], d[1], d[2] / b, b, d[3] / b, b});
    shuffle(n, split, perm, nn_shape_4d(d[0], d[1] * b * b, d[2] / b, d[3] / b));
}

const nn_onnx_op nn_onnx_layout[] = {
    {"Reshape", 1, 2, 1, build_reshape, 0},
    {"Flatten", 1, 1, 1, build_flatten, 0},
    {"Squeeze", 1, 2, 1, build_squeeze, 0},
    {"Unsqueeze", 1, 2, 1, build_unsqueeze, 0},
    {"Transpose", 1, 1, 1, build_transpose, 0},
    {"DepthToSpace", 1, 1, 1, build_depth_to_space, 0},
    {"SpaceToDepth", 1, 1, 1, build_space_to_depth, 0},
    {0},
};
