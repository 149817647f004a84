// SPDX-License-Identifier: MIT
// Completes the card of a network of a graph format.
#ifndef NN_PREDICT_GRAPH_CARD_H
#define NN_PREDICT_GRAPH_CARD_H

#include "nn/graph/model.h"

struct nn_sidecar;

// Completes the card of a model that was just read. A card from the file stays. A card without a
// task gets the defaults of `head`, else of the sidecar's head, else of the head that the reader
// set, else of the only head that fits the outputs, or of `usual` among several (NULL: none;
// card.guessed); `usual` counts, too, where the outputs may be something else than that head's.
// When none fits, the card stays empty. Then the keys of the sidecar are written over it. `sidecar`
// and `head` (which must exist) may be NULL. NN_ESHAPE when a given head does not fit the outputs.
nn_status nn_graph_card_find(nn_model *m, const struct nn_sidecar *sidecar, const char *head,
                             const char *usual, nn_error *err);

// The error for a model whose card stayed empty: NN_EUNSUPPORTED with its outputs and the heads
// that may fit, or all heads.
nn_status nn_graph_card_refuse(const nn_model *m, nn_error *err);

#endif
