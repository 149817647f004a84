// SPDX-License-Identifier: MIT
// What convolutions by tiles (kernels/tile.h) share: weights packed in panels of sixteen output
// channels, and running them over strips of output pixels.
#ifndef NN_OPS_CONV_CONV2D_PANELS_H
#define NN_OPS_CONV_CONV2D_PANELS_H

#include "nn/ops/conv/conv2d.h"

// What is packed: the biases of all panels, 16 float32 each (zeros without a bias), then the
// weights of each panel, [depth][16] float32 or float16.
typedef struct nn_conv_panels {
    int64_t groups, count; // panels of a group
    int64_t depth;
    bool half;
    const int32_t *order; // of a 1x1 kernel: the input channel at each place of the depth, or NULL
    // Otherwise: the input channel of a group and the kernel tap (ky KW + kx) at `at` of the depth.
    // A channel behind the last one has weight zero.
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

// Some output pixels of one image and group, in order.
typedef struct nn_conv_strip {
    int64_t image, group, begin, end;
    const float **pixel; // where the kernel starts to read
    int32_t *place, *skip_place;
} nn_conv_strip;

// Bytes of the lists of a strip of up to `pixels`, a multiple of NN_ALIGN; places them at `memory`
// unless s is NULL.
size_t nn_conv_strip_lists(int64_t pixels, void *memory, nn_conv_strip *s);

// One run of all panels over an image or many.
typedef struct nn_conv_tiles {
    const nn_op_call *call; // conv2d, blocked output, packed by nn_conv_panels_pack
    nn_conv_layout l;
    nn_conv_panels panels;
    const int32_t *offset; // of the stretches: `blocks` of them, `run` floats long
    int blocks, run;
    int singles; // floats behind them, at further offsets
} nn_conv_tiles;

// Fills s->place and s->skip_place.
void nn_conv_strip_places(const nn_conv_tiles *t, const nn_conv_strip *s);

// Computes sixteen output channels of the strip, finished: panel `panel` of its group.
void nn_conv_strip_run(const nn_conv_tiles *t, const nn_conv_strip *s, int64_t panel);

// Multiply-accumulates at the speed of full tiles: counts what panels of eight channels and the
// rests of few pixels waste.
double nn_conv_tile_macs(const nn_conv_layout *l, int64_t depth);

// The inputs that a way with panels needs constant and does not read when it runs: weight and bias.
// False when they are not.
bool nn_conv_panels_constant(const nn_op_case *c, uint64_t *constants);

// Whether int32_t offsets reach all of an image, halos of other readers included.
bool nn_conv_offsets_fit(const nn_shape *image);

#endif
