// SPDX-License-Identifier: MIT
// Between the reader of ncnn models and the nodes it collects.
#ifndef NN_IO_NCNN_BUILD_H
#define NN_IO_NCNN_BUILD_H

#include "nn/graph/model.h"
#include "nn/io/ncnn/import.h"
#include "nn/io/ncnn/net.h"

enum { NN_NCNN_MAX_INPUTS = 16 };

// A parameter and where its numbers come from.
typedef struct nn_ncnn_numbers {
    int param; // of the graph
    const uint8_t *bytes;
    bool half;
    float *copy;                         // owned, instead of bytes
    int64_t count, groups, outer, inner; // outer > 0: (groups, outer, inner, rest) to be swapped
} nn_ncnn_numbers;

struct nn_ncnn_import {
    const nn_ncnn_net *net;
    const nn_ncnn_layer *layer; // being built
    nn_graph *graph;
    nn_ncnn_value *blobs; // of the net
    nn_ncnn_numbers *loads;
    int load_count, load_capacity;
    const uint8_t *bin; // what was not read yet
    size_t bin_left, budget;
    nn_shape shapes[NN_NCNN_MAX_INPUTS]; // of the inputs
    int n_inputs;
    bool bound;           // to these shapes
    bool images;          // there is one input, 3xHxW
    nn_ncnn_value scores; // of SSD: an output that the file has not
    nn_card card;         // head and anchors
    bool half;            // some weights are float16
    nn_error error;
};

// The type of layer called `name`, NULL when there is none.
const nn_ncnn_op *nn_ncnn_find_op(const char *name);
// Layers that end the graph: what goes into them are its outputs. Read tells the card what they
// know of these.
bool nn_ncnn_is_end(const char *type);
void nn_ncnn_read_end(nn_ncnn_node *n, nn_card *card);

// The parameters' numbers, once the model has room for them.
void nn_ncnn_fill(const nn_ncnn_import *m, nn_model *model);
void nn_ncnn_import_release(nn_ncnn_import *m); // but not the graph

#endif
