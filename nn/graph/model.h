// SPDX-License-Identifier: MIT
// A graph together with its parameters and card: everything a model file says.
#ifndef NN_GRAPH_MODEL_H
#define NN_GRAPH_MODEL_H

#include "nn/base/api.h"
#include "nn/graph/card.h"
#include "nn/graph/graph.h"

#include <stdint.h>

typedef struct nn_model {
    nn_graph *graph;   // owned
    nn_tensor *params; // owned, one float32 tensor per parameter index of the graph
    nn_card card;
    bool half; // weights came as float16: compiled plans may keep them so (nn_plan_options.half)
    nn_shape *fixed_inputs; // owned; the only input shapes that the graph is for, NULL: not bound
} nn_model;

// Takes over `graph` (also on failure) and allocates zeroed parameters for it; running variances
// (names ending in "running_var") and norm scales start at 1, see nn_model_init_random for the
// rest.
nn_status nn_model_new(nn_model **out, nn_graph *graph, nn_error *err);
NN_API void nn_model_free(nn_model *m);

// Parameter tensor by name, NULL when there is none.
NN_API nn_tensor *nn_model_param(nn_model *m, const char *name);

// He-normal (fan-out 0: fan-in; He 2015) weights for rank >= 2, zero biases, norm scale 1; elastic
// matrices ("to5", "to3") the identity. The same seed gives the same numbers.
NN_API void nn_model_init_random(nn_model *m, uint64_t seed);
// The deterministic parameters of the numerical reference: a pure function of name and shape.
NN_API void nn_model_init_reference(nn_model *m);
// The input that goes with them: float32 in [-1, 1), a pure function of the shape.
NN_API void nn_fill_reference_input(const nn_tensor *input);

// Number of trained parameters (buffers not counted).
NN_API int64_t nn_model_param_count(const nn_model *m);

// Turns *m into a model for inference: batch norm folded into the convolution or linear layer
// before it, activations fused into their producer, dropout and auxiliary outputs removed, elastic
// kernels kept. Sums go into a convolution before them where the card's input size (or
// fixed_inputs) shows that both sides have the same shape. `without`: nn_pass bits of rewrites to
// leave out, 0 for none. Parameters that do not change are not copied; on failure *m is as it was.
NN_API nn_status nn_model_fuse(nn_model **m, unsigned without, nn_error *err);

// Moves the parameters of a model towards those of another one of the same network, which goes by
// names: part 0 leaves them, 1 makes them the other's. Between a model and what a training made of
// it lie models that know the new and forget less of the old (Wortsman 2022, Robust fine-tuning of
// zero-shot models, section 3). NN_ESHAPE names what the other has not.
NN_API nn_status nn_model_blend(nn_model *m, const nn_model *other, float part, nn_error *err);

#endif
