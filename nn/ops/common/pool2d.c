// SPDX-License-Identifier: MIT
// Shared by max_pool and avg_pool: the shape rule and window clipping.
#include "nn/ops/common/pool2d.h"

#include "nn/ops/common/check.h"

static nn_status check_params(const char *name, const nn_pool2d_params *p, nn_error *err)
{
    for (int i = 0; i < 2; i++) {
        if (p->kernel[i] < 1 || p->stride[i] < 1 || p->kernel[i] > NN_OP_MAX_STEP ||
            p->stride[i] > NN_OP_MAX_STEP)
            return nn_fail(err, NN_EINVAL,
                           "%s: kernel %dx%d and stride %dx%d must be positive, up to %d", name,
                           p->kernel[0], p->kernel[1], p->stride[0], p->stride[1], NN_OP_MAX_STEP);
        for (int j = i; j < 4; j += 2) // wider padding would leave windows without a pixel
            if (p->pad[j] < 0 || p->pad[j] >= p->kernel[i])
                return nn_fail(err, NN_EINVAL, "%s: padding %d must be 0 .. %d for a kernel of %d",
                               name, p->pad[j], p->kernel[i] - 1, p->kernel[i]);
    }
    return NN_OK;
}

nn_status nn_pool2d_shape(const char *name, const nn_pool2d_params *p, const nn_shape *in,
                          nn_shape *out, nn_error *err)
{
    char text[80];
    nn_status status = check_params(name, p, err);
    if (status)
        return status;
    if (in->rank != 4)
        return nn_fail(err, NN_ESHAPE, "%s: x %s must be (N,C,H,W)", name,
                       nn_shape_text(in, text, sizeof text));
    *out = *in;
    for (int i = 0; i < 2; i++) {
        int64_t size = in->dim[2 + i], stride = p->stride[i];
        int64_t room = size + p->pad[i] + p->pad[2 + i] - p->kernel[i];
        if (size < 1 || room < 0)
            return nn_fail(
                err, NN_ESHAPE, "%s: %s %lld with padding %d+%d is smaller than kernel %d", name,
                i ? "width" : "height", (long long)size, p->pad[i], p->pad[2 + i], p->kernel[i]);
        int64_t count = (room + (p->ceil_mode ? stride - 1 : 0)) / stride + 1;
        if (p->ceil_mode && (count - 1) * stride >= size + p->pad[i])
            count--;
        out->dim[2 + i] = count;
    }
    return NN_OK;
}

double nn_pool2d_macs(const void *params, const nn_shape *in, int n_in, const nn_shape *out)
{
    const nn_pool2d_params *p = params;
    (void)in, (void)n_in;
    return (double)nn_shape_count(out) * p->kernel[0] * p->kernel[1];
}

int64_t nn_pool2d_clip(const nn_pool2d_params *p, int axis, int64_t at, int64_t size,
                       int64_t *begin, int64_t *end)
{
    int64_t from = at * p->stride[axis] - p->pad[axis], to = from + p->kernel[axis];
    int64_t limit = size + p->pad[2 + axis];
    int64_t length = (to < limit ? to : limit) - from;
    *begin = from > 0 ? from : 0;
    *end = to < size ? to : size;
    return length;
}

int64_t nn_pool2d_reach(const nn_pool2d_params *p, int kx, int64_t in_w, int64_t out_w,
                        int64_t *begin, int64_t *end)
{
    int64_t stride = p->stride[1], offset = kx - p->pad[1], last = in_w - 1 - offset;
    *begin = offset < 0 ? (-offset + stride - 1) / stride : 0;
    *end = last < 0 ? 0 : last / stride + 1;
    if (*end > out_w)
        *end = out_w;
    return offset;
}

const nn_field nn_pool2d_fields[] = {
    {"kernel", NN_FIELD_INT, offsetof(nn_pool2d_params, kernel), 2, NULL},
    {"stride", NN_FIELD_INT, offsetof(nn_pool2d_params, stride), 2, NULL},
    {"pad", NN_FIELD_INT, offsetof(nn_pool2d_params, pad), 4, NULL},
    {"ceil_mode", NN_FIELD_INT, offsetof(nn_pool2d_params, ceil_mode), 1, NULL},
    {"count_include_pad", NN_FIELD_INT, offsetof(nn_pool2d_params, count_include_pad), 1, NULL},
    {0},
};
