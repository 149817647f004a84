// SPDX-License-Identifier: MIT
// Guided backpropagation (Springenberg 2015, section 3.4): gradients that are rectified at each
// rectifier on top of its own mask.
#include "nn/explain/explain_internal.h"
#include "nn/explain/rules.h"

static nn_backward_fn *rule(const nn_node_info *node)
{
    return nn_rule_is_rectifier(node) ? nn_rule_guided(node) : NULL;
}

static nn_status run(nn_explainer *e, const nn_explain_target *t, const nn_explain_settings *s,
                     nn_explain_map *map, nn_error *err)
{
    (void)s;
    return nn_explain_pixels(e, t, rule, false, map, err);
}

const nn_explain_method nn_explain_guided = {
    .word = "guided",
    .help = "gradients of what speaks for the target at every step (Springenberg 2015)",
    .kind = NN_EXPLAIN_PICTURE,
    .run = run,
};
