// SPDX-License-Identifier: MIT
// Dense heads on a backbone's feature maps; the decoder of the same name in nn/vision/decode reads them.
#ifndef NN_ZOO_HEADS_H
#define NN_ZOO_HEADS_H

#include "nn/zoo/zoo.h"

typedef struct nn_zoo_head {
    const char *name; // "fcos"
    // Adds neck and head; declares the outputs "cls8" (N,classes,H/8,W/8) logits, "box8" (N,4,H/8,W/8), "cls16", ...
    // (the levels the head has, finest first, cls before box), as its decoder documents.
    void (*build)(nn_graph *g, nn_value image, const nn_zoo_features *f, int classes);
} nn_zoo_head;

const nn_zoo_head *nn_zoo_head_find(const char *name);

#endif
