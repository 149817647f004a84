// SPDX-License-Identifier: MIT
// ONNX: MaxPool and AveragePool over one to three spatial dims, GlobalAveragePool, GlobalMaxPool.
#include "nn/io/onnx/import/kernel_attributes.h"

#include <math.h>
#include <string.h>

enum { MAX_STEPS = 256 }; // of a dilated kernel; each becomes a node

typedef struct pool {
    nn_onnx_kernel w;
    bool average, ceil_mode, count_pad;
} pool;

// Axes `y` and `x` of the window over the last two of an image.
static const nn_onnx_value *pool_image(nn_onnx_node *n, const nn_onnx_value *v, const pool *p,
                                       int y, int x)
{
    const nn_onnx_kernel *w = &p->w;
    const nn_pool2d_params params = {
        .kernel = {w->kernel[y], x < 0 ? 1 : w->kernel[x]},
        .stride = {w->stride[y], x < 0 ? 1 : w->stride[x]},
        .pad = {w->begin[y], x < 0 ? 0 : w->begin[x], w->end[y], x < 0 ? 0 : w->end[x]},
        .ceil_mode = p->ceil_mode,
        .count_include_pad = p->count_pad};
    return nn_onnx_emit(n, p->average ? &nn_op_avg_pool : &nn_op_max_pool, &params, &v, 1);
}

// Pools are separable: first over all images, then along the depth.
static const nn_onnx_value *pool_volume(nn_onnx_node *n, const nn_onnx_value *x, const pool *p)
{
    const int64_t *d = x->shape.dim;
    const nn_shape images = nn_shape_4d(d[0], d[1] * d[2], d[3], d[4]);
    const nn_onnx_value *y = nn_onnx_reshape(n, x, &images);
    y = y ? pool_image(n, y, p, NN_ONNX_Y, NN_ONNX_X) : NULL;
    if (!y)
        return NULL;
    const int64_t h = y->shape.dim[2], w = y->shape.dim[3];
    const nn_shape columns = nn_shape_4d(d[0] * d[1], 1, d[2], h * w);
    y = nn_onnx_reshape(n, y, &columns);
    y = y ? pool_image(n, y, p, NN_ONNX_Z, -1) : NULL;
    if (!y)
        return NULL;
    const nn_shape shape = nn_shape_make(5, (int64_t[]){d[0], d[1], y->shape.dim[2], h, w});
    return nn_onnx_reshape(n, y, &shape);
}

// Pads x so that all windows of axis `a` (axis `axis` of x) are inside; *windows gets their number.
// Padding has the value `outside`.
static const nn_onnx_value *pad_steps(nn_onnx_node *n, const nn_onnx_value *x, const pool *p, int a,
                                      int axis, float outside, int64_t *windows)
{
    const int64_t size = x->shape.dim[axis], stride = p->w.stride[a], dilation = p->w.dilation[a];
    const int64_t room = size + p->w.begin[a] + p->w.end[a] - dilation * (p->w.kernel[a] - 1) - 1;
    int64_t count = room < 0 ? 0 : (room + (p->ceil_mode ? stride - 1 : 0)) / stride + 1;
    if (count > 0 && p->ceil_mode && (count - 1) * stride >= size + p->w.begin[a])
        count--;
    if (count < 1)
        return nn_onnx_fail(n, NN_ESHAPE, "axis %d of %lld is smaller than the kernel", axis,
                            (long long)size);
    const int64_t beyond = (count - 1) * stride - room; // excess of ceil_mode
    *windows = count;
    x = nn_onnx_pad_axis(n, x, axis, p->w.begin[a], p->w.end[a], outside);
    return nn_onnx_pad_axis(n, x, axis, 0, beyond > 0 ? (int32_t)beyond : 0,
                            p->average ? 0 : outside);
}

// The element at step `k` of each window along an axis.
static const nn_onnx_value *take_step(nn_onnx_node *n, const nn_onnx_value *x, const pool *p, int a,
                                      int axis, int64_t windows, int64_t k)
{
    const int64_t first = k * p->w.dilation[a], stride = p->w.stride[a];
    return x ? nn_onnx_slice(n, x, axis, first, first + (windows - 1) * stride + 1, stride) : NULL;
}

// Sum or maximum over each window of an axis.
static const nn_onnx_value *gather_steps(nn_onnx_node *n, const nn_onnx_value *x, const pool *p,
                                         int a, int axis, float outside)
{
    int64_t windows = 0;
    const nn_onnx_value *all = pad_steps(n, x, p, a, axis, outside, &windows), *y = NULL;
    for (int k = 0; all && k < p->w.kernel[a]; k++) {
        const nn_onnx_value *part = take_step(n, all, p, a, axis, windows, k);
        y = !y           ? part
            : p->average ? nn_onnx_binary(n, &nn_op_add, y, part)
                         : nn_onnx_arithmetic(n, NN_ARITHMETIC_MAX, y, part);
    }
    return y;
}

