// SPDX-License-Identifier: MIT
// Rules of the operators that move channels.
#ifndef NN_PRUNE_RULES_SHAPE_H
#define NN_PRUNE_RULES_SHAPE_H

#include "nn/prune/channels.h"

void nn_channels_concat(nn_channels *c, int i, const nn_node_info *node);
void nn_channels_slice(nn_channels *c, int i, const nn_node_info *node);
void nn_channels_reshape(nn_channels *c, int i, const nn_node_info *node); // flatten, too
void nn_channels_transpose(nn_channels *c, int i, const nn_node_info *node);
void nn_channels_reduce(nn_channels *c, int i, const nn_node_info *node);
void nn_channels_pad(nn_channels *c, int i, const nn_node_info *node);
void nn_channels_tile(nn_channels *c, int i, const nn_node_info *node);

// nn_channel_rule.rewrite
void nn_channels_rewrite_slice(const nn_channels *c, const nn_node_info *node, const bool *removed,
                               void *params);
void nn_channels_rewrite_reshape(const nn_channels *c, const nn_node_info *node,
                                 const bool *removed, void *params);

#endif
