// SPDX-License-Identifier: MIT
// Projects activations back to the pixels (Zeiler and Fergus 2014, section 2.1): pooling is undone
// with the switches of the forward run, what comes back is rectified at each rectifier, filters are
// transposed.
//
// The paper leaves the rest open, and we do what its successors do. A chosen activation starts with
// its own value, a class with 1. Overlapping pools add up. Batch norms scale by their statistics.
// Normalisation across channels is passed over, as its scale is close to the same for a whole
// place. Anything else (means, sums, gates) passes its gradient.
#include "nn/explain/explain_internal.h"
#include "nn/explain/rules.h"
#include "nn/ops/ops.h"

static nn_backward_fn *rule(const nn_node_info *node)
{
    if (nn_rule_is_rectifier(node))
        return nn_rule_rectify;
    return node->op == &nn_op_local_response_norm ? nn_rule_pass : NULL;
}

static nn_status run(nn_explainer *e, const nn_explain_target *t, const nn_explain_settings *s,
                     nn_explain_map *map, nn_error *err)
{
    (void)s;
    return nn_explain_pixels(e, t, rule, true, map, err);
}

const nn_explain_method nn_explain_deconv = {
    .word = "deconv",
    .help = "activations projected back to the pixels (Zeiler and Fergus 2014)",
    .kind = NN_EXPLAIN_PICTURE,
    .run = run,
};
