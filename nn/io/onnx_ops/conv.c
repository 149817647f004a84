// SPDX-License-Identifier: MIT
// ONNX: Conv, ConvTranspose, and the windows that pools share with them.
#include "nn/io/onnx_ops/window.h"

static bool is_image(const nn_onnx_value *x)
{
    return x && x->shape.rank == 4;
}

// A row of N x C x W as an image of one line; images stay.
const nn_onnx_value *nn_onnx_as_image(nn_onnx_node *n, const nn_onnx_value *x)
{
    if (!x || is_image(x))
        return x;
    if (x->shape.rank != 3)
        return nn_onnx_fail(n, NN_EUNSUPPORTED, "%d spatial dims, supported are 1 and 2",
                            x->shape.rank - 2);
    nn_shape shape = nn_shape_4d(x->shape.dim[0], x->shape.dim[1], 1, x->shape.dim[2]);
    return nn_onnx_reshape(n, x, &shape);
}

const nn_onnx_value *nn_onnx_as_before(nn_onnx_node *n, const nn_onnx_value *y,
                                       const nn_onnx_value *x)
{
    if (!y || is_image(x))
        return y;
    nn_shape shape =
        nn_shape_make(3, (int64_t[]){y->shape.dim[0], y->shape.dim[1], y->shape.dim[3]});
    return nn_onnx_reshape(n, y, &shape);
}

// One number per spatial dim, for y and x; a missing y is `filling`.
static void read_pair(nn_onnx_node *n, const char *name, int dims, int32_t filling, int32_t out[2])
{
    int64_t v[2] = {1, 1};
    int count = nn_onnx_ints(n, name, v, 2);
    out[0] = out[1] = filling;
    if (count >= 0 && count != dims) {
        nn_onnx_fail(n, NN_EFORMAT, "%s has %d numbers for %d dims", name, count, dims);
        return;
    }
    for (int i = 0; i < count; i++) {
        if (v[i] < 0 || v[i] > 1 << 20)
            nn_onnx_fail(n, NN_EUNSUPPORTED, "%s is %lld", name, (long long)v[i]);
        else
            out[2 - count + i] = (int32_t)v[i];
    }
}

static void read_pads(nn_onnx_node *n, int dims, nn_onnx_window *w)
{
    int64_t v[4] = {0};
    int count = nn_onnx_ints(n, "pads", v, 4);
    if (count >= 0 && count != 2 * dims) {
        nn_onnx_fail(n, NN_EFORMAT, "pads has %d numbers for %d dims", count, dims);
        return;
    }
    for (int i = 0; i < count; i++) {
        if (v[i] < 0 || v[i] > 1 << 20)
            nn_onnx_fail(n, NN_EUNSUPPORTED, "a padding of %lld", (long long)v[i]);
        else
            w->pad[i / dims * 2 + 2 - dims + i % dims] = (int32_t)v[i];
    }
}

nn_onnx_window nn_onnx_read_window(nn_onnx_node *n, int rank, const int64_t *kernel)
{
    nn_onnx_window w = {.kernel = {1, 1}};
    const int dims = rank - 2;
    if (dims < 1 || dims > 2) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "%d spatial dims, supported are 1 and 2", dims);
        return w;
    }
    read_pair(n, "kernel_shape", dims, 1, w.kernel);
    for (int i = 0; kernel && i < 2; i++)
        w.kernel[i] = (int32_t)kernel[i];
    read_pair(n, "strides", dims, 1, w.stride);
    read_pair(n, "dilations", dims, 1, w.dilation);
    w.same_upper = nn_onnx_is(n, "auto_pad", "SAME_UPPER", false);
    w.same = w.same_upper || nn_onnx_is(n, "auto_pad", "SAME_LOWER", false);
    if (!w.same && !nn_onnx_is(n, "auto_pad", "VALID", false))
        read_pads(n, dims, &w);
    for (int i = 0; i < 2 && !nn_onnx_failed(n); i++)
        if (w.stride[i] < 1 || w.dilation[i] < 1 || w.kernel[i] < 1)
            nn_onnx_fail(n, NN_EFORMAT, "kernel, strides or dilations are not positive");
    return w;
}

