// SPDX-License-Identifier: MIT
// ncnn: the fields that convolutions and pools share.
#include "nn/io/ncnn/layers/kernel_fields.h"

enum { MAX_SIDE = 1 << 20, SAME_UPPER = -233, SAME_LOWER = -234 };

void nn_ncnn_read_pair(nn_ncnn_node *n, int id, int otherwise, int smallest, int out[2])
{
    out[1] = nn_ncnn_int(n, id, otherwise);
    out[0] = nn_ncnn_int(n, id + 10, out[1]);
    for (int i = 0; i < 2; i++)
        if (out[i] < smallest || out[i] > MAX_SIDE) {
            nn_ncnn_fail(n, NN_EUNSUPPORTED, "the value %d of parameter %d is out of range", out[i],
                         id + 10 * (1 - i));
            out[i] = smallest;
        }
}

nn_ncnn_kernel nn_ncnn_read_kernel(nn_ncnn_node *n)
{
    nn_ncnn_kernel w = {0};
    int left = nn_ncnn_int(n, 4, 0);
    nn_ncnn_read_pair(n, 1, 0, 1, w.kernel);
    nn_ncnn_read_pair(n, 2, 1, 1, w.dilation);
    nn_ncnn_read_pair(n, 3, 1, 1, w.stride);
    if (left == SAME_UPPER || left == SAME_LOWER) {
        w.same = left == SAME_UPPER ? NN_NCNN_SAME_UPPER : NN_NCNN_SAME_LOWER;
        return w;
    }
    w.pad[1] = left;
    w.pad[3] = nn_ncnn_int(n, 15, left);
    w.pad[0] = nn_ncnn_int(n, 14, left);
    w.pad[2] = nn_ncnn_int(n, 16, w.pad[0]);
    for (int i = 0; i < 4; i++)
        if (w.pad[i] < 0 || w.pad[i] > MAX_SIDE)
            nn_ncnn_fail(n, NN_EUNSUPPORTED, "a padding of %d is not supported", w.pad[i]);
    return w;
}

nn_ncnn_value nn_ncnn_as_image(nn_ncnn_node *n, nn_ncnn_value x)
{
    if (nn_ncnn_dims(&x) == 3)
        return x;
    if (nn_ncnn_dims(&x) == 2)
        return nn_ncnn_reshape(n, "image", x, 4, (const int64_t[]){0, -1, 1, 2});
    nn_ncnn_fail(n, NN_EUNSUPPORTED, "its input has %d axes, an image has 3", nn_ncnn_dims(&x));
    return nn_ncnn_none;
}

// All that is padded along an axis of `size`, so that every stride-th pixel has a window.
static int64_t same_padding(const nn_ncnn_kernel *w, int i, int64_t size)
{
    const int64_t extent = (int64_t)w->dilation[i] * (w->kernel[i] - 1) + 1;
    const int64_t pad = extent + (size - 1) / w->stride[i] * w->stride[i] - size;
    return pad > 0 ? pad : 0;
}

void nn_ncnn_place_kernel(nn_ncnn_node *n, const nn_ncnn_value *x, const nn_ncnn_kernel *w,
                          int32_t pad[4])
{
    for (int i = 0; i < 4; i++)
        pad[i] = w->pad[i];
    if (w->same == NN_NCNN_PADS || nn_ncnn_failed(n))
        return;
    for (int i = 0; i < 2; i++) {
        const int64_t all = same_padding(w, i, x->shape.dim[2 + i]), half = all / 2;
        // With a stride it depends on what is left over, which is not the same for all sizes.
        if (w->stride[i] > 1 && nn_ncnn_is_open(x, 2 + i))
            nn_ncnn_bind_size(n);
        pad[i] = (int32_t)(w->same == NN_NCNN_SAME_UPPER ? half : all - half);
        pad[2 + i] = (int32_t)(all - pad[i]);
    }
}

nn_ncnn_value nn_ncnn_pad_image(nn_ncnn_node *n, const char *suffix, nn_ncnn_value x,
                                const int32_t pad[4], float value)
{
    const nn_pad_params p = {.rank = 4,
                             .begin = {0, 0, pad[0], pad[1]},
                             .end = {0, 0, pad[2], pad[3]},
                             .mode = NN_PAD_CONSTANT,
                             .value = value};
    return nn_ncnn_emit(n, suffix, &nn_op_pad, &p, &x, 1);
}

nn_ncnn_value nn_ncnn_pad_for_kernel(nn_ncnn_node *n, nn_ncnn_value x, nn_ncnn_kernel *w,
                                     float value)
{
    int32_t pad[4];
    nn_ncnn_place_kernel(n, &x, w, pad);
    w->same = NN_NCNN_PADS;
    for (int i = 0; i < 4; i++)
        w->pad[i] = 0;
    return nn_ncnn_pad_image(n, "pad", x, pad, value);
}
