// SPDX-License-Identifier: MIT
// Darknet's networks: the layers in NAME.cfg, the weights in NAME.weights beside it
// (github.com/AlexeyAB/darknet, github.com/pjreddie/darknet).
#ifndef NN_IO_DARKNET_DARKNET_H
#define NN_IO_DARKNET_DARKNET_H

#include "nn/io/graph_format.h"

// Reads both files into a model. Layer I, counted from 0 as in Darknet, is node layerI; its
// parameters are layerI.weight, layerI.bias, layerI.norm.weight and so on. The inputs of [yolo] and
// [region] layers are outputs, called yoloI and regionI; the card gets their head, anchors and
// labels (COCO's for 80 classes, else numbers). Without such layers the output is that of the last
// layer. The network accepts any image size (no fixed_inputs; its usual size is that of [net])
// unless it has connected, softmax or reorg layers. All unknown sections are listed
// (NN_EUNSUPPORTED), and missing or surplus weights are counted (NN_EFORMAT), before any tensor is
// allocated. `options` may be NULL.
nn_status nn_darknet_parse(nn_model **out, const void *cfg, size_t cfg_size, const void *weights,
                           size_t weights_size, const nn_graph_load_options *options,
                           nn_error *err);

// Whether a path is either of the two files, with the other one beside it.
bool nn_darknet_probe_file(const char *path);
nn_status nn_darknet_load(nn_model **out, const char *path, const nn_graph_load_options *options,
                          nn_error *err);

#endif
