// SPDX-License-Identifier: MIT
// Finds out what an ONNX model is for: its card.
#ifndef NN_IO_ONNX_CARD_H
#define NN_IO_ONNX_CARD_H

#include "nn/graph/model.h"

// Completes the card of a model read from `path`: what its metadata said stays; else the sidecar,
// the file with ".json" in place of ".onnx"; else the defaults of `head`, or, when that is NULL, of
// the only head that its outputs suit. A model that none suits keeps an empty card.
nn_status nn_onnx_find_card(nn_model *m, const char *path, const char *head, nn_error *err);

#endif
