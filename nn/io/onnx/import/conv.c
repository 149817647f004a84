// SPDX-License-Identifier: MIT
// ONNX: Conv and ConvTranspose over one to three spatial dims.
#include "nn/io/onnx/import/kernel_attributes.h"

// Groups as far as the number itself goes; the operator checks them against the channels.
static int32_t read_groups(nn_onnx_node *n)
{
    const int64_t groups = nn_onnx_int(n, "group", 1);
    if (groups < 1 || groups > INT32_MAX)
        nn_onnx_fail(n, NN_EFORMAT, "group is %lld, which is out of range", (long long)groups);
    return (int32_t)groups;
}

static bool ranks_differ(nn_onnx_node *n, const nn_onnx_value *x, const nn_onnx_value *weight)
{
    if (x && weight && x->shape.rank != weight->shape.rank)
        nn_onnx_fail(n, NN_ESHAPE, "data with %d axes and a weight with %d are not supported",
                     n->in[0]->shape.rank, n->in[1]->shape.rank);
    return nn_onnx_failed(n);
}

const nn_onnx_value *nn_onnx_put_conv(nn_onnx_node *n)
{
    const nn_onnx_value *x = nn_onnx_as_image(n, n->in[0]), *weight = nn_onnx_as_image(n, n->in[1]);
    const nn_onnx_value *bias = n->n_in > 2 ? n->in[2] : NULL;
    if (ranks_differ(n, x, weight))
        return NULL;
    nn_onnx_kernel w = nn_onnx_read_kernel(n, n->in[0]->shape.rank, &weight->shape);
    const int32_t groups = read_groups(n);
    nn_onnx_pad_same(&w, &x->shape);
    if (x->shape.rank == 5)
        return nn_onnx_conv_volume(n, x, weight, bias, &w, groups);
    nn_conv2d_params p = {
        .stride = {w.stride[NN_ONNX_Y], w.stride[NN_ONNX_X]},
        .dilation = {w.dilation[NN_ONNX_Y], w.dilation[NN_ONNX_X]},
        .pad = {w.begin[NN_ONNX_Y], w.begin[NN_ONNX_X], w.end[NN_ONNX_Y], w.end[NN_ONNX_X]},
        .groups = groups};
    const nn_onnx_value *in[] = {x, weight, bias};
    return nn_onnx_as_before(n, nn_onnx_emit(n, &nn_op_conv2d, &p, in, 3), n->in[0]);
}

static void build_conv(nn_onnx_node *n)
{
    nn_onnx_output(n, 0, nn_onnx_put_conv(n));
}

// Padding from a wanted output shape, or for "same" stride times the input.
static void fit_output(nn_onnx_node *n, nn_onnx_kernel *w, int32_t output_pad[NN_ONNX_AXES],
                       const nn_shape *x, int dims)
{
    int64_t wanted[NN_ONNX_AXES];
    int count = nn_onnx_ints(n, "output_shape", wanted, NN_ONNX_AXES);
    if (count < 0 && !w->same)
        return;
    for (int i = NN_ONNX_AXES - dims; i < NN_ONNX_AXES; i++) {
        const int64_t in = x->dim[x->rank - NN_ONNX_AXES + i];
        const int64_t size = count < 0       ? in * w->stride[i]
                             : count == dims ? wanted[i - (NN_ONNX_AXES - dims)]
                                             : 0;
        int64_t total = (in - 1) * w->stride[i] + output_pad[i] +
                        (int64_t)w->dilation[i] * (w->kernel[i] - 1) + 1 - size;
        if (total < 0 && total > -(1 << 20)) {
            output_pad[i] += (int32_t)-total;
            total = 0;
        }
        if (size < 1 || total < 0 || total > 1 << 20) {
            nn_onnx_fail(n, NN_EUNSUPPORTED, "no padding gives output_shape");
            return;
        }
        w->end[i] = (int32_t)(w->same_upper ? total - total / 2 : total / 2);
        w->begin[i] = (int32_t)total - w->end[i];
    }
}

static void build_conv_transpose(nn_onnx_node *n)
{
    const nn_onnx_value *x = nn_onnx_as_image(n, n->in[0]), *weight = nn_onnx_as_image(n, n->in[1]);
    const nn_onnx_value *bias = n->n_in > 2 ? n->in[2] : NULL;
    if (ranks_differ(n, x, weight))
        return;
    const int dims = n->in[0]->shape.rank - 2;
    nn_onnx_kernel w = nn_onnx_read_kernel(n, n->in[0]->shape.rank, &weight->shape);
    int32_t out_pad[NN_ONNX_AXES];
    nn_onnx_read_axes(n, "output_padding", dims, 0, out_pad);
    const int32_t groups = read_groups(n);
    fit_output(n, &w, out_pad, &x->shape, dims);
    if (nn_onnx_failed(n))
        return;
    if (x->shape.rank == 5) {
        nn_onnx_output(n, 0,
                       nn_onnx_conv_transpose_volume(n, x, weight, bias, &w, out_pad, groups));
        return;
    }
    nn_conv_transpose_params p = {
        .stride = {w.stride[NN_ONNX_Y], w.stride[NN_ONNX_X]},
        .dilation = {w.dilation[NN_ONNX_Y], w.dilation[NN_ONNX_X]},
        .output_pad = {out_pad[NN_ONNX_Y], out_pad[NN_ONNX_X]},
        .pad = {w.begin[NN_ONNX_Y], w.begin[NN_ONNX_X], w.end[NN_ONNX_Y], w.end[NN_ONNX_X]},
        .groups = groups};
    const nn_onnx_value *in[] = {x, weight, bias};
    nn_onnx_output(
        n, 0, nn_onnx_as_before(n, nn_onnx_emit(n, &nn_op_conv_transpose, &p, in, 3), n->in[0]));
}

const nn_onnx_op nn_onnx_conv[] = {
    {"Conv", 2, 3, 1, build_conv, 0},
    {"ConvTranspose", 2, 3, 1, build_conv_transpose, 0},
    {0},
};
