// SPDX-License-Identifier: MIT
// Boxes with keypoints: for each cell the places of the keypoints relative to it and how visible
// they are, as the pose branch of YOLOv8.
#include "nn/zoo/dense.h"

#define PRIOR 0.0f // logit of the visibility before anything is learnt

static void add_keypoints(nn_graph *g, nn_value x, int stride, const nn_zoo_options *o)
{
    nn_dense_output(g, "kpt", x, stride, 3 * o->keypoints, o);
}

static void build_pose(nn_graph *g, nn_value image, const nn_zoo_features *f,
                       const nn_zoo_options *o)
{
    (void)image;
    nn_dense_build(g, f, o, add_keypoints);
}

static void set_defaults(nn_zoo_options *o)
{
    nn_dense_defaults(o);
    o->keypoints = 17;
}

static void init_pose(nn_model *m, uint64_t seed, const float object[2])
{
    const float start[3] = {0, 0, PRIOR};
    nn_dense_init(m, seed, object);
    nn_dense_start(m, seed, "kpt", start, 3);
}

const nn_zoo_head nn_zoo_head_pose = {.name = "pose",
                                      .task = "pose",
                                      .option_names = "levels,neck,keypoints",
                                      .defaults = set_defaults,
                                      .build = build_pose,
                                      .init = init_pose};
