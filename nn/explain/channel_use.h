// SPDX-License-Identifier: MIT
// Which channels of a network do nothing for a set of pictures, and which are always at their
// limit.
#ifndef NN_EXPLAIN_CHANNEL_USE_H
#define NN_EXPLAIN_CHANNEL_USE_H

#include "nn/explain/explain.h"

typedef struct nn_channel_use nn_channel_use;

typedef struct nn_channel_facts {
    float least, most, mean, deviation; // of all values of all pictures
    float zeros;                        // part of the values that are 0, 0 .. 1
    float at_limit; // part of the values that are at a limit of the layer's activation
    // At least 95 % of the values are at the same limit.
    bool saturated;
    // Not saturated, and all values of all pictures are the same, or none is above 0 behind a ReLU.
    bool dead;
} nn_channel_facts;

// Begins with an explainer (borrowed) and all its layers.
NN_API nn_status nn_channel_use_new(nn_channel_use **out, const nn_explainer *e, nn_error *err);
NN_API void nn_channel_use_free(nn_channel_use *u); // NULL is a no-op

// Adds the values of the picture that the explainer saw last.
NN_API void nn_channel_use_add(nn_channel_use *u);
NN_API int64_t nn_channel_use_pictures(const nn_channel_use *u);

// What was seen of a channel. Limits of activations: 6 of relu6 (and its like), 0 and 1 of sigmoid
// and hard_sigmoid, -1 and 1 of tanh, within 0.01. Other layers have none, and never saturate.
NN_API nn_channel_facts nn_channel_use_facts(const nn_channel_use *u, int layer, int channel);
// Dead and saturated channels of a layer; `saturated` may be NULL.
NN_API int nn_channel_use_dead(const nn_channel_use *u, int layer, int *saturated);

#endif
