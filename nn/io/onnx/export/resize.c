// SPDX-License-Identifier: MIT
// ONNX export: resize and resample, both as Resize.
#include "nn/io/onnx/onnx_writer.h"

#include <math.h>

// Target sizes as a constant; with a dynamic batch, behind the input's own batch and channels.
static const char *put_sizes(const nn_onnx_item *n)
{
    const nn_shape *out = &n->out->shape;
    if (!n->out->open)
        return nn_onnx_put_ints(n, out->dim, 4);
    const char *shape = nn_onnx_put1(n, "Shape", n->in[0].name, NULL);
    const char *begin = nn_onnx_put_ints(n, (const int64_t[]){0}, 1);
    const char *end = nn_onnx_put_ints(n, (const int64_t[]){2}, 1);
    const char *size = nn_onnx_put_ints(n, &out->dim[2], 2);
    nn_onnx_begin(n, "Slice");
    nn_onnx_add_input(n, shape);
    nn_onnx_add_input(n, begin);
    nn_onnx_add_input(n, end);
    const char *front = nn_onnx_end(n, NULL);
    nn_onnx_begin(n, "Concat");
    nn_onnx_add_input(n, front);
    nn_onnx_add_input(n, size);
    nn_onnx_add_int(n, "axis", 0);
    return nn_onnx_end(n, NULL);
}

static const char *put_vector(const nn_onnx_item *n, const float *v, int count)
{
    const nn_shape shape = nn_shape_1d(count);
    float *to;
    const char *name = nn_onnx_make_floats(n, &shape, &to);
    for (int i = 0; to && i < count; i++)
        to[i] = v[i];
    return name;
}

// Starts a Resize with its inputs: by sizes, or by scales.
static void begin_resize(const nn_onnx_item *n, const float scale[2], const char *roi)
{
    const int64_t *in = n->in[0].shape.dim, *out = n->out->shape.dim;
    float scales[4] = {1, 1, scale ? scale[0] : 0, scale ? scale[1] : 0};
    const bool whole = out[2] % in[2] == 0 && out[3] % in[3] == 0;
    if (!scale && whole && !*roi) { // equivalent, and preferred by most runtimes
        scales[2] = (float)(out[2] / in[2]);
        scales[3] = (float)(out[3] / in[3]);
    }
    const bool by_scale = scales[2] > 0;
    const char *by = by_scale ? put_vector(n, scales, 4) : put_sizes(n);
    nn_onnx_begin(n, "Resize");
    nn_onnx_add_input(n, n->in[0].name);
    nn_onnx_add_input(n, roi);
    nn_onnx_add_input(n, by_scale ? by : "");
    if (!by_scale)
        nn_onnx_add_input(n, by);
}

static void emit_resize(const nn_onnx_item *n)
{
    const nn_resize_params *p = n->params;
    const bool nearest = p->mode == NN_RESIZE_NEAREST;
    const bool like = n->n_in > 1 && n->in[1].name[0];
    // A given scale counts even where the size is not exactly that many times larger; a scale for
    // one axis only cannot be written.
    const bool by_scale = !like && p->size[0] <= 0 && p->size[1] <= 0;
    begin_resize(n, by_scale ? p->scale : NULL, "");
    nn_onnx_add_text(n, "mode", nearest ? "nearest" : "linear");
    nn_onnx_add_text(n, "coordinate_transformation_mode",
                     nearest            ? "asymmetric"
                     : p->align_corners ? "align_corners"
                                        : "half_pixel");
    if (nearest)
        nn_onnx_add_text(n, "nearest_mode", "floor");
    nn_onnx_end(n, n->out->name);
}

static void emit_resample(const nn_onnx_item *n)
{
    static const char *const modes[] = {"nearest", "linear", "cubic"};
    static const char *const places[] = {"half_pixel",           "pytorch_half_pixel",
                                         "align_corners",        "asymmetric",
                                         "tf_half_pixel_for_nn", "tf_crop_and_resize"};
    static const char *const roundings[] = {"round_prefer_floor", "round_prefer_ceil", "floor",
                                            "ceil"};
    const nn_resample_params *p = n->params;
    const float roi[8] = {0, 0, p->crop[0], p->crop[1], 1, 1, p->crop[2], p->crop[3]};
    const bool crop = p->place == NN_PLACE_CROP;
    bool by_scale = !crop; // the parameters have both
    for (int i = 0; i < 2; i++) {
        const double in = (double)n->in[0].shape.dim[2 + i];
        const float scale = p->scale[i];
        const double out = p->size[i] > 0 ? p->size[i] : (double)floorf((float)in * scale);
        by_scale = by_scale && floor(in * (double)scale) == out && scale != (float)(out / in);
    }
    begin_resize(n, by_scale ? p->scale : NULL, crop ? put_vector(n, roi, 8) : "");
    nn_onnx_add_text(n, "mode", modes[p->mode]);
    nn_onnx_add_text(n, "coordinate_transformation_mode", places[p->place]);
    if (p->mode == NN_SAMPLE_NEAREST)
        nn_onnx_add_text(n, "nearest_mode", roundings[p->rounding]);
    if (p->mode == NN_SAMPLE_CUBIC)
        nn_onnx_add_float(n, "cubic_coeff_a", p->cubic);
    nn_onnx_add_int(n, "exclude_outside", p->exclude_outside != 0);
    nn_onnx_add_float(n, "extrapolation_value", p->value);
    nn_onnx_end(n, n->out->name);
}

const nn_onnx_emitter nn_onnx_emit_resize[] = {
    {&nn_op_resize, emit_resize},
    {&nn_op_resample, emit_resample},
    {0},
};
