// SPDX-License-Identifier: MIT
// ONNX: Resize and Upsample.
#include "nn/io/onnx/onnx_import.h"

#include <math.h>

// Output size and scale of each axis; scale 1 where an axis stays.
typedef struct target {
    int64_t size[NN_MAX_RANK];
    double scale[NN_MAX_RANK];
    bool by_scale;
} target;

static void keep_axes(const nn_onnx_node *n, target *t)
{
    for (int i = 0; i < n->in[0]->shape.rank; i++) {
        t->size[i] = n->in[0]->shape.dim[i];
        t->scale[i] = 1;
    }
}

// The axes that `count` scales or sizes are for (opset 18): those named, or all. False after a
// failure.
static bool find_axes(nn_onnx_node *n, int64_t count, int axis[NN_MAX_RANK])
{
    int64_t axes[NN_MAX_RANK];
    const int rank = n->in[0]->shape.rank, given = nn_onnx_ints(n, "axes", axes, NN_MAX_RANK);
    if (count != (given < 0 ? rank : given))
        nn_onnx_fail(n, NN_ESHAPE, "%lld scales or sizes for %d axes", (long long)count,
                     given < 0 ? rank : given);
    for (int i = 0; i < count && !nn_onnx_failed(n); i++)
        axis[i] = given < 0 ? i : nn_onnx_axis(n, axes[i], rank);
    return !nn_onnx_failed(n);
}

static bool take_scales(nn_onnx_node *n, const float *scales, int64_t count, target *t)
{
    int axis[NN_MAX_RANK];
    if (!find_axes(n, count, axis))
        return false;
    t->by_scale = true;
    for (int i = 0; i < count && !nn_onnx_failed(n); i++) {
        const float size = (float)t->size[axis[i]] * scales[i]; // 10 * 0.7f is 7 in float32 only
        if (scales[i] > 0 && scales[i] < 1 << 20 && size >= 1 && size < 0x1p31f) {
            t->size[axis[i]] = (int64_t)floorf(size);
            t->scale[axis[i]] = scales[i];
        } else {
            nn_onnx_fail(n, NN_EUNSUPPORTED, "a scale of %g is not supported", (double)scales[i]);
        }
    }
    return !nn_onnx_failed(n);
}

// One scale for all axes, so that the image keeps its form inside the sizes or around them.
static void keep_form(nn_onnx_node *n, const int *axis, int64_t *sizes, int count)
{
    const bool inside = nn_onnx_is(n, "keep_aspect_ratio_policy", "not_larger", false);
    const int64_t *x = n->in[0]->shape.dim;
    double scale = 0;
    if (!inside && !nn_onnx_is(n, "keep_aspect_ratio_policy", "not_smaller", false))
        return;
    for (int i = 0; i < count; i++) {
        const double own = (double)sizes[i] / (double)x[axis[i]];
        scale = i == 0 || (inside ? own < scale : own > scale) ? own : scale;
    }
    for (int i = 0; i < count; i++)
        sizes[i] = (int64_t)floor(scale * (double)x[axis[i]] + 0.5);
}

static bool take_sizes(nn_onnx_node *n, const nn_onnx_value *v, target *t)
{
    int axis[NN_MAX_RANK];
    int64_t sizes[NN_MAX_RANK] = {0};
    const int count = nn_onnx_const_ints(n, v, sizes, NN_MAX_RANK);
    if (nn_onnx_failed(n) || !find_axes(n, count, axis))
        return false;
    for (int i = 0; i < count && !nn_onnx_failed(n); i++)
        if (sizes[i] < 1 || t->size[axis[i]] < 1)
            nn_onnx_fail(n, NN_EUNSUPPORTED, "from %lld to %lld elements of axis %d",
                         (long long)t->size[axis[i]], (long long)sizes[i], axis[i]);
    if (nn_onnx_failed(n))
        return false;
    keep_form(n, axis, sizes, count);
    for (int i = 0; i < count; i++) {
        if (sizes[i] < 1 || sizes[i] > INT32_MAX) {
            nn_onnx_fail(n, NN_EUNSUPPORTED, "axis %d would get %lld elements", axis[i],
                         (long long)sizes[i]);
            return false;
        }
        t->scale[axis[i]] = (double)sizes[i] / (double)t->size[axis[i]];
        t->size[axis[i]] = sizes[i];
    }
    return true;
}

