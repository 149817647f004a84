// SPDX-License-Identifier: MIT
// Which weights some processors multiply faster (NN_INT8_SMALL of kernels/int8conv.h): what the
// kernels add up, in terms of a layer's inputs and taps.
#include "nn/base/arith.h"
#include "nn/ops/int8/int8.h"

#include <math.h>

enum { FEW = 4 }; // channels of an image whose pixels may lie side by side

static int64_t taps_of(const nn_shape *weight)
{
    return nn_shape_span(weight, 2, NN_MAX_RANK);
}

// Inputs times taps of a stretch: all inputs at one tap, or a row of a kernel of few inputs.
static int64_t length_of(const nn_shape *weight, int order)
{
    return weight->dim[1] * (order ? weight->dim[3] : 1);
}

int nn_int8_orders(const nn_shape *weight)
{
    if (weight->rank < 2 || weight->dim[1] < 2)
        return 0;
    return weight->rank == 4 && weight->dim[1] <= FEW ? 2 : 1;
}

int64_t nn_int8_sums(const nn_shape *weight, int order)
{
    const int64_t stretches = order ? weight->dim[2] : taps_of(weight);
    return 2 * nn_divide_up(length_of(weight, order), 8) * stretches;
}

int nn_int8_sum_at(const nn_shape *weight, int order, int64_t sum, int64_t at[4])
{
    static const int place[4] = {0, 1, 4, 5};
    const int64_t taps = taps_of(weight), length = length_of(weight, order);
    const int64_t stretches = order ? weight->dim[2] : taps, stretch = sum % stretches;
    const int64_t first = sum / stretches / 2 * 8 + sum / stretches % 2 * 2;
    int n = 0;
    for (int k = 0; k < 4 && first + place[k] < length; k++) {
        const int64_t i = first + place[k], channels = weight->dim[1];
        at[n++] = order ? i % channels * taps + stretch * weight->dim[3] + i / channels
                        : i * taps + stretch;
    }
    return n;
}

static bool is_small(const nn_shape *shape, const float *row, int order)
{
    const int64_t sums = nn_int8_sums(shape, order);
    for (int64_t s = 0; s < sums; s++) {
        int64_t at[4];
        float sum = 0;
        for (int n = nn_int8_sum_at(shape, order, s, at); n > 0; n--)
            sum += fabsf(row[at[n - 1]]);
        if (sum > NN_INT8_SMALL)
            return false;
    }
    return true;
}

bool nn_int8_weights_are_small(const nn_tensor *weight)
{
    const nn_shape *s = &weight->shape;
    const int64_t length = nn_shape_span(s, 1, NN_MAX_RANK);
    const int orders = nn_int8_orders(s);
    for (int order = 0; order < orders; order++)
        for (int64_t o = 0; o < s->dim[0]; o++)
            if (!is_small(s, nn_tensor_f32(weight) + o * length, order))
                return false;
    return orders > 0;
}
