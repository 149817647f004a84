// SPDX-License-Identifier: MIT
// ONNX: GridSample, RoiAlign, MaxRoiPool, MaxUnpool.
#include "nn/io/onnx/import/compose.h"
#include "nn/io/onnx/import/kernel_attributes.h"

static void build_grid_sample(nn_onnx_node *n)
{
    const bool newer = n->opset >= 20; // the words lost their "bi"
    nn_grid_sample_params p = {.align_corners = nn_onnx_int(n, "align_corners", 0) != 0};
    const bool linear = nn_onnx_is(n, "mode", newer ? "linear" : "bilinear", true);
    const bool cubic = nn_onnx_is(n, "mode", newer ? "cubic" : "bicubic", false);
    p.mode = linear ? NN_GRID_BILINEAR : cubic ? NN_GRID_BICUBIC : NN_GRID_NEAREST;
    if (!linear && !cubic && !nn_onnx_is(n, "mode", "nearest", false))
        nn_onnx_fail(n, NN_EUNSUPPORTED, "an unknown mode");
    p.padding = nn_onnx_is(n, "padding_mode", "border", false)       ? NN_GRID_BORDER
                : nn_onnx_is(n, "padding_mode", "reflection", false) ? NN_GRID_REFLECTION
                                                                     : NN_GRID_ZEROS;
    nn_onnx_output(n, 0, nn_onnx_emit(n, &nn_op_grid_sample, &p, n->in, 2));
}

static void build_roi_align(nn_onnx_node *n)
{
    const nn_roi_align_params p = {
        .size = {(int32_t)nn_onnx_int(n, "output_height", 1),
                 (int32_t)nn_onnx_int(n, "output_width", 1)},
        .samples = (int32_t)nn_onnx_int(n, "sampling_ratio", 0),
        .half_pixel = nn_onnx_is(n, "coordinate_transformation_mode", "half_pixel", n->opset >= 16),
        .scale = nn_onnx_float(n, "spatial_scale", 1),
        .mode = nn_onnx_is(n, "mode", "max", false) ? NN_ROI_MAX : NN_ROI_MEAN,
    };
    nn_onnx_output(n, 0, nn_onnx_emit(n, &nn_op_roi_align, &p, n->in, 3));
}

// A box has the number of its image before its sides.
static void build_max_roi_pool(nn_onnx_node *n)
{
    int64_t size[2] = {0};
    const nn_onnx_value *boxes = n->in[1];
    if (nn_onnx_ints(n, "pooled_shape", size, 2) != 2 || size[0] > INT32_MAX ||
        size[1] > INT32_MAX || boxes->shape.rank != 2 || boxes->shape.dim[1] != 5) {
        nn_onnx_fail(n, NN_ESHAPE, "pooled_shape must be two numbers, and boxes five numbers each");
        return;
    }
    const nn_roi_align_params p = {.size = {(int32_t)size[0], (int32_t)size[1]},
                                   .scale = nn_onnx_float(n, "spatial_scale", 1),
                                   .mode = NN_ROI_PIXELS};
    const nn_onnx_value *image = nn_onnx_drop_axis(n, nn_onnx_slice(n, boxes, 1, 0, 1, 1), 1);
    const nn_onnx_value *const in[] = {n->in[0], nn_onnx_slice(n, boxes, 1, 1, 5, 1), image};
    nn_onnx_output(n, 0, nn_onnx_emit(n, &nn_op_roi_align, &p, in, 3));
}

