// SPDX-License-Identifier: MIT
// ONNX: convolutions of volumes N x C x D x H x W, as sums of convolutions of images.
#include "nn/io/onnx/import/kernel_attributes.h"

// Steps of a kernel along the depth; each becomes nodes of its own.
enum { MAX_DEPTH = 64 };

static const int SWAP[] = {0, 2, 1, 3, 4}; // channels and depth

static bool is_deep(nn_onnx_node *n, const nn_onnx_kernel *w)
{
    if (w->kernel[NN_ONNX_Z] > MAX_DEPTH)
        nn_onnx_fail(n, NN_EUNSUPPORTED, "a kernel %d deep, supported are %d", w->kernel[NN_ONNX_Z],
                     MAX_DEPTH);
    return nn_onnx_failed(n);
}

// Weights of one step along the depth.
static const nn_onnx_value *pick_weight(nn_onnx_node *n, const nn_onnx_value *weight, int step)
{
    const int64_t *d = weight->shape.dim;
    const nn_shape shape = nn_shape_4d(d[0], d[1], d[3], d[4]);
    return nn_onnx_reshape(n, nn_onnx_slice(n, weight, 2, step, step + 1, 1), &shape);
}

// N D x C x H x W as N x D x C x H x W.
static const nn_onnx_value *split_batch(nn_onnx_node *n, const nn_onnx_value *x, int64_t batch)
{
    if (!x)
        return NULL;
    const int64_t *d = x->shape.dim;
    const nn_shape shape = nn_shape_make(5, (int64_t[]){batch, d[0] / batch, d[1], d[2], d[3]});
    return nn_onnx_reshape(n, x, &shape);
}

// N x D x C x H x W as N D x C x H x W.
static const nn_onnx_value *join_batch(nn_onnx_node *n, const nn_onnx_value *x)
{
    if (!x)
        return NULL;
    const int64_t *d = x->shape.dim;
    const nn_shape shape = nn_shape_4d(d[0] * d[1], d[2], d[3], d[4]);
    return nn_onnx_reshape(n, x, &shape);
}

const nn_onnx_value *nn_onnx_conv_volume(nn_onnx_node *n, const nn_onnx_value *x,
                                         const nn_onnx_value *weight, const nn_onnx_value *bias,
                                         const nn_onnx_kernel *w, int32_t groups)
{
    const int64_t batch = x->shape.dim[0], dilation = w->dilation[NN_ONNX_Z];
    const int64_t stride = w->stride[NN_ONNX_Z];
    const int64_t room = x->shape.dim[2] + w->begin[NN_ONNX_Z] + w->end[NN_ONNX_Z] -
                         dilation * (w->kernel[NN_ONNX_Z] - 1) - 1;
    const nn_onnx_value *sum = NULL, *deep = nn_onnx_transpose(n, x, SWAP);
    const nn_conv2d_params p = {
        .stride = {w->stride[NN_ONNX_Y], w->stride[NN_ONNX_X]},
        .dilation = {w->dilation[NN_ONNX_Y], w->dilation[NN_ONNX_X]},
        .pad = {w->begin[NN_ONNX_Y], w->begin[NN_ONNX_X], w->end[NN_ONNX_Y], w->end[NN_ONNX_X]},
        .groups = groups};
    if (is_deep(n, w))
        return NULL;
    if (room < 0 || batch < 1)
        return nn_onnx_fail(n, NN_ESHAPE, "the depth %lld is smaller than the kernel",
                            (long long)x->shape.dim[2]);
    deep = nn_onnx_pad_axis(n, deep, 1, w->begin[NN_ONNX_Z], w->end[NN_ONNX_Z], 0);
    for (int k = 0; k < w->kernel[NN_ONNX_Z]; k++) {
        const int64_t first = k * dilation;
        const nn_onnx_value *part =
            nn_onnx_slice(n, deep, 1, first, first + room / stride * stride + 1, stride);
        const nn_onnx_value *in[] = {join_batch(n, part), pick_weight(n, weight, k),
                                     k == 0 ? bias : NULL};
        const nn_onnx_value *y = nn_onnx_emit(n, &nn_op_conv2d, &p, in, 3);
        sum = sum ? nn_onnx_binary(n, &nn_op_add, sum, y) : y;
    }
    sum = split_batch(n, sum, batch);
    return sum ? nn_onnx_transpose(n, sum, SWAP) : NULL;
}

