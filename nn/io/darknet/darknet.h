// SPDX-License-Identifier: MIT
// Darknet's networks: the text of layers in NAME.cfg, their weights in NAME.weights beside it
// (github.com/AlexeyAB/darknet, github.com/pjreddie/darknet).
#ifndef NN_IO_DARKNET_DARKNET_H
#define NN_IO_DARKNET_DARKNET_H

#include "nn/io/graph_format.h"

// Reads both files into a model. Layer I, from 0 as Darknet counts them, is node layerI, its
// parameters are layerI.weight, layerI.bias, layerI.norm.weight and so on. Outputs are what goes
// into [yolo] and [region] layers, called yoloI and regionI; the card gets the head that reads
// them, their anchors and labels (COCO's for 80 classes, else numbers). Without such layers the
// output is what the last one makes. The network is for images of any size (no fixed_inputs; its
// usual size is that of [net]) unless layers depend on it: connected, softmax and reorg. Sections
// that are not known are all named (NN_EUNSUPPORTED), and weights that are too few or too many are
// counted (NN_EFORMAT), before any tensor is allocated. `options` may be NULL.
nn_status nn_darknet_parse(nn_model **out, const void *cfg, size_t cfg_size, const void *weights,
                           size_t weights_size, const nn_graph_load_options *options,
                           nn_error *err);

// Either of the two files; the other is looked for beside it, and NAME.names with the names of the
// classes, a line each.
bool nn_darknet_probe_file(const char *path);
nn_status nn_darknet_load(nn_model **out, const char *path, const nn_graph_load_options *options,
                          nn_error *err);

#endif
