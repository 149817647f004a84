// SPDX-License-Identifier: MIT
// ONNX: AffineGrid, DeformConv and CenterCropPad.
#include "nn/io/onnx/import/compose.h"
#include "nn/io/onnx/import/kernel_attributes.h"

// Places of `count` pixels along an axis, from -1 to 1, in column `column` of rows of `width`; a
// pixel is as often in turn as `every` says.
static void fill_places(float *to, int64_t rows, int width, int column, int64_t count,
                        int64_t every, bool corners)
{
    for (int64_t i = 0; i < rows; i++) {
        const float at = (float)(i / every % count);
        to[i * width + column] = !corners    ? (2 * at + 1) / (float)count - 1
                                 : count > 1 ? 2 * at / (float)(count - 1) - 1
                                             : -1;
    }
}

// theta N x 2 x 3 (N x 3 x 4) and a size N, C, (D,) H, W: the places x, y(, z) of its pixels.
static void build_affine_grid(nn_onnx_node *n)
{
    const nn_onnx_value *theta = n->in[0];
    const bool corners = nn_onnx_int(n, "align_corners", 0) != 0;
    int64_t size[5];
    const int axes = nn_onnx_const_ints(n, n->in[1], size, 5) - 2;
    if (nn_onnx_failed(n))
        return;
    nn_shape grid = {.rank = axes + 2, .dim = {size[0]}};
    int64_t pixels = 1;
    bool good = axes >= 2 && theta->shape.rank == 3 && theta->shape.dim[0] == size[0] &&
                theta->shape.dim[1] == axes && theta->shape.dim[2] == axes + 1;
    for (int i = 0; i < axes && good; i++) {
        good = size[2 + i] > 0 && !__builtin_mul_overflow(pixels, size[2 + i], &pixels) &&
               pixels <= 1 << 26;
        grid.dim[1 + i] = size[2 + i];
    }
    if (!good) {
        nn_onnx_fail(n, NN_ESHAPE, "theta and size do not suit each other");
        return;
    }
    grid.dim[axes + 1] = axes;
    const nn_shape shape = nn_shape_2d(pixels, axes + 1);
    float *data;
    const nn_onnx_value *base = nn_onnx_make(n, &shape, false, &data);
    int64_t every = 1;
    for (int i = 0; i < axes && data; i++) {
        const int64_t count = size[1 + axes - i]; // x is the last axis
        fill_places(data, pixels, axes + 1, i, count, every, corners);
        every *= count;
    }
    for (int64_t i = 0; data && i < pixels; i++)
        data[i * (axes + 1) + axes] = 1;
    const nn_onnx_value *const in[] = {base, theta};
    const nn_onnx_value *y =
        nn_onnx_emit(n, &nn_op_matmul, &(nn_matmul_params){.trans_b = 1, .alpha = 1}, in, 2);
    nn_onnx_output(n, 0, nn_onnx_reshape(n, y, &grid));
}

// --- DeformConv (Dai 2017; with a mask Zhu 2018) ---

typedef struct deform {
    nn_onnx_kernel w;
    int64_t batch, taps, height, width; // of the output
    int64_t groups;                     // of offsets
} deform;

// Where each tap of the kernel looks without offsets, in pixels: 1 x taps x height x width.
static const nn_onnx_value *tap_places(nn_onnx_node *n, const deform *d, int axis)
{
    const nn_shape shape = {4, {1, d->taps, d->height, d->width}};
    float *data;
    const nn_onnx_value *v = nn_onnx_make(n, &shape, false, &data);
    const nn_onnx_kernel *w = &d->w;
    for (int64_t i = 0; data && i < nn_shape_count(&shape); i++) {
        const int64_t x = i % d->width, y = i / d->width % d->height,
                      tap = i / (d->width * d->height);
        const int64_t at = axis == NN_ONNX_X ? x : y;
        const int64_t k =
            axis == NN_ONNX_X ? tap % w->kernel[NN_ONNX_X] : tap / w->kernel[NN_ONNX_X];
        data[i] = (float)(at * w->stride[axis] - w->begin[axis] + k * w->dilation[axis]);
    }
    return v;
}

