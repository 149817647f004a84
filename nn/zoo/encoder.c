// SPDX-License-Identifier: MIT
// Attention, and the transformer encoder layer over the cells of a feature map.
#include "nn/zoo/encoder.h"

#include "nn/zoo/layers.h"

#include <math.h>

#define LN_EPS 1e-5f

static nn_value transpose(nn_graph *g, const char *name, nn_value x, nn_transpose_params p)
{
    return nn_graph_node(g, &nn_op_transpose, name, &p, &x, 1);
}

static nn_value reshape(nn_graph *g, const char *name, nn_value x, nn_reshape_params p)
{
    return nn_graph_node(g, &nn_op_reshape, name, &p, &x, 1);
}

static nn_value multiply(nn_graph *g, const char *name, nn_value a, nn_value b, nn_matmul_params p)
{
    return nn_graph_node(g, &nn_op_matmul, name, &p, (const nn_value[]){a, b}, 2);
}

nn_value nn_zoo_attention(nn_graph *g, const char *prefix, nn_value qkv, int c, int heads)
{
    return nn_zoo_masked_attention(g, prefix, qkv, NN_NO_VALUE, c, heads);
}

nn_value nn_zoo_masked_attention(nn_graph *g, const char *prefix, nn_value qkv, nn_value mask,
                                 int c, int heads)
{
    static const char *const parts[] = {"q", "k", "v"};
    nn_value part[3];
    nn_value x = reshape(g, NAME("%s.split", prefix), qkv,
                         (nn_reshape_params){5, {0, 0, 3, heads, c / heads}});
    // (3,N,heads,L,d)
    x = transpose(g, NAME("%s.heads", prefix), x, (nn_transpose_params){5, {2, 0, 3, 1, 4}});
    for (int i = 0; i < 3; i++) {
        const nn_slice_params p = {.axis = 0, .begin = i, .end = i + 1, .step = 1};
        part[i] = nn_graph_node(g, &nn_op_slice, NAME("%s.%s", prefix, parts[i]), &p, &x, 1);
    }
    const nn_matmul_params product = {.trans_b = 1, .alpha = 1 / sqrtf((float)(c / heads))};
    nn_value a = multiply(g, NAME("%s.scores", prefix), part[0], part[1], product);
    if (mask != NN_NO_VALUE)
        a = nn_layer_add(g, NAME("%s.mask", prefix), a, mask);
    a = nn_graph_node(g, &nn_op_softmax, NAME("%s.softmax", prefix), &(nn_softmax_params){-1}, &a,
                      1);
    a = multiply(g, NAME("%s.attend", prefix), a, part[2], (nn_matmul_params){.alpha = 1});
    // (N,L,1,heads,d)
    a = transpose(g, NAME("%s.join", prefix), a, (nn_transpose_params){5, {1, 3, 0, 2, 4}});
    return reshape(g, NAME("%s.merge", prefix), a, (nn_reshape_params){3, {0, 0, c}});
}

nn_value nn_zoo_encoder_layer(nn_graph *g, const char *prefix, nn_value x, int channels, int heads,
                              float skip)
{
    const nn_transpose_params swap = {3, {0, 2, 1}};
    nn_value t = nn_layer_flatten(g, NAME("%s.flatten", prefix), x, 2);
    t = transpose(g, NAME("%s.tokens", prefix), t, swap);
    nn_value y = nn_layer_layer_norm(g, NAME("%s.norm1", prefix), t, channels, LN_EPS);
    y = nn_layer_linear(g, NAME("%s.qkv", prefix), y, channels, 3 * channels, 1);
    y = nn_zoo_attention(g, prefix, y, channels, heads);
    y = nn_layer_linear(g, NAME("%s.proj", prefix), y, channels, channels, 1);
    y = nn_layer_dropout(g, NAME("%s.skip1", prefix), y, skip, 1);
    t = nn_layer_add(g, NAME("%s.add1", prefix), t, y);
    y = nn_layer_layer_norm(g, NAME("%s.norm2", prefix), t, channels, LN_EPS);
    y = nn_layer_linear(g, NAME("%s.fc1", prefix), y, channels, 2 * channels, 1);
    y = nn_layer_act(g, NAME("%s.gelu", prefix), y, NN_ACT_GELU);
    y = nn_layer_linear(g, NAME("%s.fc2", prefix), y, 2 * channels, channels, 1);
    y = nn_layer_dropout(g, NAME("%s.skip2", prefix), y, skip, 1);
    t = nn_layer_add(g, NAME("%s.add2", prefix), t, y);
    t = transpose(g, NAME("%s.cells", prefix), t, swap);
    // Back to the height and width of x when the graph runs.
    const nn_value in[] = {t, x};
    return nn_graph_node(g, &nn_op_reshape, NAME("%s.map", prefix), &(nn_reshape_params){0}, in, 2);
}