// Sides without padding: what MaxPool of this kernel got.
static nn_shape find_sides(nn_onnx_node *n, const nn_shape *x)
{
    int64_t kernel[NN_MAX_RANK], stride[NN_MAX_RANK], pads[2 * NN_MAX_RANK];
    const int axes = x->rank - 2, count = nn_onnx_ints(n, "kernel_shape", kernel, NN_MAX_RANK);
    const int strides = nn_onnx_ints(n, "strides", stride, NN_MAX_RANK);
    const int padded = nn_onnx_ints(n, "pads", pads, 2 * NN_MAX_RANK);
    nn_shape y = *x;
    if (count != axes || (strides >= 0 && strides != axes) || (padded >= 0 && padded != 2 * axes))
        nn_onnx_fail(n, NN_EFORMAT, "kernel, strides and pads do not suit %d axes", axes);
    for (int i = 0; i < axes && !nn_onnx_failed(n); i++) {
        const int64_t step = strides < 0 ? 1 : stride[i];
        const int64_t front = padded < 0 ? 0 : pads[i], back = padded < 0 ? 0 : pads[axes + i];
        if (step < 1 || step > 1 << 16 || kernel[i] < 1 || kernel[i] > 1 << 16 || front < 0 ||
            front > 1 << 16 || back < 0 || back > 1 << 16 || x->dim[2 + i] > INT32_MAX)
            nn_onnx_fail(n, NN_EUNSUPPORTED, "kernel, strides or pads are not supported");
        else
            y.dim[2 + i] = (x->dim[2 + i] - 1) * step + kernel[i] - front - back;
    }
    return y;
}

// Writes x at the places of the maxima, which count through the whole tensor, into zeros. An output
// shape adds zeros behind.
static void build_max_unpool(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0], *index = n->in[1];
    if (x->shape.rank < 3 || !nn_shape_equal(&x->shape, &index->shape)) {
        nn_onnx_fail(n, NN_ESHAPE, "indices must be shaped as the maxima");
        return;
    }
    nn_shape y = find_sides(n, &x->shape), wanted = y;
    if (n->n_in > 2 && n->in[2])
        wanted.rank = nn_onnx_const_ints(n, n->in[2], wanted.dim, NN_MAX_RANK);
    if (wanted.rank != y.rank && !nn_onnx_failed(n))
        nn_onnx_fail(n, NN_EFORMAT, "an output shape of %d dims", wanted.rank);
    if (nn_onnx_failed(n))
        return;
    nn_error err;
    if (nn_shape_check(&y, NN_F32, &err) != NN_OK) {
        nn_onnx_fail(n, NN_ESHAPE, "%s", err.text);
        return;
    }
    if (nn_shape_count(&y) > 1 << 24) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "places of over 2^24 elements are not exact");
        return;
    }
    const nn_shape all = nn_shape_1d(nn_shape_count(&y));
    const nn_shape some = nn_shape_1d(nn_shape_count(&x->shape));
    const nn_onnx_value *in[] = {nn_onnx_constant(n, &all, NULL, false),
                                 nn_onnx_reshape(n, index, &some), nn_onnx_reshape(n, x, &some)};
    const nn_scatter_elements_params p = {0, NN_SCATTER_SET};
    const nn_onnx_value *v = nn_onnx_emit(n, &nn_op_scatter_elements, &p, in, 3);
    v = nn_onnx_reshape(n, v, &y);
    for (int i = 0; i < y.rank && !nn_onnx_failed(n); i++) {
        if (wanted.dim[i] < y.dim[i] || wanted.dim[i] > INT32_MAX)
            nn_onnx_fail(n, NN_ESHAPE, "dim %d of the output shape is %lld, not %lld or more", i,
                         (long long)wanted.dim[i], (long long)y.dim[i]);
        else
            v = nn_onnx_pad_axis(n, v, i, 0, (int32_t)(wanted.dim[i] - y.dim[i]), 0);
    }
    nn_onnx_output(n, 0, v);
}

const nn_onnx_op nn_onnx_sample[] = {
    {"GridSample", 2, 2, 1, build_grid_sample, 0},
    {"RoiAlign", 3, 3, 1, build_roi_align, 0},
    {"MaxRoiPool", 2, 2, 1, build_max_roi_pool, 0},
    {"MaxUnpool", 2, 3, 1, build_max_unpool, 0},
    {0},
};
