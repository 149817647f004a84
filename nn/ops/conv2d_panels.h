// SPDX-License-Identifier: MIT
// Constant weights packed for tiles (kernels/tile.h): panels of sixteen output channels.
#ifndef NN_OPS_CONV2D_PANELS_H
#define NN_OPS_CONV2D_PANELS_H

#include "nn/ops/conv2d.h"

// What is packed: the biases of all panels, 16 float32 each (zeros without a bias), then the
// weights of each panel, [depth][16] float32 or float16.
typedef struct nn_conv_panels {
    int64_t groups, count; // panels of a group
    int64_t depth;
    bool half;
    // The input channel of a group and the kernel tap (ky KW + kx) at `at` of the depth. A channel
    // behind the last one has weight zero.
    void (*find)(const nn_conv_layout *l, int64_t at, int64_t *channel, int64_t *tap);
} nn_conv_panels;

size_t nn_conv_panels_bytes(const nn_conv_panels *p);

// Packs inputs 1 and 2 (may be absent) of conv2d into `packed`, nn_conv_panels_bytes of it. Weights
// beyond the range of float16 become its largest numbers.
void nn_conv_panels_pack(const nn_conv_panels *p, const nn_op_call *call, const nn_conv_layout *l,
                         void *packed);

// Of panel `i` of all groups.
static inline const float *nn_conv_panels_bias(const void *packed, int64_t i)
{
    return (const float *)packed + i * NN_TILE_CHANNELS;
}

static inline const void *nn_conv_panels_weight(const nn_conv_panels *p, const void *packed,
                                                int64_t i)
{
    const size_t size = p->half ? sizeof(uint16_t) : sizeof(float);
    return (const char *)packed +
           (size_t)NN_TILE_CHANNELS *
               ((size_t)(p->groups * p->count) * sizeof(float) + (size_t)(i * p->depth) * size);
}

#endif