// Padding that makes the output ceil(size / stride); the odd one goes below or above.
void nn_onnx_pad_same(nn_onnx_window *w, const nn_shape *image)
{
    for (int i = 0; w->same && i < 2; i++) {
        const int64_t size = image->dim[2 + i], out = (size + w->stride[i] - 1) / w->stride[i];
        const int64_t need =
            (out - 1) * w->stride[i] + (int64_t)w->dilation[i] * (w->kernel[i] - 1) + 1 - size;
        const int32_t total = need > 0 && need < 1 << 20 ? (int32_t)need : 0;
        w->pad[i] = w->same_upper ? total / 2 : total - total / 2;
        w->pad[2 + i] = total - w->pad[i];
    }
}

static void build_conv(nn_onnx_node *n)
{
    const nn_onnx_value *x = nn_onnx_as_image(n, n->in[0]), *weight = nn_onnx_as_image(n, n->in[1]);
    if (!x || !weight)
        return;
    nn_onnx_window w = nn_onnx_read_window(n, n->in[0]->shape.rank, &weight->shape.dim[2]);
    nn_onnx_pad_same(&w, &x->shape);
    nn_conv2d_params p = {.stride = {w.stride[0], w.stride[1]},
                          .dilation = {w.dilation[0], w.dilation[1]},
                          .pad = {w.pad[0], w.pad[1], w.pad[2], w.pad[3]},
                          .groups = (int32_t)nn_onnx_int(n, "group", 1)};
    const nn_onnx_value *in[] = {x, weight, n->n_in > 2 ? n->in[2] : NULL};
    nn_onnx_output(n, 0, nn_onnx_as_before(n, nn_onnx_emit(n, &nn_op_conv2d, &p, in, 3), n->in[0]));
}

// Padding from a wanted output shape, or for "same" stride times the input.
static void fit_output(nn_onnx_node *n, nn_onnx_window *w, int32_t output_pad[2], const nn_shape *x,
                       int dims)
{
    int64_t wanted[2];
    int count = nn_onnx_ints(n, "output_shape", wanted, 2);
    if (count < 0 && !w->same)
        return;
    for (int i = 2 - dims; i < 2; i++) {
        int64_t size = count < 0       ? x->dim[2 + i] * w->stride[i]
                       : count == dims ? wanted[i - (2 - dims)]
                                       : 0;
        int64_t total = (x->dim[2 + i] - 1) * w->stride[i] + output_pad[i] +
                        (int64_t)w->dilation[i] * (w->kernel[i] - 1) + 1 - size;
        if (total < 0 && total > -(1 << 20)) {
            output_pad[i] += (int32_t)-total;
            total = 0;
        }
        if (size < 1 || total < 0 || total > 1 << 20) {
            nn_onnx_fail(n, NN_EUNSUPPORTED, "no padding gives the output shape");
            return;
        }
        w->pad[2 + i] = (int32_t)(w->same_upper ? total - total / 2 : total / 2);
        w->pad[i] = (int32_t)total - w->pad[2 + i];
    }
}

static void build_conv_transpose(nn_onnx_node *n)
{
    const nn_onnx_value *x = nn_onnx_as_image(n, n->in[0]), *weight = nn_onnx_as_image(n, n->in[1]);
    if (!x || !weight)
        return;
    const int dims = n->in[0]->shape.rank - 2;
    nn_onnx_window w = nn_onnx_read_window(n, n->in[0]->shape.rank, &weight->shape.dim[2]);
    int32_t output_pad[2];
    read_pair(n, "output_padding", dims, 0, output_pad);
    fit_output(n, &w, output_pad, &x->shape, dims);
    nn_conv_transpose_params p = {.stride = {w.stride[0], w.stride[1]},
                                  .dilation = {w.dilation[0], w.dilation[1]},
                                  .output_pad = {output_pad[0], output_pad[1]},
                                  .pad = {w.pad[0], w.pad[1], w.pad[2], w.pad[3]},
                                  .groups = (int32_t)nn_onnx_int(n, "group", 1)};
    const nn_onnx_value *in[] = {x, weight, n->n_in > 2 ? n->in[2] : NULL};
    nn_onnx_output(
        n, 0, nn_onnx_as_before(n, nn_onnx_emit(n, &nn_op_conv_transpose, &p, in, 3), n->in[0]));
}

const nn_onnx_op nn_onnx_conv[] = {
    {"Conv", 2, 3, 1, build_conv, 0},
    {"ConvTranspose", 2, 3, 1, build_conv_transpose, 0},
    {0},
};
