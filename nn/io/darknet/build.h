// SPDX-License-Identifier: MIT
// The interface for builders of Darknet's layers: layers with their shapes, options, weights, and
// nn_darknet_emit, which adds a node to the graph.
#ifndef NN_IO_DARKNET_BUILD_H
#define NN_IO_DARKNET_BUILD_H

#include "nn/graph/model.h"
#include "nn/io/darknet/cfg.h"
#include "nn/ops/ops.h"

enum { NN_DARKNET_MAX_FROM = NN_OP_MAX_IN };

// The output of a layer, with its shape at the input size for which the network is read.
typedef struct nn_darknet_value {
    nn_value value;
    nn_shape shape;
    bool fixed; // the shape does not depend on the input size
} nn_darknet_value;

// A parameter and the position of its values in the file, in floats behind the header.
typedef struct nn_darknet_numbers {
    int param; // of the graph
    int64_t first, count;
} nn_darknet_numbers;

typedef struct nn_darknet {
    const nn_cfg *cfg;
    const nn_cfg_section *section; // of the current layer
    int index;                     // index of its layer, from 0
    nn_graph *graph;
    nn_darknet_value *layers; // the layers so far, `index` of them
    nn_darknet_value in;      // output of the layer before, or the input
    nn_darknet_numbers *loads;
    int load_count, load_capacity;
    int64_t floats; // number of weights so far
    nn_shape input;
    bool bound;    // the network depends on this input size
    nn_card *card; // head and anchors
    int classes;   // of the head
    nn_error error;
} nn_darknet;

extern const nn_darknet_value nn_darknet_none; // result of failed calls

// Sets the first failure; afterwards all functions here do nothing.
void nn_darknet_fail(nn_darknet *d, nn_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool nn_darknet_failed(const nn_darknet *d);

// --- options, with what they are when they are absent. Other texts than numbers in the range fail
// with the line. ---
int nn_darknet_int(nn_darknet *d, const char *key, int otherwise, int low, int high);
double nn_darknet_number(nn_darknet *d, const char *key, double otherwise);
// Reads a list "1, 2, 3" of at most `most` numbers; returns their count, 0 when the option is
// missing.
int nn_darknet_list(nn_darknet *d, const char *key, double *out, int most);
const char *nn_darknet_text(const nn_darknet *d, const char *key, const char *otherwise);
// Fails when the option exists with another value, which is not supported.
void nn_darknet_refuse(nn_darknet *d, const char *key, int usual);
// Reads a list of layers; relative ones count from this layer. Returns their count, at least 1
// unless it failed.
int nn_darknet_layers(nn_darknet *d, const char *key, nn_darknet_value out[NN_DARKNET_MAX_FROM]);

// --- weights, in the order of the file; named layerI.suffix ---
nn_darknet_value nn_darknet_weight(nn_darknet *d, const char *suffix, nn_param_kind kind,
                                   nn_shape shape);

// --- nodes, named layerI.suffix, or layerI with NULL ---
nn_darknet_value nn_darknet_emit(nn_darknet *d, const char *suffix, const nn_op *op,
                                 const void *params, const nn_darknet_value *in, int n_in);
nn_darknet_value nn_darknet_unary(nn_darknet *d, const char *suffix, const nn_op *op,
                                  nn_darknet_value x);
nn_darknet_value nn_darknet_binary(nn_darknet *d, const char *suffix, const nn_op *op,
                                   nn_darknet_value a, nn_darknet_value b);
nn_darknet_value nn_darknet_slice(nn_darknet *d, const char *suffix, nn_darknet_value x, int axis,
                                  int64_t begin, int64_t end, int step);
nn_darknet_value nn_darknet_reshape(nn_darknet *d, const char *suffix, nn_darknet_value x,
                                    const nn_reshape_params *p);
// Flattens to (N, everything else). This binds the network to its input size, unless the shape is
// fixed.
nn_darknet_value nn_darknet_flatten(nn_darknet *d, nn_darknet_value x);
// Adds the function of the option "activation"; suffix "act".
nn_darknet_value nn_darknet_activate(nn_darknet *d, nn_darknet_value x, const char *otherwise);
// Checks that the input is an image N x C x H x W; fails and returns false otherwise.
bool nn_darknet_is_image(nn_darknet *d);

// --- builders of sections: what the layer makes, or a failure (github.com/AlexeyAB/darknet,
// src/parser.c) ---
nn_darknet_value nn_darknet_convolutional(nn_darknet *d), nn_darknet_connected(nn_darknet *d),
    nn_darknet_batchnorm(nn_darknet *d), nn_darknet_activation(nn_darknet *d);
nn_darknet_value nn_darknet_maxpool(nn_darknet *d), nn_darknet_avgpool(nn_darknet *d),
    nn_darknet_softmax(nn_darknet *d), nn_darknet_route(nn_darknet *d),
    nn_darknet_shortcut(nn_darknet *d), nn_darknet_scale_channels(nn_darknet *d),
    nn_darknet_sam(nn_darknet *d), nn_darknet_upsample(nn_darknet *d),
    nn_darknet_reorg(nn_darknet *d), nn_darknet_reorg3d(nn_darknet *d),
    nn_darknet_nothing(nn_darknet *d);
// Layers that end the network: their input becomes an output, and their anchors go into the card.
nn_darknet_value nn_darknet_yolo(nn_darknet *d), nn_darknet_region(nn_darknet *d);

#endif
