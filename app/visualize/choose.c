// SPDX-License-Identifier: MIT
// Chooses channels by their values, and layers by their operators.
#include "app/visualize/choose.h"

#include <glib.h>
#include <math.h>
#include <string.h>

typedef struct ranked {
    float value;
    int channel;
} ranked;

static int compare(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->value != y->value)
        return x->value > y->value ? -1 : 1;
    return x->channel - y->channel;
}

int app_choose_channels(const nn_tensor *values, int most, int *channel)
{
    const int channels = (int)values->shape.dim[1];
    const size_t plane = (size_t)(nn_shape_count(&values->shape) / MAX(1, channels));
    const float *data = values->data;
    g_autofree ranked *list = g_new(ranked, (gsize)channels);
    for (int c = 0; c < channels; c++) {
        list[c] = (ranked){-INFINITY, c};
        for (size_t i = 0; i < plane; i++)
            list[c].value = fmaxf(list[c].value, data[(size_t)c * plane + i]);
    }
    qsort(list, (size_t)channels, sizeof *list, compare);
    const int count = MIN(most, channels);
    for (int i = 0; i < count; i++)
        channel[i] = list[i].channel;
    return count;
}

// Whether an operator works on each number alone, so that its output stands for its input.
static bool is_pointwise(const char *op)
{
    static const char *const words[] = {"batch_norm", "layer_norm",   "local_response_norm",
                                        "relu",       "relu6",        "leaky_relu",
                                        "prelu",      "elu",          "gelu",
                                        "silu",       "mish",         "hard_swish",
                                        "sigmoid",    "hard_sigmoid", "tanh",
                                        "dropout",    "softplus",     "clip"};
    for (int i = 0; i < (int)G_N_ELEMENTS(words); i++)
        if (strcmp(op, words[i]) == 0)
            return true;
    return false;
}

static bool is_form(const char *op)
{
    static const char *const words[] = {"reshape", "flatten", "transpose", "slice",
                                        "dropout", "pad",     "reduce",    "softmax"};
    for (int i = 0; i < (int)G_N_ELEMENTS(words); i++)
        if (strcmp(op, words[i]) == 0)
            return true;
    return false;
}

int app_choose_layers(const nn_explainer *e, int most, int *layer)
{
    const int all = nn_explainer_layer_count(e);
    int count = 0;
    for (int i = 0; i < all; i++) {
        const nn_explain_layer l = nn_explainer_layer(e, i);
        if (l.height < 2 || l.width < 2 || is_form(l.op))
            continue;
        const nn_explain_layer next = i + 1 < all ? nn_explainer_layer(e, i + 1) : l;
        if (i + 1 < all && is_pointwise(next.op) && !is_form(next.op) &&
            next.channels == l.channels && next.height == l.height && next.width == l.width)
            continue;
        layer[count++] = i;
    }
    if (count <= most)
        return count;
    for (int i = 0; i < most; i++) // the first and the last stay
        layer[i] = layer[(int)((int64_t)i * (count - 1) / MAX(1, most - 1))];
    return most;
}
