// SPDX-License-Identifier: MIT
// A graph with its parameters and card: the contents of a model file.
#ifndef NN_GRAPH_MODEL_H
#define NN_GRAPH_MODEL_H

#include "nn/base/api.h"
#include "nn/graph/card.h"
#include "nn/graph/graph.h"
#include "nn/graph/tail.h"

#include <stdint.h>

typedef struct nn_model {
    nn_graph *graph;   // owned
    nn_tensor *params; // owned, one float32 tensor per parameter index of the graph
    nn_card card;
    // weights were read as float16; compiled plans may keep them so (nn_plan_options.half)
    bool half;
    nn_shape *fixed_inputs; // owned; the only input shapes that the graph accepts; NULL: any
    nn_tail *tail;          // shared; what is computed from the outputs of the graph; NULL: nothing
} nn_model;

// Takes over `graph` (also on failure) and allocates zeroed parameters for it. Running variances
// (names ending in "running_var") and norm scales start at 1; nn_model_init_random sets the rest.
nn_status nn_model_new(nn_model **out, nn_graph *graph, nn_error *err);
NN_API void nn_model_free(nn_model *m);

// The shape of input i for one picture of height x width (0: the card's): the fixed one, tokens of
// a text for the second input of a dual encoder (zoo head "clip"), else 1xCxHxW.
NN_API nn_shape nn_model_input_shape(const nn_model *m, int i, int height, int width);

// The parameter tensor of this name, NULL when there is none.
NN_API nn_tensor *nn_model_param(nn_model *m, const char *name);

// Initialises weights of rank >= 2 as He 2015 (fan-out; fan-in where fan-out is 0), biases as zero,
// norm scales as 1, and elastic matrices ("to5", "to3") as the identity. The same seed gives the
// same numbers.
NN_API void nn_model_init_random(nn_model *m, uint64_t seed);
// Sets the deterministic parameters of the numerical reference: a pure function of name and shape.
NN_API void nn_model_init_reference(nn_model *m);
// Fills the input of the numerical reference: float32 in [-1, 1), a pure function of the shape.
NN_API void nn_fill_reference_input(const nn_tensor *input);

// The number of trained parameters, without buffers.
NN_API int64_t nn_model_param_count(const nn_model *m);

// Turns *m into a model for inference. Batch norms are folded into the convolution or linear layer
// before them; activations move into the node before; dropout and auxiliary outputs are removed;
// elastic kernels stay. A sum moves into a convolution before it where the shapes at the card's
// input size (or fixed_inputs) show that both sides are equal. `disabled_passes` has the nn_pass
// bits of rewrites to leave out, 0 for none. Unchanged parameters are moved, not copied. On failure
// *m is unchanged.
NN_API nn_status nn_model_fuse(nn_model **m, unsigned disabled_passes, nn_error *err);

// Interpolates the parameters of a model towards those of another model of the same network,
// matched by name: part 0 leaves m unchanged, 1 copies the other. A blend of a model and its
// fine-tuned version knows the new task and forgets less of the old one (Wortsman 2022, Robust
// fine-tuning of zero-shot models, section 3). NN_ESHAPE names a parameter that the other model
// lacks.
NN_API nn_status nn_model_blend(nn_model *m, const nn_model *other, float part, nn_error *err);

#endif
