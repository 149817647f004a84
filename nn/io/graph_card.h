// SPDX-License-Identifier: MIT
// Finds out what a network of a graph format is for: its card.
#ifndef NN_IO_GRAPH_CARD_H
#define NN_IO_GRAPH_CARD_H

#include "nn/graph/model.h"

struct nn_sidecar;

// Completes the card of a model that was just read. The card that its file has stays; without one
// (no task) it gets the defaults of `head`, else of the sidecar's head, else of the head that the
// reader put there, else of the only one that its outputs suit or of several `usual` (NULL: none;
// card.guessed), and a model that none suits keeps an empty card. Then the sidecar's keys are
// written over it. `sidecar` and `head` (which must exist) may be NULL; a head that does not suit
// the outputs is NN_ESHAPE.
nn_status nn_graph_card_find(nn_model *m, const struct nn_sidecar *sidecar, const char *head,
                             const char *usual, nn_error *err);

// For a model whose card stayed empty: NN_EUNSUPPORTED and a text with its outputs, the heads that
// they could be of, or all there are.
nn_status nn_graph_card_refuse(const nn_model *m, nn_error *err);

#endif
