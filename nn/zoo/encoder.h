// SPDX-License-Identifier: MIT
// Attention, and the transformer encoder layer over the cells of a feature map.
#ifndef NN_ZOO_ENCODER_H
#define NN_ZOO_ENCODER_H

#include "nn/graph/graph.h"

// softmax(q k^T / sqrt(d)) v for every head (Vaswani 2017, section 3.2): queries, keys and values
// of all tokens side by side (N,L,3C) -> (N,L,C), before the last linear layer.
nn_value nn_zoo_attention(nn_graph *g, const char *prefix, nn_value qkv, int channels, int heads);
// The same with a mask (L,L) that is added to the scores of every head; NN_NO_VALUE: none.
nn_value nn_zoo_masked_attention(nn_graph *g, const char *prefix, nn_value qkv, nn_value mask,
                                 int channels, int heads);

// One pre-norm encoder layer (Dosovitskiy 2021, section 3.1) over the H x W cells of x (N,C,H,W) as
// tokens, without position embedding, MLP ratio 2, GELU. Parameters PREFIX.norm1, qkv, proj, norm2,
// fc1, fc2. `heads` must divide `channels`. `skip` is the rate at which training leaves out each of
// its two branches for a picture (nn_layer_stochastic_depth).
nn_value nn_zoo_encoder_layer(nn_graph *g, const char *prefix, nn_value x, int channels, int heads,
                              float skip);

#endif
