// SPDX-License-Identifier: MIT
// How the sums of layers on bytes become results.
#include "nn/ops/int8/int8.h"

#include <math.h>

float nn_int8_unit(const nn_op_quantized *out)
{
    return 1 / (out->scale ? *out->scale : 1);
}

// Of a sum's real value, in y of nn_int8_requant.
static double find_unit(const nn_int8_layer *l)
{
    const double out_scale = l->out->scale ? (double)*l->out->scale : 1;
    return nn_int8_needs_curve(l->act) ? 2 : 1 / out_scale;
}

// A bias that is a whole number of products, as quantisers make it, is a part of the sum, as in
// other runtimes: scaled and rounded with it. Returns 0 for others, and where `room` is exceeded.
static int32_t whole_bias(double bias, double unit, int64_t room)
{
    const double products = bias / unit, whole = rint(products);
    return fabs(products - whole) < 1e-2 && fabs(whole) < (double)room ? (int32_t)whole : 0;
}

// The scale of a result in bytes, by the steps of other runtimes.
static float result_scale(float x, float weight, float out)
{
    const float sum = x * weight;
    return sum / out;
}

// Sums start without what the input's zero point adds to them; all else is in scale and shift.
nn_int8_channel nn_int8_find_channel(const nn_int8_layer *l, int64_t o, int64_t sum)
{
    const bool curve = nn_int8_needs_curve(l->act);
    const double unit = find_unit(l), zero = curve ? NN_INT8_CURVE_ZERO : 0;
    const double skip = l->skip ? unit * (double)*l->skip->scale * (double)l->skip->zero : 0;
    const float w_scale = l->weight->scale[l->weight->scales > 1 ? o : 0];
    const double scale = (double)*l->x->scale * (double)w_scale;
    const int32_t whole = l->bias ? whole_bias((double)l->bias[o], scale, 1 << 30) : 0;
    const double rest = !l->bias || whole ? 0 : (double)l->bias[o] * unit;
    return (nn_int8_channel){
        .start = whole - sum * (int64_t)l->x->zero,
        .scale = curve ? (float)(scale * unit)
                       : result_scale(*l->x->scale, w_scale, l->out->scale ? *l->out->scale : 1),
        .shift = (float)(rest + zero - skip),
    };
}

nn_int8_requant nn_int8_find_requant(const nn_int8_layer *l)
{
    nn_int8_requant r = {0};
    if (l->skip)
        r.skip_scale = (float)((double)*l->skip->scale * find_unit(l));
    if (l->out->scale) {
        nn_int8_limits_around_zero(&r, l->act, l->out);
    } else {
        nn_int8_limits(nn_int8_needs_curve(l->act) ? NN_ACT_NONE : l->act, l->out, &r.low, &r.high);
        r.slope = nn_act_slope(l->act);
    }
    return r;
}
