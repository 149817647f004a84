// SPDX-License-Identifier: MIT
// Models whose graph lies in the file with their parameters.
#ifndef NN_IO_MODEL_GRAPH_H
#define NN_IO_MODEL_GRAPH_H

#include "nn/base/api.h"
#include "nn/io/graph_json.h"

#define NN_MODEL_GRAPH_KEY "neroscale.graph"

// Whether the model's graph is the one that its card's network and options rebuild.
NN_API bool nn_model_is_zoo(const nn_model *m);

// A model of the graph in the bundle's metadata. A card without a task is completed as those
// of graph formats are (graph_card.h), with the sidecar of `path` unless that is NULL. The graph
// suits its inputs' shapes: those it is bound to, else an image of the card's size.
nn_status nn_model_graph_load(nn_model **out, const nn_card *card, const nn_bundle *b,
                              const char *path, const nn_model_hints *hints, nn_error *err);

#endif
