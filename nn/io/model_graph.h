// SPDX-License-Identifier: MIT
// Models whose graph is in the file with their parameters.
#ifndef NN_IO_MODEL_GRAPH_H
#define NN_IO_MODEL_GRAPH_H

#include "nn/base/api.h"
#include "nn/io/graph_json.h"

// Keys of the metadata of our files.
#define NN_MODEL_CARD_KEY "neroscale"
#define NN_MODEL_GRAPH_KEY "neroscale.graph"

// Whether the card's network and options rebuild the graph of the model.
NN_API bool nn_model_is_zoo(const nn_model *m);

// Makes a model of the graph in the metadata's metadata, with a copy of `card`. The graph suits its
// inputs' shapes: those it is bound to, else an image of the card's size. input_h, input_w > 0: the
// size that is wanted; NN_ESHAPE when it is bound to another one.
nn_status nn_model_graph_load(nn_model **out, const nn_card *card, const nn_bundle *b, int input_h,
                              int input_w, nn_error *err);

#endif
