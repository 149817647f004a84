// SPDX-License-Identifier: MIT
// Rotated boxes: the distances of the box branch are along the axes of the box, whose direction is
// the sine and cosine of twice its angle: half a turn is the same box, and nothing jumps.
#include "nn/zoo/dense.h"

static void add_direction(nn_graph *g, nn_value x, int stride, const nn_zoo_options *o)
{
    nn_dense_output(g, "dir", x, stride, 2, o);
}

static void build_obb(nn_graph *g, nn_value image, const nn_zoo_features *f,
                      const nn_zoo_options *o)
{
    (void)image;
    nn_dense_build(g, f, o, add_direction);
}

static void init_obb(nn_model *m, uint64_t seed, const float object[2])
{
    const float upright[2] = {0, 1};
    nn_dense_init(m, seed, object);
    nn_dense_start(m, seed, "dir", upright, 2);
}

const nn_zoo_head nn_zoo_head_obb = {.name = "obb",
                                     .task = "obb",
                                     .option_names = "levels,neck",
                                     .defaults = nn_dense_defaults,
                                     .build = build_obb,
                                     .init = init_obb};
