// SPDX-License-Identifier: MIT
// The core of convolution in bfloat16: numbers of 16 bits times weights of 16 bits into float32
// sums.
#ifndef NN_KERNELS_BF16CONV_H
#define NN_KERNELS_BF16CONV_H

#include <stdbool.h>
#include <stdint.h>

// A place of the input holds a stretch of as many channels, rounded to nearest even.
enum { NN_BF16_BLOCK = 32 };
// A run may read as many places behind its last one.
enum { NN_BF16_SLACK = 32 };

// Output pixels are the first `width` of each `pitch` consecutive places of the input. Output
// channels come in panels of sixteen. The depth is `stretches` blocks of channels at the same
// offsets from each place: the taps of a kernel times the blocks. Products are exact; the order in
// which a sum is added up depends on the CPU level alone.
typedef struct nn_bf16_conv {
    const uint16_t *x;
    const int32_t *offset; // numbers from a place to each stretch
    int stretches, pitch, width;
    const uint16_t *weight; // [panel][stretch][16 pairs of channels][16 outputs][2]
    const float *bias;      // [panel][16]
    int panels, channels;   // output channels to write: whole blocks of eight that begin below
    bool relu;
    float *out;         // pixel x of row y of block b: out + b plane + y row + 8 x
    const float *skip;  // added before ReLU, may lie in out at the same places; NULL: none
    int64_t plane, row; // floats
    int64_t skip_plane, skip_row;
} nn_bf16_conv;

typedef struct nn_bf16_conv_kernels {
    // Computes what of `places` >= 0 places from `first` on is a pixel, all panels.
    void (*run)(const nn_bf16_conv *t, int64_t first, int64_t places);
    // A thread calls these before and after its runs. NULL: not needed.
    void (*begin)(void);
    void (*end)(void);
    // Rounds `pixels` pixels, `step` floats apart, to places. `blocks` <= 4 blocks of eight
    // channels are `plane` floats apart; those that are missing become zeros.
    void (*convert)(uint16_t *to, const float *from, int64_t plane, int blocks, int64_t step,
                    int64_t pixels);
    // Products a second, as a multiple of those of float32; 0: this is the reference.
    double speed;
} nn_bf16_conv_kernels;

// Fills *k with the best kernels that need no more than `cpu` (nn_cpu bits of cpu.h).
void nn_bf16_conv_init(nn_bf16_conv_kernels *k, unsigned cpu);

// For nn_bf16_conv_init: put their versions over those that are in *k. They run on any CPU; what
// they store does not.
void nn_bf16_conv_init_avx512bf16(nn_bf16_conv_kernels *k);
void nn_bf16_conv_init_amx(nn_bf16_conv_kernels *k); // over those of AVX-512 BF16

#endif
