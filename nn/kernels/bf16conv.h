// SPDX-License-Identifier: MIT
// The core of convolution in bfloat16: numbers of 16 bits times weights of 16 bits into float32
// sums. And that of float32 numbers that are split into sums of two bfloat16.
#ifndef NN_KERNELS_BF16CONV_H
#define NN_KERNELS_BF16CONV_H

#include "nn/kernels/eltwise.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

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
    int64_t low;            // run_split: numbers from a high part of x to its low part
    const uint16_t *weight; // [panel][stretch][16 pairs of channels][16 outputs][2]
    const float *bias;      // [panel][16]
    int panels, channels;   // output channels to write: whole blocks of eight that begin below
    nn_act act;             // of the sums, one of nn_act_early
    // Any other activation, of nn_eltwise_kernels.act; NULL: none.
    void (*late)(float *y, const float *x, int64_t n);
    float *out;         // pixel x of row y of block b: out + b plane + y row + 8 x
    const float *skip;  // added before act, may lie in out at the same places; NULL: none
    int64_t plane, row; // floats
    int64_t skip_plane, skip_row;
} nn_bf16_conv;

typedef struct nn_bf16_conv_kernels {
    // Computes what of `places` >= 0 places from `first` on is a pixel, all panels.
    void (*run)(const nn_bf16_conv *t, int64_t first, int64_t places);
    // The same where x and weights are float32, each split into two bfloat16: high + low has 16
    // bits and is off by 2^-17 of the number at most. Behind each stretch of high parts of the
    // weights are its low parts. The products are high times high, high times low and low times
    // high (oneMKL calls it BF16x2; Henry, Tang, Heinecke: Leveraging the bfloat16 Artificial
    // Intelligence Datatype For Higher-Precision Computations, 2019). Infinite sums may become NaN.
    void (*run_split)(const nn_bf16_conv *t, int64_t first, int64_t places);
    // A thread calls these before and after its runs. NULL: not needed.
    void (*begin)(void);
    void (*end)(void);
    // Rounds `pixels` pixels, `step` floats apart, to places. `blocks` <= 4 blocks of eight
    // channels are `plane` floats apart; those that are missing become zeros.
    void (*convert)(uint16_t *to, const float *from, int64_t plane, int blocks, int64_t step,
                    int64_t pixels);
    // Splits pixels as `convert` rounds them, after a product with a number for each channel, 32 of
    // them, unless `scale` is NULL. The low parts lie `low` numbers behind the high ones; those of
    // infinite numbers are zero.
    void (*split)(uint16_t *to, int64_t low, const float *from, int64_t plane, int blocks,
                  int64_t step, int64_t pixels, const float *scale);
    // Products a second, as a multiple of those of float32; 0: no faster than those.
    double speed, split_speed;
} nn_bf16_conv_kernels;

// Packs 32 weights of one output of a panel: `to` is the stretch of the panel, at that output.
static inline void nn_bf16_conv_pack(const nn_bf16_conv_kernels *k, uint16_t *to,
                                     const float weight[NN_BF16_BLOCK], bool split)
{
    enum { PANEL = 16, STRETCH = NN_BF16_BLOCK * PANEL, LANES = 8, BLOCKS = NN_BF16_BLOCK / LANES };
    uint16_t numbers[2 * NN_BF16_BLOCK];
    if (split)
        k->split(numbers, NN_BF16_BLOCK, weight, LANES, BLOCKS, NN_BF16_BLOCK, 1, NULL);
    else
        k->convert(numbers, weight, LANES, BLOCKS, NN_BF16_BLOCK, 1);
    for (int term = 0; term <= split; term++)
        for (int i = 0; i < NN_BF16_BLOCK; i += 2)
            memcpy(to + term * STRETCH + i * PANEL, numbers + term * NN_BF16_BLOCK + i,
                   2 * sizeof *to);
}

// Fills *k with the best kernels that need no more than `cpu` (nn_cpu bits of cpu.h).
void nn_bf16_conv_init(nn_bf16_conv_kernels *k, unsigned cpu);

// For nn_bf16_conv_init: put their versions over those that are in *k. They run on any CPU; what
// they store does not.
void nn_bf16_conv_init_avx512bf16(nn_bf16_conv_kernels *k);
void nn_bf16_conv_init_amx(nn_bf16_conv_kernels *k); // over those of AVX-512 BF16

#endif
