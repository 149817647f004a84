// SPDX-License-Identifier: MIT
// Models whose graph is in the file with their parameters.
#ifndef NN_IO_MODEL_GRAPH_H
#define NN_IO_MODEL_GRAPH_H

#include "nn/base/api.h"
#include "nn/io/graph_json.h"

#define NN_MODEL_GRAPH_KEY "neroscale.graph"

// Whether the card's network and options rebuild the graph of the model.
NN_API bool nn_model_is_zoo(const nn_model *m);

// Makes a model of the graph in the metadata of the bundle. A card without a task is completed as
// for graph formats (graph_card.h), with the sidecar of `path` unless that is NULL. The graph is
// checked for the input shapes to which it is bound, else for an image of the card's size.
nn_status nn_model_graph_load(nn_model **out, const nn_card *card, const nn_bundle *b,
                              const char *path, const nn_model_hints *hints, nn_error *err);

#endif
