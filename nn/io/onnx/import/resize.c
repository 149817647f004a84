// SPDX-License-Identifier: MIT
// ONNX: Resize and Upsample of images.
#include "nn/io/onnx/onnx_import.h"

#include <math.h>

// Output size and scale along y and x, from scales or sizes.
typedef struct target {
    int64_t size[2];
    double scale[2];
    bool by_scale;
} target;

// Index of the image's height among `count` scales or sizes, for the last two axes (opset 18) or
// for all four. -1 after a failure.
static int find_height(nn_onnx_node *n, int64_t count)
{
    int64_t axes[4];
    const int rank = n->in[0]->shape.rank;
    const int given = nn_onnx_ints(n, "axes", axes, 4), first = given == 2 ? 2 : 0;
    bool good = rank == 4 && count == 4 - first && (given < 0 || given == count);
    for (int i = 0; i < given && good; i++)
        good = nn_onnx_axis(n, axes[i], rank) == first + i;
    if (!good)
        nn_onnx_fail(n, NN_EUNSUPPORTED,
                     "scales or sizes of axes other than height and width are not supported");
    return nn_onnx_failed(n) ? -1 : 2 - first;
}

static bool take_scales(nn_onnx_node *n, const float *scales, int64_t count, target *t)
{
    const int64_t *x = n->in[0]->shape.dim;
    const int height = find_height(n, count);
    if (height < 0)
        return false;
    if (height > 0 && (scales[0] != 1 || scales[1] != 1))
        nn_onnx_fail(n, NN_EUNSUPPORTED,
                     "scales of axes other than height and width are not supported");
    t->by_scale = true;
    for (int i = 0; i < 2; i++) {
        const float size = (float)x[2 + i] * scales[height + i]; // 10 * 0.7f is 7 in float32 only
        t->scale[i] = scales[height + i];
        if (t->scale[i] > 0 && t->scale[i] < 1 << 20 && size >= 1 && size < 0x1p31f)
            t->size[i] = (int64_t)floorf(size);
        else
            nn_onnx_fail(n, NN_EUNSUPPORTED, "a scale of %g is not supported", t->scale[i]);
    }
    return !nn_onnx_failed(n);
}

