// SPDX-License-Identifier: MIT
// Private to app/visualize: which channels and layers tell most.
#ifndef APP_VISUALIZE_CHOOSE_H
#define APP_VISUALIZE_CHOOSE_H

#include "nn/explain/explain.h"

// The channels of 1 x C x H x W or 1 x C values with the largest value, largest first; at most
// `most`. `channel` has room for C. Returns how many.
int app_choose_channels(const nn_tensor *values, int most, int *channel);

// The layers with maps that end a step: of convolution, norm and activation the last one; without
// those that only change the form. Evenly chosen when there are more than `most`. `layer` has room
// for all.
int app_choose_layers(const nn_explainer *e, int most, int *layer);

#endif