// Inserts `stride` - 1 empty images behind each image of N x D x ...
static const nn_onnx_value *spread(nn_onnx_node *n, const nn_onnx_value *x, int32_t stride)
{
    if (!x || stride == 1)
        return x;
    nn_shape apart = {6, {0}}, flat = x->shape;
    for (int i = 0; i < 6; i++)
        apart.dim[i] = i < 2 ? x->shape.dim[i] : i == 2 ? 1 : x->shape.dim[i - 1];
    flat.dim[1] *= stride;
    x = nn_onnx_pad_axis(n, nn_onnx_reshape(n, x, &apart), 2, 0, stride - 1, 0);
    return nn_onnx_reshape(n, x, &flat);
}

// Every step of the kernel puts its images at another depth; they are added.
const nn_onnx_value *
nn_onnx_conv_transpose_volume(nn_onnx_node *n, const nn_onnx_value *x, const nn_onnx_value *weight,
                              const nn_onnx_value *bias, const nn_onnx_kernel *w,
                              const int32_t output_pad[NN_ONNX_AXES], int32_t groups)
{
    const int64_t batch = x->shape.dim[0], dilation = w->dilation[NN_ONNX_Z];
    const int32_t stride = w->stride[NN_ONNX_Z];
    const int64_t apart = x->shape.dim[2] * stride;
    const int64_t depth = apart - stride + dilation * (w->kernel[NN_ONNX_Z] - 1) + 1 +
                          output_pad[NN_ONNX_Z] - w->begin[NN_ONNX_Z] - w->end[NN_ONNX_Z];
    const nn_conv_transpose_params p = {
        .stride = {w->stride[NN_ONNX_Y], w->stride[NN_ONNX_X]},
        .dilation = {w->dilation[NN_ONNX_Y], w->dilation[NN_ONNX_X]},
        .output_pad = {output_pad[NN_ONNX_Y], output_pad[NN_ONNX_X]},
        .pad = {w->begin[NN_ONNX_Y], w->begin[NN_ONNX_X], w->end[NN_ONNX_Y], w->end[NN_ONNX_X]},
        .groups = groups};
    const nn_onnx_value *sum = NULL, *images = join_batch(n, nn_onnx_transpose(n, x, SWAP));
    if (is_deep(n, w))
        return NULL;
    if (depth < 1 || depth > INT32_MAX / 2 || batch < 1)
        return nn_onnx_fail(n, NN_ESHAPE, "a depth of %lld is not supported", (long long)depth);
    for (int k = 0; k < w->kernel[NN_ONNX_Z]; k++) {
        const int32_t first = (int32_t)(k * dilation) - w->begin[NN_ONNX_Z];
        const nn_onnx_value *in[] = {images, pick_weight(n, weight, k)};
        const nn_onnx_value *y = nn_onnx_emit(n, &nn_op_conv_transpose, &p, in, 2);
        y = spread(n, split_batch(n, y, batch), stride);
        y = nn_onnx_pad_axis(n, y, 1, first, (int32_t)(depth - apart) - first, 0);
        sum = sum ? nn_onnx_binary(n, &nn_op_add, sum, y) : y;
    }
    if (!sum)
        return NULL;
    sum = nn_onnx_transpose(n, sum, SWAP);
    if (!bias)
        return sum;
    const nn_shape shape = nn_shape_make(4, (int64_t[]){nn_shape_count(&bias->shape), 1, 1, 1});
    return nn_onnx_binary(n, &nn_op_add, sum, nn_onnx_reshape(n, bias, &shape));
}
