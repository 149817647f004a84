// SPDX-License-Identifier: MIT
// Shared by the parts of Winograd's convolution: how tiles, channels and work are laid out.
#ifndef NN_OPS_CONV_CONV2D_WINOGRAD_LAYOUT_H
#define NN_OPS_CONV_CONV2D_WINOGRAD_LAYOUT_H

#include "nn/ops/conv/conv2d_layout.h"

// Tiles that are multiplied at once; panels whose weights of one product lie together.
enum { NN_WINOGRAD_BLOCK = 56, NN_WINOGRAD_GROUP = 4 };

// All that follows from shapes and parameters. A panel is sixteen output channels. With a dilation
// of d, every d-th row and column of an image forms a phase, which is convolved like an image.
typedef struct nn_winograd_layout {
    nn_winograd kind;
    nn_winograd_size size;
    int64_t products, sums;        // of a tile
    int64_t phases[2];             // of an image
    int64_t images, height, width; // images; tiles of a phase
    int64_t tiles;                 // of all images
    int64_t channels, panels;      // of the input, rounded up to eight; of the output
    int64_t inputs;                // channels that a panel reads
    int64_t panels_of_group;       // panels that read the same channels
    int32_t pad[4];
    // A strip is the tiles that are transformed at once, a block those that are multiplied with a
    // group of panels. Without `shared` a strip is one block and belongs to one thread.
    bool shared;
    int64_t strip, block, group;
    // Floats. offsets: the lists of channel blocks. product: one product of a strip,
    // [block][tile][8]. transformed: all products of a strip. made: from a panel's sums of one
    // tile to those of the next tile. multiplied: the sums of a block and a group.
    int64_t offsets, product, transformed, made, multiplied;
} nn_winograd_layout;

nn_winograd_layout nn_winograd_find_layout(nn_winograd kind, const nn_conv2d_params *p,
                                           const nn_shape *x, const nn_shape *out, int threads);
nn_winograd_layout nn_winograd_call_layout(nn_winograd kind, const nn_op_call *call);

int64_t nn_winograd_weight_floats(const nn_winograd_layout *l); // packed, of float32 or float16;
                                                                // biases in float32 come behind

// The products of a sum: product (row + i sums[0], column + j sums[1]) for i < count[0] and
// j < count[1], in this order.
typedef struct nn_winograd_terms {
    int64_t row, column, count[2];
} nn_winograd_terms;

nn_winograd_terms nn_winograd_find_terms(const nn_winograd_layout *l, int64_t sum);

// Position of the weights of one sum and panel, [product][input][16]. They are ordered as they are
// used, by groups of panels, so that they come from memory as one stream.
int64_t nn_winograd_weight_place(const nn_winograd_layout *l, int64_t panel, int64_t sum);

// Scratch of nn_winograd_run with up to `threads`.
int64_t nn_winograd_scratch_floats(nn_winograd kind, const nn_conv2d_params *p, const nn_shape *x,
                                   const nn_shape *out, int threads);

#endif