// Number of valid elements in each window along an axis, as a constant for a division.
static const nn_onnx_value *count_steps(nn_onnx_node *n, const nn_onnx_value *x, const pool *p,
                                        int a, int axis)
{
    nn_shape shape = {.rank = x->shape.rank};
    float *one;
    for (int i = 0; i < shape.rank; i++)
        shape.dim[i] = i == axis ? x->shape.dim[axis] : 1;
    const nn_onnx_value *ones = nn_onnx_make(n, &shape, false, &one);
    for (int64_t i = 0; one && i < shape.dim[axis]; i++)
        one[i] = 1;
    return ones ? gather_steps(n, ones, p, a, axis, p->count_pad) : NULL;
}

static const nn_onnx_value *pool_dilated(nn_onnx_node *n, const nn_onnx_value *x, const pool *p)
{
    const int rank = x->shape.rank;
    for (int a = 0; a < NN_ONNX_AXES; a++) {
        const int axis = rank - NN_ONNX_AXES + a;
        if (p->w.kernel[a] > MAX_STEPS)
            return nn_onnx_fail(n, NN_EUNSUPPORTED, "a dilated kernel of %d, supported are %d",
                                p->w.kernel[a], MAX_STEPS);
        if (axis < 2 || !x)
            continue;
        const nn_onnx_value *y = gather_steps(n, x, p, a, axis, p->average ? 0 : -INFINITY);
        if (y && p->average)
            y = nn_onnx_arithmetic(n, NN_ARITHMETIC_DIV, y, count_steps(n, x, p, a, axis));
        x = y;
    }
    return x;
}

// --- indices of maxima among all elements of the input ---

// Distances in elements between neighbours along the spatial axes.
static void find_strides(const nn_shape *x, bool by_columns, int64_t stride[NN_ONNX_AXES])
{
    const int first = NN_ONNX_AXES - (x->rank - 2);
    int64_t step = 1;
    for (int i = 0; i < x->rank - 2; i++) {
        const int a = by_columns ? first + i : NN_ONNX_AXES - 1 - i;
        stride[a] = step;
        step *= x->dim[x->rank - NN_ONNX_AXES + a];
    }
}

// Index of the first element of each image, plus that of the first position of each window.
static const nn_onnx_value *find_corners(nn_onnx_node *n, const nn_shape *x, const nn_shape *out,
                                         const pool *p, const int64_t stride[NN_ONNX_AXES])
{
    nn_shape images = *out, windows = *out;
    float *image, *window;
    for (int i = 0; i < out->rank; i++) {
        images.dim[i] = i < 2 ? out->dim[i] : 1;
        windows.dim[i] = i < 2 ? 1 : out->dim[i];
    }
    const nn_onnx_value *a = nn_onnx_make(n, &images, true, &image);
    const nn_onnx_value *b = nn_onnx_make(n, &windows, true, &window);
    for (int64_t i = 0; image && i < nn_shape_count(&images); i++)
        image[i] = (float)(i * nn_shape_span(x, 2, x->rank));
    for (int64_t i = 0; window && i < nn_shape_count(&windows); i++) {
        int64_t rest = i, at = 0;
        for (int axis = out->rank - 1; axis >= 2; axis--) {
            const int k = axis - out->rank + NN_ONNX_AXES;
            at += (rest % out->dim[axis] * p->w.stride[k] - p->w.begin[k]) * stride[k];
            rest /= out->dim[axis];
        }
        window[i] = (float)at;
    }
    return nn_onnx_binary(n, &nn_op_add, a, b);
}

// The element at step `s` of each window, below a new first axis; *offset is its distance from the
// window's first position.
static const nn_onnx_value *take_copy(nn_onnx_node *n, const nn_onnx_value *x, const pool *p,
                                      int64_t s, const int64_t windows[NN_ONNX_AXES],
                                      const int64_t stride[NN_ONNX_AXES], float *offset)
{
    const int rank = x->shape.rank;
    *offset = 0;
    for (int axis = rank - 1; axis >= 2; axis--) {
        const int a = axis - rank + NN_ONNX_AXES;
        const int64_t k = s % p->w.kernel[a];
        x = take_step(n, x, p, a, axis, windows[a], k);
        *offset += (float)(k * p->w.dilation[a] * stride[a]);
        s /= p->w.kernel[a];
    }
    if (!x)
        return NULL;
    nn_shape shape = {rank + 1, {1}};
    memcpy(shape.dim + 1, x->shape.dim, (size_t)rank * sizeof *shape.dim);
    return nn_onnx_reshape(n, x, &shape);
}