static bool is_given(const nn_onnx_node *n, int i)
{
    return i < n->n_in && n->in[i] && nn_shape_count(&n->in[i]->shape) > 0;
}

// How the axes are sampled.
typedef struct sampling {
    nn_sample_mode mode;
    nn_sample_place place;
} sampling;

// The size and scale of an image's two sides.
typedef struct sides {
    int64_t size[2];
    double scale[2];
    bool by_scale;
} sides;

static const nn_onnx_value *emit_resize(nn_onnx_node *n, const nn_onnx_value *x,
                                        nn_resize_mode mode, bool align_corners, const sides *t)
{
    nn_resize_params p = {.mode = (int32_t)mode, .align_corners = align_corners};
    for (int i = 0; i < 2; i++) {
        p.size[i] = t->by_scale ? 0 : (int32_t)t->size[i];
        p.scale[i] = (float)t->scale[i];
    }
    return nn_onnx_emit(n, &nn_op_resize, &p, &x, 1);
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

static const nn_onnx_value *emit_resample(nn_onnx_node *n, const nn_onnx_value *x, sampling how,
                                          const sides *t)
{
    nn_resample_params p = {
        .mode = (int32_t)how.mode,
        .place = (int32_t)how.place,
        .rounding = (int32_t)find_rounding(n),
        .exclude_outside = nn_onnx_int(n, "exclude_outside", 0) != 0,
        .cubic = nn_onnx_float(n, "cubic_coeff_a", -0.75f),
        .value = nn_onnx_float(n, "extrapolation_value", 0),
    };
    for (int i = 0; i < 2; i++) {
        p.size[i] = (int32_t)(t->size[i] < INT32_MAX ? t->size[i] : 0);
        p.scale[i] = (float)t->scale[i];
    }
    if (how.place == NN_PLACE_CROP)
        read_crop(n, &p);
    return nn_onnx_emit(n, &nn_op_resample, &p, &x, 1);
}

// Whether `resize`, which is faster and follows PyTorch, samples the same.
static bool is_torch(nn_onnx_node *n, const nn_onnx_value *x, sampling how, const sides *t)
{
    const int64_t *from = &x->shape.dim[2];
    bool exact = nn_onnx_int(n, "exclude_outside", 0) == 0, several = true;
    for (int i = 0; i < 2; i++) {
        exact = exact && t->scale[i] * (double)from[i] == (double)t->size[i];
        several = several && t->size[i] > 1;
    }
    if (how.mode == NN_SAMPLE_NEAREST) // PyTorch multiplies where ONNX Runtime divides
        return how.place == NN_PLACE_ASYMMETRIC && find_rounding(n) == NN_ROUND_DOWN && exact &&
               t->size[0] % from[0] == 0 && t->size[1] % from[1] == 0;
    return how.mode == NN_SAMPLE_LINEAR && exact && several &&
           (how.place == NN_PLACE_HALF_PIXEL || how.place == NN_PLACE_HALF_PIXEL_TORCH ||
            how.place == NN_PLACE_CORNERS);
}

static const nn_onnx_value *resize_image(nn_onnx_node *n, const nn_onnx_value *x, sampling how,
                                         sides t)
{
    if (!x)
        return NULL;
    for (int i = 0; i < 2; i++) // a size that stays is not sampled, whatever its scale
        if (t.size[i] == x->shape.dim[2 + i] && how.place != NN_PLACE_CROP)
            t.scale[i] = 1;
    return is_torch(n, x, how, &t)
               ? emit_resize(n, x,
                             how.mode == NN_SAMPLE_NEAREST ? NN_RESIZE_NEAREST : NN_RESIZE_BILINEAR,
                             how.place == NN_PLACE_CORNERS, &t)
               : emit_resample(n, x, how, &t);
}

// One axis alone, as the height of images as wide as what lies behind it.
static const nn_onnx_value *resize_axis(nn_onnx_node *n, const nn_onnx_value *x, int axis,
                                        sampling how, const target *t)
{
    if (!x || (t->size[axis] == x->shape.dim[axis]))
        return x;
    nn_shape result = x->shape;
    const int64_t behind = nn_shape_span(&x->shape, axis + 1, x->shape.rank);
    const nn_shape flat = {4, {nn_shape_span(&x->shape, 0, axis), 1, x->shape.dim[axis], behind}};
    const sides s = {{t->size[axis], behind}, {t->scale[axis], 1}, t->by_scale};
    x = resize_image(n, nn_onnx_reshape(n, x, &flat), how, s);
    result.dim[axis] = t->size[axis];
    return nn_onnx_reshape(n, x, &result);
}

// All modes work axis by axis; the sides of images, the common case, are sampled at once.
static void put_resized(nn_onnx_node *n, sampling how, const target *t)
{
    const nn_onnx_value *x = n->in[0];
    const int rank = x->shape.rank;
    const bool image = rank == 4 && t->size[0] == x->shape.dim[0] && t->size[1] == x->shape.dim[1];
    if (image) {
        const sides s = {{t->size[2], t->size[3]}, {t->scale[2], t->scale[3]}, t->by_scale};
        nn_onnx_output(n, 0, resize_image(n, x, how, s));
        return;
    }
    if (how.place == NN_PLACE_CROP || how.place == NN_PLACE_HALF_OUTPUT)
        nn_onnx_fail(n, NN_EUNSUPPORTED,
                     "this coordinate_transformation_mode is supported for images only");
    for (int i = 0; i < rank; i++)
        x = resize_axis(n, x, i, how, t);
    nn_onnx_output(n, 0, x);
}

static void build_resize(nn_onnx_node *n)
{
    const int scales = n->opset >= 11 ? 2 : 1;
    target t = {0};
    bool good = false;
    keep_axes(n, &t);
    if (is_given(n, scales) && n->in[scales]->data)
        good = take_scales(n, n->in[scales]->data, nn_shape_count(&n->in[scales]->shape), &t);
    else if (is_given(n, 3))
        good = take_sizes(n, n->in[3], &t);
    else
        nn_onnx_wait(n, "neither scales nor sizes are constant");
    if (nn_onnx_int(n, "antialias", 0) != 0)
        nn_onnx_fail(n, NN_EUNSUPPORTED, "antialias is not supported");
    if (good)
        put_resized(n, (sampling){find_mode(n), find_place(n)}, &t);
}

static void build_upsample(nn_onnx_node *n)
{
    target t = {0};
    float scales[NN_MAX_RANK];
    const float *from = scales;
    int64_t count = NN_MAX_RANK;
    keep_axes(n, &t);
    if (n->n_in > 1 && !n->in[1]->data) {
        nn_onnx_wait(n, "scales that are not constant are not supported");
        return;
    }
    if (n->n_in > 1) {
        from = n->in[1]->data;
        count = nn_shape_count(&n->in[1]->shape);
    } else {
        count = nn_onnx_floats(n, "scales", scales, NN_MAX_RANK);
    }
    if (take_scales(n, from, count, &t))
        put_resized(n, (sampling){find_mode(n), NN_PLACE_ASYMMETRIC}, &t);
}

const nn_onnx_op nn_onnx_resize_ops[] = {
    {"Resize", 1, 4, 1, build_resize, 0},
    {"Upsample", 1, 2, 1, build_upsample, 0},
    {0},
};
