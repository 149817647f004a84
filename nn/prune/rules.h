// SPDX-License-Identifier: MIT
// The rules of the operators, and the walk that applies them.
#ifndef NN_PRUNE_RULES_H
#define NN_PRUNE_RULES_H

#include "nn/prune/channels.h"

// What is known of an operator.
typedef struct nn_channel_rule {
    const nn_op *op;
    void (*find)(nn_channels *c, int node, const nn_node_info *info);
    // Changes the parameters of the node for what stays; NULL: they do not depend on it.
    void (*rewrite)(const nn_channels *c, const nn_node_info *info, const bool *removed,
                    void *params);
} nn_channel_rule;

const nn_channel_rule *nn_channel_rule_of(const nn_op *op); // NULL: none

// Walks the graph once and unites what depends on each other. An operator without a rule keeps the
// channels of its inputs, as do the inputs and outputs of the graph. Release *c also on failure.
nn_status nn_channels_find(nn_channels *c, const nn_graph *g, const nn_shape *shapes,
                           nn_error *err);

#endif
