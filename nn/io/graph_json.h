// SPDX-License-Identifier: MIT
// A graph as JSON text, beside the tensors of its parameters: the metadata key "neroscale.graph" of
// a safetensors file.
#ifndef NN_IO_GRAPH_JSON_H
#define NN_IO_GRAPH_JSON_H

#include "nn/io/io.h"

// {"version": 1,
//  "inputs": [{"name": "image", "shape": [1, 3, 416, 416]}],
//  "parameters": [{"name": "stem.weight", "kind": "weight"}],
//  "nodes": [{"name": "stem", "op": "conv2d", "in": ["image", "stem.weight", null],
//             "params": {"stride": [2, 2], "groups": 1}}],
//  "outputs": [{"name": "boxes", "value": "stem"}]}
//
// An input has a shape when the graph is for that one only. Kinds are "weight", "bias" and
// "buffer". A node names values that stand before it, null is an optional input that is absent, and
// its params are the op's fields (nn/ops/op.h): what is zero may be left out, an array ends with
// the last number that is not, an enum is a name, a float that is not finite "inf", "-inf" or
// "nan".

// `fixed_inputs` is a shape for each input, or NULL. *json is freed with nn_free. NN_EINVAL for
// what the text cannot hold, such as a name that is no plain text.
nn_status nn_graph_to_json(const nn_graph *g, const nn_shape *fixed_inputs, char **json,
                           nn_error *err);

// Reads such a text. The parameters get the shapes of the tensors of `b` with their names. The
// caller owns *fixed_inputs; it is NULL when the graph is not bound to a size. nn_graph_infer must
// check the parameters of the operators before any other use.
nn_status nn_graph_from_json(nn_graph **out, nn_shape **fixed_inputs, const char *json,
                             const nn_bundle *b, nn_error *err);

#endif
