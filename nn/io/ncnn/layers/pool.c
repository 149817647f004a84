// SPDX-License-Identifier: MIT
// Pooling: windows, global, adaptive.
#include "nn/io/ncnn/layers/kernel_fields.h"

enum { MAX, AVERAGE };                                   // field 0
enum { FULL, VALID, SAME_UPPER, SAME_LOWER, PAD_MODES }; // field 5

typedef struct pooling {
    nn_ncnn_kernel window;
    int kind, mode;
    bool include_pad;
} pooling;

static bool is_sound(nn_ncnn_node *n, pooling *p)
{
    nn_ncnn_kernel *w = &p->window;
    nn_ncnn_read_pair(n, 1, 0, 1, w->kernel);
    nn_ncnn_read_pair(n, 2, 1, 1, w->stride);
    w->dilation[0] = w->dilation[1] = 1;
    w->pad[1] = nn_ncnn_int(n, 3, 0);
    w->pad[3] = nn_ncnn_int(n, 14, w->pad[1]);
    w->pad[0] = nn_ncnn_int(n, 13, w->pad[1]);
    w->pad[2] = nn_ncnn_int(n, 15, w->pad[0]);
    p->include_pad = nn_ncnn_int(n, 6, 0) != 0;
    p->mode = nn_ncnn_int(n, 5, 0);
    bool padded = false;
    for (int i = 0; i < 4; i++)
        padded = padded || w->pad[i] != 0;
    if (p->mode < 0 || p->mode >= PAD_MODES)
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "padding mode %d is not supported", p->mode);
    if (p->mode >= SAME_UPPER && padded)
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "padding values beside padding mode %d are not supported",
                     p->mode);
    if (p->mode >= SAME_UPPER) {
        w->same = p->mode == SAME_UPPER ? NN_NCNN_SAME_UPPER : NN_NCNN_SAME_LOWER;
        p->include_pad = true; // ncnn counts the padding
    }
    return !nn_ncnn_failed(n);
}

// Pixels behind the padding that a last window needs along an axis.
static int64_t tail(const nn_ncnn_kernel *w, int i, const nn_shape *x)
{
    const int64_t left = x->dim[2 + i] + w->pad[i] + w->pad[2 + i] - w->kernel[i];
    return left >= 0 && left % w->stride[i] ? w->stride[i] - left % w->stride[i] : 0;
}

// Whether ceil_mode gives the same windows: the last one must begin inside the image, and an
// average that counts padding must count all of it.
static bool is_ceil(const pooling *p, const nn_shape *x)
{
    const nn_ncnn_kernel *w = &p->window;
    for (int i = 0; i < 2; i++) {
        const int64_t more = tail(w, i, x), whole = x->dim[2 + i] + w->pad[i] + w->pad[2 + i];
        if (more > 0 && (whole + more - w->kernel[i] >= x->dim[2 + i] + w->pad[i] ||
                         (p->kind == AVERAGE && p->include_pad)))
            return false;
    }
    return true;
}

static void build_windows(nn_ncnn_node *n, pooling *p)
{
    nn_pool2d_params out = {.count_include_pad = p->include_pad};
    const nn_ncnn_value *x = &n->in[0];
    if (!is_sound(n, p))
        return;
    out.count_include_pad = p->include_pad;
    for (int i = 0; i < 2; i++) {
        out.kernel[i] = p->window.kernel[i];
        out.stride[i] = p->window.stride[i];
    }
    if (p->mode == FULL && is_ceil(p, &x->shape) && is_ceil(p, &x->other)) {
        out.ceil_mode = 1;
    } else if (p->mode == FULL) { // the rest is padding for this input size
        for (int i = 0; i < 2; i++) {
            if (p->window.stride[i] > 1 && nn_ncnn_is_open(x, 2 + i))
                nn_ncnn_bind_size(n);
            p->window.pad[2 + i] += (int)tail(&p->window, i, &x->shape);
        }
    }
    nn_ncnn_place_kernel(n, x, &p->window, out.pad);
    const nn_op *op = p->kind == MAX ? &nn_op_max_pool : &nn_op_avg_pool;
    nn_ncnn_output(n, 0, nn_ncnn_emit(n, NULL, op, &out, x, 1));
}

static void build_adaptive(nn_ncnn_node *n, int kind)
{
    enum { AS_INPUT = -233, HW = 1 << 2 | 1 << 3 };
    const nn_ncnn_value x = n->in[0];
    nn_adaptive_pool_params p;
    p.size[1] = nn_ncnn_int(n, 8, 0);
    p.size[0] = nn_ncnn_int(n, 18, p.size[1]);
    bool same = true, one = true;
    for (int i = 0; i < 2; i++) {
        if (p.size[i] == AS_INPUT)
            p.size[i] = (int32_t)nn_ncnn_dim(n, &x, 2 + i);
        same = same && !nn_ncnn_is_open(&x, 2 + i) && x.shape.dim[2 + i] == p.size[i];
        one = one && p.size[i] == 1;
    }
    if (same)
        nn_ncnn_output(n, 0, x);
    else if (kind == AVERAGE)
        nn_ncnn_output(n, 0, nn_ncnn_emit(n, NULL, &nn_op_adaptive_avg_pool, &p, &x, 1));
    else if (one)
        nn_ncnn_output(n, 0, nn_ncnn_reduce(n, NULL, NN_REDUCE_MAX, x, HW, true));
    else
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "adaptive max pooling to %d x %d is not supported",
                     p.size[1], p.size[0]);
}

static void build_pooling(nn_ncnn_node *n)
{
    pooling p = {.kind = nn_ncnn_int(n, 0, 0)};
    const unsigned hw = 1u << 2 | 1u << 3;
    if (p.kind != MAX && p.kind != AVERAGE)
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "pooling of kind %d is not supported", p.kind);
    else if (nn_ncnn_dims(&n->in[0]) != 3)
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "its input has %d axes, an image has 3",
                     nn_ncnn_dims(&n->in[0]));
    else if (nn_ncnn_int(n, 4, 0) != 0)
        nn_ncnn_output(n, 0,
                       nn_ncnn_reduce(n, NULL, p.kind == MAX ? NN_REDUCE_MAX : NN_REDUCE_MEAN,
                                      n->in[0], hw, false));
    else if (nn_ncnn_int(n, 7, 0) != 0)
        build_adaptive(n, p.kind);
    else
        build_windows(n, &p);
}

const nn_ncnn_op nn_ncnn_pool[] = {
    {"Pooling", 1, 1, 1, build_pooling, 0},
    {0},
};