static bool take_sizes(nn_onnx_node *n, const nn_onnx_value *v, target *t)
{
    const int64_t *x = n->in[0]->shape.dim;
    int64_t sizes[4] = {0};
    const int height = find_height(n, nn_onnx_const_ints(n, v, sizes, 4));
    if (height < 0)
        return false;
    if ((height > 0 && (sizes[0] != x[0] || sizes[1] != x[1])) || sizes[height] < 1 ||
        sizes[height + 1] < 1) {
        nn_onnx_fail(n, NN_EUNSUPPORTED,
                     "sizes of axes other than height and width are not supported");
        return false;
    }
    for (int i = 0; i < 2; i++) {
        t->size[i] = sizes[height + i];
        t->scale[i] = (double)t->size[i] / (double)x[2 + i];
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

// The sampling positions; opset 10 had only one way.
static nn_sample_place find_place(nn_onnx_node *n)
{
    static const struct {
        const char *name;
        nn_sample_place place;
    } places[] = {
        {"half_pixel", NN_PLACE_HALF_PIXEL},
        {"pytorch_half_pixel", NN_PLACE_HALF_PIXEL_TORCH},
        {"align_corners", NN_PLACE_CORNERS},
        {"asymmetric", NN_PLACE_ASYMMETRIC},
        {"tf_half_pixel_for_nn", NN_PLACE_HALF_OUTPUT},
        {"tf_crop_and_resize", NN_PLACE_CROP},
    };
    if (n->opset < 11)
        return NN_PLACE_ASYMMETRIC;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (nn_onnx_is(n, "coordinate_transformation_mode", places[i].name, i == 0))
            return places[i].place;
    nn_onnx_fail(n, NN_EUNSUPPORTED, "this coordinate_transformation_mode is not supported");
    return NN_PLACE_HALF_PIXEL;
}

static nn_sample_mode find_mode(nn_onnx_node *n)
{
    if (nn_onnx_is(n, "mode", "linear", false))
        return NN_SAMPLE_LINEAR;
    if (nn_onnx_is(n, "mode", "cubic", false))
        return NN_SAMPLE_CUBIC;
    if (!nn_onnx_is(n, "mode", "nearest", true))
        nn_onnx_fail(n, NN_EUNSUPPORTED, "this mode is not supported");
    return NN_SAMPLE_NEAREST;
}

static nn_sample_rounding find_rounding(nn_onnx_node *n)
{
    return n->opset < 11 || nn_onnx_is(n, "nearest_mode", "floor", false) ? NN_ROUND_DOWN
           : nn_onnx_is(n, "nearest_mode", "ceil", false)                 ? NN_ROUND_UP
           : nn_onnx_is(n, "nearest_mode", "round_prefer_ceil", false)    ? NN_ROUND_HALF_UP
                                                                          : NN_ROUND_HALF_DOWN;
}

// roi = first of all axes, then last of all axes.
static void read_crop(nn_onnx_node *n, nn_resample_params *p)
{
    if (!is_given(n, 1) || !n->in[1]->data || nn_shape_count(&n->in[1]->shape) != 8) {
        nn_onnx_wait(n, "a roi that is not 8 constant numbers is not supported");
        return;
    }
    for (int i = 0; i < 2; i++) {
        p->crop[i] = n->in[1]->data[2 + i];
        p->crop[2 + i] = n->in[1]->data[6 + i];
    }
}

static void emit_resample(nn_onnx_node *n, nn_sample_mode mode, nn_sample_place place,
                          const target *t)
{
    nn_resample_params p = {
        .mode = (int32_t)mode,
        .place = (int32_t)place,
        .rounding = (int32_t)find_rounding(n),
        .exclude_outside = nn_onnx_int(n, "exclude_outside", 0) != 0,
        .cubic = nn_onnx_float(n, "cubic_coeff_a", -0.75f),
        .value = nn_onnx_float(n, "extrapolation_value", 0),
    };
    for (int i = 0; i < 2; i++) {
        p.size[i] = (int32_t)(t->size[i] < INT32_MAX ? t->size[i] : 0);
        p.scale[i] = (float)t->scale[i];
    }
    if (place == NN_PLACE_CROP)
        read_crop(n, &p);
    nn_onnx_output(n, 0, nn_onnx_emit(n, &nn_op_resample, &p, n->in, 1));
}

// Whether `resize`, which is faster and follows PyTorch, samples the same.
static bool is_torch(nn_onnx_node *n, nn_sample_mode mode, nn_sample_place place, const target *t)
{
    const int64_t *from = &n->in[0]->shape.dim[2];
    bool exact = nn_onnx_int(n, "exclude_outside", 0) == 0, several = true;
    for (int i = 0; i < 2; i++) {
        exact = exact && t->scale[i] * (double)from[i] == (double)t->size[i];
        several = several && t->size[i] > 1;
    }
    if (mode == NN_SAMPLE_NEAREST) // for other ratios PyTorch multiplies where ONNX Runtime divides
        return place == NN_PLACE_ASYMMETRIC && find_rounding(n) == NN_ROUND_DOWN && exact &&
               t->size[0] % from[0] == 0 && t->size[1] % from[1] == 0;
    return mode == NN_SAMPLE_LINEAR && exact && several &&
           (place == NN_PLACE_HALF_PIXEL || place == NN_PLACE_HALF_PIXEL_TORCH ||
            place == NN_PLACE_CORNERS);
}

static void resize_by(nn_onnx_node *n, nn_sample_mode mode, nn_sample_place place, target *t)
{
    for (int i = 0; i < 2; i++) // a size that stays is not sampled, whatever its scale
        if (t->size[i] == n->in[0]->shape.dim[2 + i] && place != NN_PLACE_CROP)
            t->scale[i] = 1;
    if (is_torch(n, mode, place, t))
        emit_resize(n, mode == NN_SAMPLE_NEAREST ? NN_RESIZE_NEAREST : NN_RESIZE_BILINEAR,
                    place == NN_PLACE_CORNERS, t);
    else
        emit_resample(n, mode, place, t);
}

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
        nn_onnx_wait(n, "neither scales nor sizes are constant");
    if (nn_onnx_int(n, "antialias", 0) != 0 ||
        !nn_onnx_is(n, "keep_aspect_ratio_policy", "stretch", true))
        nn_onnx_fail(n, NN_EUNSUPPORTED,
                     "antialias and keep_aspect_ratio_policy are not supported");
    if (good)
        resize_by(n, find_mode(n), find_place(n), &t);
}

static void build_upsample(nn_onnx_node *n)
{
    target t = {0};
    float scales[4];
    const float *from = scales;
    int64_t count = 4;
    if (n->n_in > 1 && !n->in[1]->data) {
        nn_onnx_wait(n, "scales that are not constant are not supported");
        return;
    }
    if (n->n_in > 1) {
        from = n->in[1]->data;
        count = nn_shape_count(&n->in[1]->shape);
    } else {
        count = nn_onnx_floats(n, "scales", scales, 4);
    }
    if (take_scales(n, from, count, &t))
        resize_by(n, find_mode(n), NN_PLACE_ASYMMETRIC, &t);
}

const nn_onnx_op nn_onnx_resize_ops[] = {
    {"Resize", 1, 4, 1, build_resize, 0},
    {"Upsample", 1, 2, 1, build_upsample, 0},
    {0},
};