// The largest copy of a window tells which step found it.
static const nn_onnx_value *find_places(nn_onnx_node *n, const nn_onnx_value *x, const pool *p,
                                        const nn_shape *out)
{
    const nn_onnx_value *copies[NN_ONNX_MAX_IN], *all = x;
    int64_t windows[NN_ONNX_AXES], stride[NN_ONNX_AXES], steps = 1;
    float offset[NN_ONNX_MAX_IN];
    if (nn_shape_count(&x->shape) > 1 << 24) // the largest count of float32
        return nn_onnx_fail(n, NN_EUNSUPPORTED,
                            "indices of maxima among over 2^24 elements are not supported");
    find_strides(&x->shape, nn_onnx_int(n, "storage_order", 0) != 0, stride);
    for (int axis = 2; axis < x->shape.rank && all; axis++) {
        const int a = axis - x->shape.rank + NN_ONNX_AXES;
        all = pad_steps(n, all, p, a, axis, -INFINITY, &windows[a]);
        steps *= p->w.kernel[a] < NN_ONNX_MAX_IN ? p->w.kernel[a] : NN_ONNX_MAX_IN + 1;
    }
    if (!all || steps > NN_ONNX_MAX_IN)
        return nn_onnx_fail(n, NN_EUNSUPPORTED,
                            "indices of maxima in a kernel of over %d elements are not supported",
                            NN_ONNX_MAX_IN);
    for (int64_t s = 0; s < steps; s++)
        copies[s] = take_copy(n, all, p, s, windows, stride, &offset[s]);
    const nn_onnx_value *together =
        nn_onnx_emit(n, &nn_op_concat, &(nn_concat_params){0}, copies, (int)steps);
    const nn_onnx_value *in[] = {
        nn_onnx_constant(n, &(nn_shape){1, {steps}}, offset, true),
        nn_onnx_emit(n, &nn_op_arg_max, &(nn_arg_max_params){0}, &together, 1)};
    const nn_onnx_value *inside = nn_onnx_emit(n, &nn_op_gather, &(nn_gather_params){0}, in, 2);
    return nn_onnx_binary(n, &nn_op_add, inside, find_corners(n, &x->shape, out, p, stride));
}

// Padding up to the kernel's size is the pool's own; the pool refuses a wider one.
static const nn_onnx_value *put_pool(nn_onnx_node *n, const nn_onnx_value *x, pool *p)
{
    p->w = nn_onnx_read_kernel(n, n->in[0]->shape.rank, NULL);
    p->ceil_mode = nn_onnx_int(n, "ceil_mode", 0) != 0;
    p->count_pad = nn_onnx_int(n, "count_include_pad", 0) != 0;
    nn_onnx_pad_same(&p->w, &x->shape);
    if (nn_onnx_failed(n))
        return NULL;
    const int32_t *d = p->w.dilation;
    if (d[NN_ONNX_Z] != 1 || d[NN_ONNX_Y] != 1 || d[NN_ONNX_X] != 1)
        return pool_dilated(n, x, p);
    return x->shape.rank == 5 ? pool_volume(n, x, p) : pool_image(n, x, p, NN_ONNX_Y, NN_ONNX_X);
}

const nn_onnx_value *nn_onnx_put_average_pool(nn_onnx_node *n)
{
    const nn_onnx_value *x = nn_onnx_as_image(n, n->in[0]);
    pool p = {.average = true};
    return x ? nn_onnx_as_before(n, put_pool(n, x, &p), n->in[0]) : NULL;
}

static void build_pool(nn_onnx_node *n)
{
    const nn_onnx_value *x = nn_onnx_as_image(n, n->in[0]), *y;
    pool p = {.average = n->arg};
    if (!x)
        return;
    y = put_pool(n, x, &p);
    nn_onnx_output(n, 0, nn_onnx_as_before(n, y, n->in[0]));
    if (y && nn_onnx_wants(n, 1)) {
        y = nn_onnx_as_before(n, find_places(n, x, &p, &y->shape), n->in[0]);
        nn_onnx_output(n, 1, nn_onnx_retype(n, y, true));
    }
}

static void build_global(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0];
    unsigned axes = x->shape.rank > 2 ? ((1u << x->shape.rank) - 1) & ~3u : 0;
    nn_onnx_output(n, 0, nn_onnx_reduce(n, (nn_reduce)n->arg, x, axes, true));
}

const nn_onnx_op nn_onnx_pool[] = {
    {"MaxPool", 1, 1, 2, build_pool, 0},
    {"AveragePool", 1, 1, 1, build_pool, 1},
    {"GlobalAveragePool", 1, 1, 1, build_global, NN_REDUCE_MEAN},
    {"GlobalMaxPool", 1, 1, 1, build_global, NN_REDUCE_MAX},
    {0},
};
