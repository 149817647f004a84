// SPDX-License-Identifier: MIT
// Maps of backbones for heads, by one rule: the last value at each stride counts, and where a
// network ends before the coarsest stride, its last map is pooled.
#ifndef NN_ZOO_TAPS_H
#define NN_ZOO_TAPS_H

#include "nn/zoo/layers.h"
#include "nn/zoo/zoo.h"

// Offers a value at `stride` of the input; kept when `f` wants that stride.
void nn_zoo_tap(nn_zoo_features *f, int stride, nn_value x, int channels);

// Whether everything from `stride` on is coarser than what `f` wants, so that it is not built. No
// map is wanted of a classifier, whose f->stride is 0, and everything is built.
bool nn_zoo_taps_end(const nn_zoo_features *f, int stride);

// Called at the end: a map that is still missing becomes the max pool 2/2 of the one before,
// without parameters (as P6 of Lin 2017, Feature pyramid networks).
void nn_zoo_tap_rest(nn_graph *g, nn_zoo_features *f);

// Padding with which a convolution or pool divides the size by its stride exactly: maps of heads
// must lie on the cells of their stride.
int nn_zoo_exact_pad(int kernel, int stride);

#endif
