// SPDX-License-Identifier: MIT
// Structured pruning: a smaller ordinary network, without the channels that matter least.
#ifndef NN_PRUNE_PRUNE_H
#define NN_PRUNE_PRUNE_H

#include "nn/base/api.h"
#include "nn/graph/model.h"

// What a channel is worth.
typedef enum nn_prune_method {
    // First-order Taylor: the squared change of the loss when the channel is zero, from gradients
    // that nn_pruner_observe was given (Molchanov 2019, Importance estimation for neural network
    // pruning, section 3.1), for each multiply-add that the channel costs.
    NN_PRUNE_TAYLOR,
    NN_PRUNE_BN, // scale of its batch norms (Liu 2017, network slimming)
    NN_PRUNE_L1, // sum of absolute weights, relative to its layer's mean (Li 2017)
    NN_PRUNE_METHODS
} nn_prune_method;

NN_API extern NN_API const char *const nn_prune_method_names[]; // "taylor", ..., ends with NULL

typedef struct nn_prune_options {
    nn_prune_method method;
    int multiple; // channels of a layer are removed down to multiples of this; 0: 8, as kernels
                  // compute blocks of 8
    float floor;  // part of a layer's channels that stays at least; 0: an eighth
} nn_prune_options;

typedef struct nn_pruner nn_pruner;

// Finds the channels of `model` (borrowed, unchanged, outlives the pruner) that can be removed:
// those that no output of the graph shows and that every operator before the layers that read them
// keeps apart. Channels that are added, multiplied, joined or moved together go together. `inputs`
// has the shape of each input of the graph; `options` may be NULL. NN_EINVAL: there are none, or
// the method has nothing to go by.
NN_API nn_status nn_pruner_new(nn_pruner **out, const nn_model *model, const nn_shape *inputs,
                               const nn_prune_options *options, nn_error *err);
NN_API void nn_pruner_free(nn_pruner *p); // NULL is a no-op

// Taylor: the gradients of a batch, one for each parameter (data NULL where there is none: channels
// that have no gradient at all stay).
NN_API void nn_pruner_observe(nn_pruner *p, const nn_tensor *grads);

// Multiply-accumulates of a run of the model at the inputs' shapes.
NN_API double nn_pruner_macs(const nn_pruner *p);
// The fewest that can be reached.
NN_API double nn_pruner_least_macs(nn_pruner *p);

// Makes the model without the least channels, so that it takes at most `macs`. NN_EINVAL: so few
// cannot be reached (the text says how many can), or taylor has observed nothing.
NN_API nn_status nn_pruner_make(nn_pruner *p, double macs, nn_model **out, nn_error *err);

// A convolution or dense layer, in the order of the graph, before and after nn_pruner_make.
typedef struct nn_prune_layer {
    const char *name;
    int64_t channels, kept;
    double macs, kept_macs;
} nn_prune_layer;

NN_API int nn_pruner_layer_count(const nn_pruner *p);
NN_API nn_prune_layer nn_pruner_layer(const nn_pruner *p, int i);

#endif
