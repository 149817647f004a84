// SPDX-License-Identifier: MIT
// ncnn models: the layers in NAME.param, the weights in NAME.bin beside it.
#ifndef NN_IO_NCNN_NCNN_H
#define NN_IO_NCNN_NCNN_H

#include "nn/io/graph_format.h"

// Reads both files into a model. Nodes are named after layers, parameters LAYER.weight, LAYER.bias
// and so on, inputs and outputs after blobs; blobs that no layer reads are outputs. Weights are
// float32 or float16 (m->half). A network that can accept any picture size does so (no
// fixed_inputs). Its usual size is that of the file, else 416x416, or 224x224 with linear layers.
// All unknown layer types are listed before any tensor is allocated (NN_EUNSUPPORTED). Not
// supported, with an error that says so: int8, tables of weights, expressions as sizes, binary
// .param files. `options` may be NULL.
nn_status nn_ncnn_parse(nn_model **out, const void *param, size_t param_size, const void *bin,
                        size_t bin_size, const nn_graph_load_options *options, nn_error *err);

// Whether a path is either of the two files, with the other one beside it.
bool nn_ncnn_probe_file(const char *path);
nn_status nn_ncnn_load(nn_model **out, const char *path, const nn_graph_load_options *options,
                       nn_error *err);

#endif
