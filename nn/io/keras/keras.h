// SPDX-License-Identifier: MIT
// Our networks as Keras saves them: layers, their order, and the layouts of their weights.
#ifndef NN_IO_KERAS_KERAS_H
#define NN_IO_KERAS_KERAS_H

#include "nn/graph/card.h"

#include <stdint.h>

// Weights of a layer in Keras' order. Convolutions and dense layers have kernel and bias; a batch
// norm has gamma, beta, moving mean and moving variance.
typedef enum nn_keras_kind {
    NN_KERAS_CONV = 'C', // kernel (height, width, in, out)
    NN_KERAS_NORM = 'N',
    NN_KERAS_DENSE = 'D', // kernel (in, out)
} nn_keras_kind;

typedef struct nn_keras_layer {
    char kind;
    const char *module; // ours: "features.0"
    const char *name;   // in files that we write: "block1_conv1", from keras.applications
} nn_keras_layer;

typedef struct nn_keras_network {
    const char *name; // in our zoo
    const nn_keras_layer *layers;
    int count, features; // layers with weights; those before the flattening
} nn_keras_network;

const nn_keras_network *nn_keras_find(const char *name); // NULL when unknown
// The network with these layers ("CCDD", kinds in order), all or only the features; NULL when there
// is none.
const nn_keras_network *nn_keras_match(const char *kinds);

// Name of weight i of a layer behind "MODULE.": "weight", "bias", "running_mean", "running_var".
const char *nn_keras_weight_name(nn_keras_kind kind, int i);

// Card for a file without one: the preprocessing of keras.applications; for alexnet_flowers RGB in
// 0..1.
void nn_keras_card(const nn_keras_network *network, int classes, nn_card *card);

// dst[c][b][a] = src[a][b][c] (float32, any alignment of src; no overlap). Kernels are (height
// width, in, out) in Keras and (out, in, height width) here. A dense layer behind a flattening has
// (pixels, channels, out) there and (out, channels, pixels) here.
void nn_keras_reverse(void *dst, const void *src, int64_t a, int64_t b, int64_t c);

#endif
