// SPDX-License-Identifier: MIT
// Dense heads on a backbone's feature maps; the decoder of the same name in nn/vision/decode reads
// them.
#ifndef NN_ZOO_HEADS_H
#define NN_ZOO_HEADS_H

#include "nn/zoo/zoo.h"

struct nn_zoo_head {
    const char *name; // "fcos"
    const char *task; // task of cards that may name it: "detect", "pose", "segment", ...
    // options of the head in addition to those of the network: "levels,neck"
    const char *option_names;
    // It stands beside the network's own last layer, which has `embed` outputs, and reads no
    // feature maps.
    bool beside;
    void (*defaults)(nn_zoo_options *o); // changes defaults of the network for the head
    // Adds neck and head. For detection declares the outputs "cls8" (N,classes,H/8,W/8) logits,
    // "box8" (N,4,H/8,W/8), "cls16", ... (the levels the head has, finest first, cls before box),
    // and what else there is of a level: "kpt8" (N,3*keypoints,H/8,W/8), "coef8"
    // (N,prototypes,H/8,W/8) with "proto" (N,prototypes,H/4,W/4) at the end, "dir8" (N,2,H/8,W/8);
    // for segmentation "mask" (N,classes,H/4,W/4) or (N,classes,H/8,W/8) logits, as its decoder
    // documents; for contrast, behind the network's "output" (N,embed), the input "text"
    // (M,context) of tokens and the outputs "text_embeds" (M,embed) and "logit_scale" (1).
    void (*build)(nn_graph *g, nn_value image, const nn_zoo_features *f, const nn_zoo_options *o);
    // Called after nn_model_init_random; NULL when that is enough. `object` as for
    // nn_zoo_init_random.
    void (*init)(nn_model *m, uint64_t seed, const float object[2]);
};

const nn_zoo_head *nn_zoo_head_find(const char *name); // NULL when unknown
// The default head of a task, the first one in meson.build; NULL for "classify", which has none.
NN_API const nn_zoo_head *nn_zoo_head_of(const char *task);
int nn_zoo_head_count(void);
const nn_zoo_head *nn_zoo_head_at(int i);

#endif
