// SPDX-License-Identifier: MIT
// Grids of small pictures: feature maps of a layer, filters of a convolution.
#ifndef NN_EXPLAIN_GRID_H
#define NN_EXPLAIN_GRID_H

#include "nn/explain/explain.h"

// `count` tiles of `planes` x height x width numbers; 3 planes are R, G, B. Owned by the caller;
// start with a zeroed one, which is reused.
typedef struct nn_explain_grid {
    int count, planes, height, width;
    float *data;            // tile after tile
    int *channel;           // of each tile: the channel of the layer
    int *input;             // filters with one plane: the input channel that is shown; else -1
    float *score;           // of each tile: what it was sorted by
    size_t capacity, tiles; // private
} nn_explain_grid;
NN_API void nn_explain_grid_release(nn_explain_grid *g); // leaves it zeroed

typedef enum nn_grid_order {
    NN_GRID_BY_NUMBER,
    NN_GRID_STRONGEST, // largest score first
} nn_grid_order;

// Which channels of a layer a grid shows.
typedef struct nn_grid_choice {
    const int *channels; // `count` of them, in this order; NULL: by `order`
    int count;           // the most; 0: all
    nn_grid_order order;
} nn_grid_choice;

// Maps of the last picture: 1 plane; a vector has tiles of one number. The score is the mean of the
// map where it is above 0, as Zeiler and Fergus choose the strongest. `choice` may be NULL.
// NN_EINVAL: no such layer or channel, nothing seen.
NN_API nn_status nn_explain_features(nn_explainer *e, int layer, const nn_grid_choice *choice,
                                     nn_explain_grid *g, nn_error *err);

// Weights of a convolution (or of the one whose output the layer is made of by a norm and
// activations alone): a tile for each of its output channels. Filters that see the picture itself
// have 3 planes; of others the plane with the largest norm is shown. The score is the norm of the
// filter. No picture is needed, except for filters that depend on its size. NN_EUNSUPPORTED when
// the layer has no filters of more than one pixel.
NN_API nn_status nn_explain_filters(nn_explainer *e, int layer, const nn_grid_choice *choice,
                                    nn_explain_grid *g, nn_error *err);

#endif