// Places from -1 to 1 along one axis of an image of `size` pixels, with a last axis of 1.
static const nn_onnx_value *places_along(nn_onnx_node *n, const deform *d,
                                         const nn_onnx_value *offsets, int axis, int64_t size)
{
    const int part = axis == NN_ONNX_X; // y comes first
    const nn_onnx_value *v =
        nn_onnx_drop_axis(n, nn_onnx_slice(n, offsets, 2, part, part + 1, 1), 2);
    v = nn_onnx_binary(n, &nn_op_add, v, tap_places(n, d, axis));
    v = nn_onnx_binary(n, &nn_op_mul, v, nn_onnx_scalar(n, 2 / (float)size));
    v = nn_onnx_binary(n, &nn_op_add, v, nn_onnx_scalar(n, 1 / (float)size - 1));
    return nn_onnx_add_axis(n, v, 4);
}

// What the taps of one group of offsets see: batch x channels x taps x height x width.
static const nn_onnx_value *sample_group(nn_onnx_node *n, const deform *d, int64_t group)
{
    const nn_onnx_value *x = n->in[0], *mask = n->n_in > 4 ? n->in[4] : NULL;
    const int64_t channels = x->shape.dim[1] / d->groups, first = group * d->taps;
    const nn_onnx_value *image =
        nn_onnx_slice(n, x, 1, group * channels, (group + 1) * channels, 1);
    const nn_onnx_value *offsets =
        nn_onnx_slice(n, n->in[2], 1, 2 * first, 2 * (first + d->taps), 1);
    offsets =
        nn_onnx_reshape(n, offsets, &(nn_shape){5, {d->batch, d->taps, 2, d->height, d->width}});
    const nn_onnx_value *const places[] = {places_along(n, d, offsets, NN_ONNX_X, x->shape.dim[3]),
                                           places_along(n, d, offsets, NN_ONNX_Y, x->shape.dim[2])};
    const nn_onnx_value *grid =
        nn_onnx_reshape(n, nn_onnx_concat(n, places, 2, 4),
                        &(nn_shape){4, {d->batch, d->taps * d->height, d->width, 2}});
    const nn_grid_sample_params p = {.mode = NN_GRID_BILINEAR, .padding = NN_GRID_ZEROS};
    const nn_onnx_value *const in[] = {image, grid};
    const nn_onnx_value *seen = nn_onnx_emit(n, &nn_op_grid_sample, &p, in, 2);
    seen = nn_onnx_reshape(n, seen,
                           &(nn_shape){5, {d->batch, channels, d->taps, d->height, d->width}});
    if (mask)
        seen = nn_onnx_binary(
            n, &nn_op_mul, seen,
            nn_onnx_add_axis(n, nn_onnx_slice(n, mask, 1, first, first + d->taps, 1), 1));
    return seen;
}

static bool read_deform(nn_onnx_node *n, deform *d)
{
    const nn_shape *x = &n->in[0]->shape, *weight = &n->in[1]->shape, *offsets = &n->in[2]->shape;
    const nn_onnx_value *mask = n->n_in > 4 ? n->in[4] : NULL;
    if (x->rank != 4 || weight->rank != 4 || offsets->rank != 4 ||
        (mask && mask->shape.rank != 4)) {
        nn_onnx_fail(n, NN_ESHAPE, "only images with 4 axes are supported");
        return false;
    }
    *d = (deform){.w = nn_onnx_read_kernel(n, 4, weight),
                  .batch = x->dim[0],
                  .taps = weight->dim[2] * weight->dim[3],
                  .height = offsets->dim[2],
                  .width = offsets->dim[3],
                  .groups = nn_onnx_int(n, "offset_group", 1)};
    const int64_t steps = d->groups > 0 && d->groups <= x->dim[1] ? d->groups * d->taps : -1;
    const bool good = x->dim[2] > 0 && x->dim[3] > 0 && d->groups > 0 && d->groups <= 256 &&
                      x->dim[1] % d->groups == 0 && offsets->dim[0] == d->batch &&
                      offsets->dim[1] == 2 * steps &&
                      (!mask || (mask->shape.dim[1] == steps && mask->shape.dim[2] == d->height &&
                                 mask->shape.dim[3] == d->width));
    if (!good)
        nn_onnx_fail(n, NN_ESHAPE, "offsets or mask do not suit kernel, image and offset_group");
    return !nn_onnx_failed(n);
}

