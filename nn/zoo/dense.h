// SPDX-License-Identifier: MIT
// What our detection heads have in common: neck, towers, and the outputs of classes and boxes.
#ifndef NN_ZOO_DENSE_H
#define NN_ZOO_DENSE_H

#include "nn/zoo/heads.h"

// Adds what a head predicts of a cell besides class and box, as outputs of its own. `x` is the
// level's map in front of its tower, with o->neck channels.
typedef void nn_dense_branch(nn_graph *g, nn_value x, int stride, const nn_zoo_options *o);

// Adds neck, towers and the outputs "clsS", "boxS" (heads.h) of each level; `branch` (may
// be NULL) adds its outputs behind those of each level. Returns the neck's finest map, of o->neck
// channels and the stride of the finest level; NN_NO_VALUE when there is no level.
nn_value nn_dense_build(nn_graph *g, const nn_zoo_features *f, const nn_zoo_options *o,
                        nn_dense_branch *branch);
// Defaults and start of heads (heads.h).
void nn_dense_defaults(nn_zoo_options *o);
void nn_dense_init(nn_model *m, uint64_t seed, const float object[2]);

// For branches.

// Convolution without bias, batch norm, SiLU: PREFIX.conv, PREFIX.bn.
nn_value nn_dense_conv(nn_graph *g, const char *prefix, nn_value x, int in, int out, int kernel);
// `coarse`, enlarged to the size of `fine`, beside it, mixed by a 3x3 convolution into `out`
// channels.
nn_value nn_dense_fuse(nn_graph *g, const char *prefix, nn_value coarse, int coarse_c,
                       nn_value fine, int fine_c, int out);
// A tower of a 3x3 convolution, "head.WORD_towerS", and the output "WORDS" of `channels` numbers a
// cell.
void nn_dense_output(nn_graph *g, const char *word, nn_value x, int stride, int channels,
                     const nn_zoo_options *o);
// Small random weights for the layer "head.WORDS" of every level, so that its outputs start at its
// biases, which become bias[k % period].
void nn_dense_start(nn_model *m, uint64_t seed, const char *word, const float *bias, int period);

#endif
