// SPDX-License-Identifier: MIT
// Gradients of a target with respect to the pixels.
#include "nn/explain/explain_internal.h"

static nn_status run(nn_explainer *e, const nn_explain_target *t, const nn_explain_settings *s,
                     nn_explain_map *map, nn_error *err)
{
    (void)s;
    return nn_explain_pixels(e, t, NULL, false, map, err);
}

const nn_explain_method nn_explain_gradient = {
    .word = "gradient",
    .help = "how much each pixel moves the target (Simonyan 2014)",
    .kind = NN_EXPLAIN_PICTURE,
    .run = run,
};
