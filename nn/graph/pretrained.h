// SPDX-License-Identifier: MIT
// Models that were trained without labels: the start of others.
#ifndef NN_GRAPH_PRETRAINED_H
#define NN_GRAPH_PRETRAINED_H

#include "nn/base/api.h"
#include "nn/graph/card.h"

// Whether the task of the card is "pretrain": the outputs are features of whole pictures.
NN_API bool nn_card_is_pretrained(const nn_card *card);

#endif
