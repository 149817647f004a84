// SPDX-License-Identifier: MIT
// Anchor-free head: class logits and four distances (FCOS, Tian 2019).
#include "nn/zoo/dense.h"

static void build_fcos(nn_graph *g, nn_value image, const nn_zoo_features *f,
                       const nn_zoo_options *o)
{
    (void)image;
    nn_dense_build(g, f, o, NULL);
}

const nn_zoo_head nn_zoo_head_fcos = {.name = "fcos",
                                      .task = "detect",
                                      .option_names = "levels,neck",
                                      .defaults = nn_dense_defaults,
                                      .build = build_fcos,
                                      .init = nn_dense_init};
