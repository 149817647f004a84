// SPDX-License-Identifier: MIT
// The scale of an output's weights, and the weights rounded.
#include "nn/quantize/weights.h"

#include "nn/ops/int8/int8.h"

#include <math.h>

// -127 to 127: the sums of two products of u8 and s8 that some processors make stay away from the
// end of their range.
static void round_all(float *whole, const float *x, int64_t count, float scale)
{
    for (int64_t i = 0; i < count; i++)
        whole[i] = fminf(fmaxf(rintf(x[i] / scale), -127), 127);
}

// Takes from those of `n` weights that lost least so far until their sum is small.
static void shrink(float *whole, const float *x, float scale, const int64_t *at, int n)
{
    float sum = 0;
    for (int k = 0; k < n; k++)
        sum += fabsf(whole[at[k]]);
    for (; sum > NN_INT8_SMALL; sum--) {
        int64_t one = -1;
        float kept = 0;
        for (int k = 0; k < n; k++) {
            const float more = fabsf(whole[at[k]]) - fabsf(x[at[k]]) / scale;
            if (whole[at[k]] != 0 && (one < 0 || more > kept)) {
                one = at[k];
                kept = more;
            }
        }
        whole[one] -= copysignf(1, whole[one]);
    }
}

double nn_quantize_small_weights(float *whole, const float *x, const nn_shape *weight, float scale)
{
    const int64_t count = nn_shape_span(weight, 1, NN_MAX_RANK);
    double error = 0;
    round_all(whole, x, count, scale);
    for (int order = 0; order < nn_int8_orders(weight); order++)
        for (int64_t s = nn_int8_sums(weight, order) - 1; s >= 0; s--) {
            int64_t at[4];
            const int n = nn_int8_sum_at(weight, order, s, at);
            shrink(whole, x, scale, at, n);
        }
    for (int64_t i = 0; i < count; i++) {
        const double off = (double)x[i] - (double)whole[i] * (double)scale;
        error += off * off;
    }
    return error;
}

// The least scale with which no weight has to shrink, but for the rounding.
static float strict_scale(const float *x, const nn_shape *weight)
{
    float most = 0;
    for (int order = 0; order < nn_int8_orders(weight); order++)
        for (int64_t s = nn_int8_sums(weight, order) - 1; s >= 0; s--) {
            int64_t at[4];
            float sum = 0;
            for (int n = nn_int8_sum_at(weight, order, s, at); n > 0; n--)
                sum += fabsf(x[at[n - 1]]);
            most = fmaxf(most, sum);
        }
    return most / NN_INT8_SMALL;
}

void nn_quantize_weights(float *whole, float *scale, const float *x, const nn_shape *weight,
                         float least, bool small)
{
    enum { STEPS = 8 };
    const int64_t count = nn_shape_span(weight, 1, NN_MAX_RANK);
    float most = 0;
    for (int64_t i = 0; i < count; i++)
        most = fmaxf(most, fabsf(x[i]));
    *scale = most > 0 && isfinite(most) ? fmaxf(most / 127, least) : 1;
    const float full = *scale, strict = fmaxf(strict_scale(x, weight), full);
    if (!small || !isfinite(strict)) {
        round_all(whole, x, count, full);
        return;
    }
    double fewest = INFINITY;
    for (int i = 0; i <= STEPS; i++) {
        const float one = full + (strict - full) * (float)i / STEPS;
        const double error = nn_quantize_small_weights(whole, x, weight, one);
        if (error < fewest) {
            fewest = error;
            *scale = one;
        }
    }
    nn_quantize_small_weights(whole, x, weight, *scale);
}
