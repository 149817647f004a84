// SPDX-License-Identifier: MIT
// ONNX: Resize and Upsample of images.
#include "nn/io/onnx_import.h"

#include <math.h>

// Output size and scale along y and x, from scales or sizes.
typedef struct target {
    int64_t size[2];
    double scale[2];
    bool by_scale;
} target;

static bool take_scales(nn_onnx_node *n, const float *scales, int64_t count, target *t)
{
    const nn_shape *x = &n->in[0]->shape;
    if (count != 4 || x->rank != 4 || scales[0] != 1 || scales[1] != 1) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "scales of other than the two axes of images");
        return false;
    }
    t->by_scale = true;
    for (int i = 0; i < 2; i++) {
        t->scale[i] = scales[2 + i];
        t->size[i] = (int64_t)floor((double)x->dim[2 + i] * t->scale[i]);
        if (!(t->scale[i] > 0) || !(t->scale[i] < 1 << 20) || t->size[i] < 1)
            nn_onnx_fail(n, NN_EUNSUPPORTED, "a scale of %g", t->scale[i]);
    }
    return !nn_onnx_failed(n);
}

static bool take_sizes(nn_onnx_node *n, const nn_onnx_value *v, target *t)
{
    const nn_shape *x = &n->in[0]->shape;
    int64_t sizes[4];
    if (nn_onnx_const_ints(n, v, sizes, 4) != 4 || x->rank != 4 || sizes[0] != x->dim[0] ||
        sizes[1] != x->dim[1] || sizes[2] < 1 || sizes[3] < 1) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "sizes of other than the two axes of images");
        return false;
    }
    for (int i = 0; i < 2; i++) {
        t->size[i] = sizes[2 + i];
        t->scale[i] = (double)sizes[2 + i] / (double)x->dim[2 + i];
    }
    return true;
}

static bool is_given(const nn_onnx_node *n, int i)
{
    return i < n->n_in && n->in[i] && nn_shape_count(&n->in[i]->shape) > 0;
}

static void emit_resize(nn_onnx_node *n, nn_resize_mode mode, bool align_corners, const target *t)
{
    nn_resize_params p = {.mode = (int32_t)mode, .align_corners = align_corners};
    for (int i = 0; i < 2; i++) {
        p.size[i] = t->by_scale ? 0 : (int32_t)t->size[i];
        p.scale[i] = (float)t->scale[i];
    }
    nn_onnx_output(n, 0, nn_onnx_emit(n, &nn_op_resize, &p, n->in, 1));
}

// The engine samples as torch does: nearest at floor(x / scale), bilinear at half pixels or
// corners.
static void build_resize(nn_onnx_node *n)
{
    const int scales = n->opset >= 11 ? 2 : 1;
    target t = {0};
    bool good = false;
    if (is_given(n, scales) && n->in[scales]->data)
        good = take_scales(n, n->in[scales]->data, nn_shape_count(&n->in[scales]->shape), &t);
    else if (is_given(n, 3))
        good = take_sizes(n, n->in[3], &t);
    else
        nn_onnx_fail(n, NN_EUNSUPPORTED, "neither scales nor sizes that are constants");
    if (!good)
        return;
    const char *const name = "coordinate_transformation_mode";
    const bool older = n->opset < 11;
    const bool asymmetric = nn_onnx_is(n, name, "asymmetric", older);
    const bool corners = nn_onnx_is(n, name, "align_corners", false);
    const bool half = nn_onnx_is(n, name, "half_pixel", !older) ||
                      nn_onnx_is(n, name, "pytorch_half_pixel", false);
    // Where torch and ONNX agree: see the fields of the operators.
    bool whole = true, several = true;
    for (int i = 0; i < 2; i++) {
        const int64_t from = n->in[0]->shape.dim[2 + i];
        whole = whole && t.size[i] % from == 0;
        several = several && t.size[i] > 1;
    }
    const bool exact = !t.by_scale || (t.scale[0] * (double)n->in[0]->shape.dim[2] == t.size[0] &&
                                       t.scale[1] * (double)n->in[0]->shape.dim[3] == t.size[1]);
    const bool rounded = !nn_onnx_is(n, "nearest_mode", "floor", false) &&
                         !nn_onnx_is(n, "nearest_mode", "ceil", false);
    const bool outside =
        nn_onnx_int(n, "exclude_outside", 0) != 0 || nn_onnx_int(n, "antialias", 0);
    if (nn_onnx_is(n, "mode", "linear", false) && (half || (corners && exact)) && several &&
        !outside)
        emit_resize(n, NN_RESIZE_BILINEAR, corners, &t);
    else if (nn_onnx_is(n, "mode", "nearest", true) && asymmetric &&
             (older || nn_onnx_is(n, "nearest_mode", "floor", false)))
        emit_resize(n, NN_RESIZE_NEAREST, false, &t);
    else if (nn_onnx_is(n, "mode", "nearest", true) && (half || asymmetric) && whole && exact &&
             (half ? rounded : nn_onnx_is(n, "nearest_mode", "floor", false)))
        emit_resize(n, NN_RESIZE_NEAREST, false, &t);
    else
        nn_onnx_fail(n, NN_EUNSUPPORTED, "this mode of sampling");
}

static void build_upsample(nn_onnx_node *n)
{
    target t = {0};
    float scales[4];
    const float *from = scales;
    int64_t count = 4;
    if (n->n_in > 1 && !n->in[1]->data) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "scales that are not constant");
        return;
    }
    if (n->n_in > 1) {
        from = n->in[1]->data;
        count = nn_shape_count(&n->in[1]->shape);
    } else {
        count = nn_onnx_floats(n, "scales", scales, 4);
    }
    if (!nn_onnx_is(n, "mode", "nearest", true))
        nn_onnx_fail(n, NN_EUNSUPPORTED, "this mode of sampling");
    else if (take_scales(n, from, count, &t))
        emit_resize(n, NN_RESIZE_NEAREST, false, &t);
}

const nn_onnx_op nn_onnx_resize_ops[] = {
    {"Resize", 1, 4, 1, build_resize, 0},
    {"Upsample", 1, 2, 1, build_upsample, 0},
    {0},
};
