// SPDX-License-Identifier: MIT
// ONNX: the attributes that convolutions and pools share.
#include "nn/io/onnx/import/kernel_attributes.h"

const nn_onnx_value *nn_onnx_as_image(nn_onnx_node *n, const nn_onnx_value *x)
{
    if (!x || x->shape.rank == 4 || x->shape.rank == 5)
        return x;
    if (x->shape.rank != 3)
        return nn_onnx_fail(n, NN_EUNSUPPORTED, "%d spatial dims, supported are 1 to 3",
                            x->shape.rank - 2);
    nn_shape shape = nn_shape_4d(x->shape.dim[0], x->shape.dim[1], 1, x->shape.dim[2]);
    return nn_onnx_reshape(n, x, &shape);
}

const nn_onnx_value *nn_onnx_as_before(nn_onnx_node *n, const nn_onnx_value *y,
                                       const nn_onnx_value *x)
{
    if (!y || x->shape.rank != 3)
        return y;
    nn_shape shape =
        nn_shape_make(3, (int64_t[]){y->shape.dim[0], y->shape.dim[1], y->shape.dim[3]});
    return nn_onnx_reshape(n, y, &shape);
}

static bool take(nn_onnx_node *n, const char *name, int64_t v, int32_t *out)
{
    if (v < 0 || v > 1 << 20) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "%s has the value %lld, which is out of range", name,
                     (long long)v);
        return false;
    }
    *out = (int32_t)v;
    return true;
}

void nn_onnx_read_axes(nn_onnx_node *n, const char *name, int dims, int32_t filling,
                       int32_t out[NN_ONNX_AXES])
{
    int64_t v[NN_ONNX_AXES] = {0};
    int count = nn_onnx_ints(n, name, v, NN_ONNX_AXES);
    for (int i = 0; i < NN_ONNX_AXES; i++)
        out[i] = filling;
    if (count >= 0 && count != dims) {
        nn_onnx_fail(n, NN_EFORMAT, "%s has %d numbers for %d dims", name, count, dims);
        return;
    }
    for (int i = 0; i < count; i++)
        take(n, name, v[i], &out[NN_ONNX_AXES - count + i]);
}

static void read_pads(nn_onnx_node *n, int dims, nn_onnx_kernel *w)
{
    int64_t v[2 * NN_ONNX_AXES] = {0};
    int count = nn_onnx_ints(n, "pads", v, 2 * NN_ONNX_AXES);
    if (count >= 0 && count != 2 * dims) {
        nn_onnx_fail(n, NN_EFORMAT, "pads has %d numbers for %d dims", count, dims);
        return;
    }
    for (int i = 0; i < count; i++)
        take(n, "pads", v[i],
             i < dims ? &w->begin[NN_ONNX_AXES - dims + i] : &w->end[NN_ONNX_AXES - 2 * dims + i]);
}

nn_onnx_kernel nn_onnx_read_kernel(nn_onnx_node *n, int rank, const nn_shape *weight)
{
    nn_onnx_kernel w = {.kernel = {1, 1, 1}};
    const int dims = rank - 2;
    if (dims < 1 || dims > NN_ONNX_AXES) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "%d spatial dims, supported are 1 to 3", dims);
        return w;
    }
    nn_onnx_read_axes(n, "kernel_shape", dims, 1, w.kernel);
    for (int i = 0; weight && i < NN_ONNX_AXES; i++) {
        const int axis = weight->rank - NN_ONNX_AXES + i;
        if (axis >= 2)
            take(n, "the kernel", weight->dim[axis], &w.kernel[i]);
    }
    nn_onnx_read_axes(n, "strides", dims, 1, w.stride);
    nn_onnx_read_axes(n, "dilations", dims, 1, w.dilation);
    w.same_upper = nn_onnx_is(n, "auto_pad", "SAME_UPPER", false);
    w.same = w.same_upper || nn_onnx_is(n, "auto_pad", "SAME_LOWER", false);
    if (!w.same && !nn_onnx_is(n, "auto_pad", "VALID", false))
        read_pads(n, dims, &w);
    for (int i = 0; i < NN_ONNX_AXES && !nn_onnx_failed(n); i++)
        if (w.stride[i] < 1 || w.dilation[i] < 1 || w.kernel[i] < 1)
            nn_onnx_fail(n, NN_EFORMAT, "kernel, strides or dilations are not positive");
    return w;
}

// Padding that makes the output ceil(size / stride); the odd one goes below or above.
void nn_onnx_pad_same(nn_onnx_kernel *w, const nn_shape *image)
{
    for (int i = 0; w->same && i < NN_ONNX_AXES; i++) {
        const int axis = image->rank - NN_ONNX_AXES + i;
        if (axis < 2)
            continue;
        const int64_t size = image->dim[axis], out = (size + w->stride[i] - 1) / w->stride[i];
        const int64_t need =
            (out - 1) * w->stride[i] + (int64_t)w->dilation[i] * (w->kernel[i] - 1) + 1 - size;
        const int32_t total = need > 0 && need < 1 << 20 ? (int32_t)need : 0;
        w->begin[i] = w->same_upper ? total / 2 : total - total / 2;
        w->end[i] = total - w->begin[i];
    }
}

const nn_onnx_value *nn_onnx_pad_axis(nn_onnx_node *n, const nn_onnx_value *x, int axis,
                                      int32_t begin, int32_t end, float value)
{
    if (!x || (begin == 0 && end == 0))
        return x;
    nn_pad_params p = {.rank = x->shape.rank, .mode = NN_PAD_CONSTANT, .value = value};
    p.begin[axis] = begin;
    p.end[axis] = end;
    return nn_onnx_emit(n, &nn_op_pad, &p, &x, 1);
}
