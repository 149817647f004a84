// SPDX-License-Identifier: MIT
// Where the pixels of a resized image sample an axis, as torch's interpolate.
#include "nn/ops/common/resize_taps.h"

#include <math.h>

nn_resize_axis nn_resize_axis_of(const nn_op_call *call, int axis)
{
    return (nn_resize_axis){.params = call->params,
                            .like = call->n_in > 1 && call->in[1].shape.rank >= 0,
                            .axis = axis,
                            .in = call->in[0].shape.dim[2 + axis],
                            .out = call->out->shape.dim[2 + axis]};
}

// Input elements per output element. A given scale is used as it is, even where rounding down the
// size changed the ratio, as torch does.
static float ratio_of(const nn_resize_axis *a)
{
    const nn_resize_params *p = a->params;
    if (p->mode == NN_RESIZE_BILINEAR && p->align_corners)
        return a->out > 1 ? (float)(a->in - 1) / (float)(a->out - 1) : 0.0f;
    if (!a->like && p->size[a->axis] <= 0)
        return (float)(1.0 / p->scale[a->axis]);
    return (float)a->in / (float)a->out;
}

nn_nchw8c_tap nn_resize_find_tap(const nn_resize_axis *a, int64_t at)
{
    const float ratio = ratio_of(a), last = (float)(a->in - 1);
    nn_nchw8c_tap t;
    if (a->params->mode == NN_RESIZE_NEAREST) {
        const float position = floorf((float)at * ratio);
        t.a = t.b = position < last ? (int32_t)position : (int32_t)(a->in - 1);
        t.weight = 0.0f;
        return t;
    }
    float position = (float)at * ratio;
    if (!a->params->align_corners)
        position = fmaxf(ratio * ((float)at + 0.5f) - 0.5f, 0.0f);
    t.a = position < last ? (int32_t)position : (int32_t)(a->in - 1);
    t.b = t.a < a->in - 1 ? t.a + 1 : t.a;
    t.weight = fminf(position - (float)t.a, 1.0f);
    return t;
}

void nn_resize_find_taps(const nn_op_call *call, int axis, nn_nchw8c_tap *taps)
{
    const nn_resize_axis a = nn_resize_axis_of(call, axis);
    for (int64_t i = 0; i < a.out; i++)
        taps[i] = nn_resize_find_tap(&a, i);
}

void nn_resize_reach(const nn_resize_params *p, bool like, int axis, int64_t in, int64_t out,
                     int64_t at, int64_t *first, int64_t *last)
{
    const nn_resize_axis a = {p, like, axis, in, out};
    const nn_nchw8c_tap t = nn_resize_find_tap(&a, at);
    *first = t.a;
    *last = t.weight > 0 ? t.b : t.a;
}
