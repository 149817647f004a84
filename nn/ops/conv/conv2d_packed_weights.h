// SPDX-License-Identifier: MIT
// Weights packed in panels of sixteen output channels, for the microkernel (kernels/microkernel.h).
#ifndef NN_OPS_CONV_CONV2D_PACKED_WEIGHTS_H
#define NN_OPS_CONV_CONV2D_PACKED_WEIGHTS_H

#include "nn/ops/conv/conv2d_layout.h"

// Layout of the packed weights: the biases of all panels, 16 float32 each (zeros without a bias),
// then the weights of each panel, [depth][16] float32 or float16.
typedef struct nn_conv_packed_weights {
    int64_t groups, count; // panels of a group
    int64_t depth;
    bool half;
    // of a 1x1 kernel: the input channel at each position of the depth; NULL for other kernels
    const int32_t *order;
    // Other kernels: gives the input channel of a group and the kernel tap (ky KW + kx) at position
    // `at` of the depth. A channel behind the last one has zero weights.
    void (*find)(const nn_conv_layout *l, int64_t at, int64_t *channel, int64_t *tap);
} nn_conv_packed_weights;

size_t nn_conv_packed_bytes(const nn_conv_packed_weights *p);

// Packs inputs 1 and 2 (may be absent) of conv2d into `packed`, which has nn_conv_packed_bytes.
// Weights beyond the range of float16 become its largest numbers.
void nn_conv_packed_pack(const nn_conv_packed_weights *p, const nn_op_call *call,
                         const nn_conv_layout *l, void *packed);

// The biases of panel `i`, counted over all groups.
static inline const float *nn_conv_packed_bias(const void *packed, int64_t i)
{
    return (const float *)packed + i * NN_PANEL_CHANNELS;
}

static inline const void *nn_conv_packed_weight(const nn_conv_packed_weights *p, const void *packed,
                                                int64_t i)
{
    const size_t size = p->half ? sizeof(uint16_t) : sizeof(float);
    return (const char *)packed +
           (size_t)NN_PANEL_CHANNELS *
               ((size_t)(p->groups * p->count) * sizeof(float) + (size_t)(i * p->depth) * size);
}

// Whether weight and bias are constants, which packing requires. *constants gets their bits: run
// does not read these inputs.
bool nn_conv_weight_is_constant(const nn_op_problem *problem, uint64_t *constants);

#endif