// Each tap of the kernel looks where an offset says: a sampled image, and a convolution of 1x1.
static void build_deform_conv(nn_onnx_node *n)
{
    deform d;
    const nn_onnx_value *seen[256] = {NULL};
    if (!read_deform(n, &d))
        return;
    for (int64_t i = 0; i < d.groups && !nn_onnx_failed(n); i++)
        seen[i] = sample_group(n, &d, i);
    const nn_shape columns = {4, {d.batch, n->in[0]->shape.dim[1] * d.taps, d.height, d.width}};
    const nn_shape *w = &n->in[1]->shape;
    const nn_shape flat = {4, {w->dim[0], w->dim[1] * d.taps, 1, 1}};
    const nn_onnx_value *const in[] = {
        nn_onnx_reshape(n, nn_onnx_concat(n, seen, (int)d.groups, 1), &columns),
        nn_onnx_reshape(n, n->in[1], &flat), n->n_in > 3 ? n->in[3] : NULL};
    const int64_t groups = nn_onnx_int(n, "group", 1);
    if (groups < 1 || groups > INT32_MAX)
        nn_onnx_fail(n, NN_EFORMAT, "group is %lld, which is out of range", (long long)groups);
    const nn_conv2d_params p = {.stride = {1, 1}, .dilation = {1, 1}, .groups = (int32_t)groups};
    nn_onnx_output(n, 0, nn_onnx_emit(n, &nn_op_conv2d, &p, in, 3));
}

// --- CenterCropPad ---

// Cut, or with zeros around, in the middle of each axis.
static void build_center_crop_pad(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0];
    const int rank = x->shape.rank;
    int64_t size[NN_MAX_RANK], axes[NN_MAX_RANK];
    const int count = nn_onnx_const_ints(n, n->in[1], size, NN_MAX_RANK);
    const int given = nn_onnx_ints(n, "axes", axes, NN_MAX_RANK);
    if (count != (given < 0 ? rank : given) && !nn_onnx_failed(n))
        nn_onnx_fail(n, NN_ESHAPE, "%d sizes for %d axes", count, given < 0 ? rank : given);
    for (int i = 0; i < count && !nn_onnx_failed(n); i++) {
        const int axis = given < 0 ? i : nn_onnx_axis(n, axes[i], rank);
        const int64_t have = nn_onnx_failed(n) ? 0 : x->shape.dim[axis], more = size[i] - have;
        if (size[i] < 0 || size[i] > INT32_MAX || have > INT32_MAX)
            nn_onnx_fail(n, NN_ESHAPE, "a size of %lld is not supported", (long long)size[i]);
        else if (more < 0)
            x = nn_onnx_slice(n, x, axis, -more / 2, -more / 2 + size[i], 1);
        else
            x = nn_onnx_pad_axis(n, x, axis, (int32_t)(more / 2), (int32_t)(more - more / 2), 0);
    }
    nn_onnx_output(n, 0, x);
}

const nn_onnx_op nn_onnx_warp[] = {
    {"AffineGrid", 2, 2, 1, build_affine_grid, 0},
    {"DeformConv", 3, 5, 1, build_deform_conv, 0},
    {"CenterCropPad", 2, 2, 1, build_center_crop_pad, 0},
    {0},
};
