// SPDX-License-Identifier: MIT
// Private to nn/io: class names in the metadata of Ultralytics' exporters.
#ifndef NN_IO_ONNX_ONNX_NAMES_H
#define NN_IO_ONNX_ONNX_NAMES_H

#include "nn/graph/card.h"

// Sets the labels from the text of a Python dictionary {0: 'person', 1: 'car'} or list ['person',
// 'car']. Other programs may use the key "names", too: other texts leave the card unchanged without
// an error. NN_ENOMEM.
nn_status nn_onnx_read_names(nn_card *card, const char *text, nn_error *err);

#endif
