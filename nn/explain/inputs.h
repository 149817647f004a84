// SPDX-License-Identifier: MIT
// Explanations by changed pictures: gradients of several inputs, and the target's value for them.
#ifndef NN_EXPLAIN_INPUTS_H
#define NN_EXPLAIN_INPUTS_H

#include "nn/explain/explain_internal.h"

// Writes picture number i of a series into `input` (3 x h x w); `picture` is the one that was seen.
typedef void nn_explain_input(const nn_explainer *e, void *ctx, int i, const float *picture,
                              float *input);

// The mean gradient of the pixels over `count` pictures, into `map`; the values of the picture that
// was seen are there again afterwards.
nn_status nn_explain_mean_gradient(nn_explainer *e, const nn_explain_target *t, int count,
                                   nn_explain_input *input, void *ctx, nn_explain_map *map,
                                   nn_error *err);

// The network's input for a grey of 0 .. 1 in plane c.
float nn_explain_grey(const nn_explainer *e, int c, float grey);
// Floats of a plane of the input.
int64_t nn_explain_plane(const nn_explainer *e);
// Runs the network on the picture that was seen.
void nn_explain_restore(nn_explainer *e);

#endif
