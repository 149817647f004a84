// SPDX-License-Identifier: MIT
// Runs a network for many pictures as fast as it predicts, and only as far as some of its layers.
#ifndef NN_EXPLAIN_LAYER_RUNNER_H
#define NN_EXPLAIN_LAYER_RUNNER_H

#include "nn/explain/explain.h"

typedef struct nn_layer_runner nn_layer_runner;

// Prepares the part of the explainer's network that `count` of its layers are made of: norms are
// folded and weights packed, so values differ from those of the explainer by rounding. The
// explainer is borrowed, and stays as it is.
nn_status nn_layer_runner_new(nn_layer_runner **out, nn_explainer *e, const int *layers, int count,
                              nn_error *err);
void nn_layer_runner_free(nn_layer_runner *r); // NULL is a no-op
// Bytes of the plans, with packed weights.
size_t nn_layer_runner_bytes(const nn_layer_runner *r);

// Runs a frame, prepared as the explainer does.
nn_status nn_layer_runner_see(nn_layer_runner *r, const nn_frame *frame, nn_error *err);
// Values of layers[i], 1 x C x H x W or 1 x C; valid until the next frame.
const nn_tensor *nn_layer_runner_values(const nn_layer_runner *r, int i);

#endif
