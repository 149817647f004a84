// SPDX-License-Identifier: MIT
// Private to nn/io: names of classes as Ultralytics' exporters leave them in a model's metadata.
#ifndef NN_IO_ONNX_ONNX_NAMES_H
#define NN_IO_ONNX_ONNX_NAMES_H

#include "nn/graph/card.h"

// Sets the labels from the text of a Python dictionary {0: 'person', 1: 'car'} or list ['person',
// 'car']. The key "names" is anybody's: a text that is something else leaves the card as it is and
// is no error. NN_ENOMEM.
nn_status nn_onnx_read_names(nn_card *card, const char *text, nn_error *err);

#endif
