// SPDX-License-Identifier: MIT
// Shared by the Inception networks: parallel chains of convolutions, concatenated over channels.
#include "nn/zoo/inception.h"

#include "nn/zoo/layers.h"

#define BN_EPS 1e-3f

static nn_layer_name join(const char *prefix, const char *leaf)
{
    return nn_layer_name_of(*prefix && *leaf ? "%s.%s" : "%s%s", prefix, leaf);
}

nn_value nn_inception_unit(nn_graph *g, const nn_unit_names *names, const char *prefix, nn_value x,
                           int *channels, const nn_inception_step *step)
{
    const nn_layer_name name = join(prefix, step->name);
    const nn_conv_spec spec = {
        .in = *channels,
        .out = step->out,
        .kernel = step->kernel_h,
        .kernel_w = step->kernel_w,
        .stride = step->stride,
        .pad = step->same || names->exact ? step->kernel_h / 2 : 0,
        .pad_w = step->same || names->exact ? step->kernel_w / 2 : 0,
        .bias = !names->norm,
    };
    *channels = step->out;
    x = nn_layer_conv(g, join(name.text, names->conv).text, x, &spec);
    if (names->norm)
        x = nn_layer_batch_norm(g, join(name.text, names->norm).text, x, step->out, BN_EPS);
    return nn_layer_act(g, join(name.text, names->act).text, x, NN_ACT_RELU);
}

static nn_value add_pool(nn_graph *g, const char *name, nn_value x, const nn_inception_branch *b,
                         bool exact)
{
    const int pad = exact ? 1 : b->pool_pad;
    if (b->kind == NN_INCEPTION_MAX)
        return nn_layer_max_pool(g, name, x, 3, b->pool_stride, pad, 0);
    if (b->kind == NN_INCEPTION_AVG)
        return nn_layer_avg_pool(g, name, x, 3, b->pool_stride, pad);
    return nn_layer_avg_pool_inside(g, name, x, 3, b->pool_stride, pad);
}

nn_value nn_inception_module(nn_graph *g, const nn_unit_names *names, const char *prefix,
                             nn_value x, int *channels, const nn_inception_branch *branches,
                             int count)
{
    nn_value parts[2 * NN_INCEPTION_BRANCHES];
    int n = 0, sum = 0;
    for (int i = 0; i < count; i++) {
        const nn_inception_branch *b = &branches[i];
        nn_value y = b->pool ? add_pool(g, join(prefix, b->pool).text, x, b, names->exact) : x;
        int c = *channels;
        const nn_inception_step *s = b->steps;
        for (; s->name && !(b->fork && !s[2].name); s++)
            y = nn_inception_unit(g, names, prefix, y, &c, s);
        if (!b->fork) {
            parts[n++] = y;
            sum += c;
            continue;
        }
        for (; s->name; s++) {
            int out = c;
            parts[n++] = nn_inception_unit(g, names, prefix, y, &out, s);
            sum += out;
        }
    }
    *channels = sum;
    return nn_layer_concat(g, NAME("%s.concat", prefix), parts, n, 1);
}
