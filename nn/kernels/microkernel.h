// SPDX-License-Identifier: MIT
// The microkernel of convolution on blocked images: some pixels times sixteen output channels, the
// sums in registers.
#ifndef NN_KERNELS_MICROKERNEL_H
#define NN_KERNELS_MICROKERNEL_H

#include "nn/kernels/eltwise.h"

#include <stdbool.h>
#include <stdint.h>

enum { NN_PANEL_CHANNELS = 16 }; // output channels of a panel of packed weights

// One panel of packed weights. Its depth is `blocks` stretches of `run` consecutive floats, at the
// same offsets from each pixel: a 3x3 convolution of C channels in NCHW8c has 3 (C/8) stretches of
// 24 floats. Behind them are `singles`, floats at any offset, for blocks of which only some
// channels are read.
typedef struct nn_microkernel_args {
    const int32_t *offset; // `blocks` of them: floats from a pixel to the start of a stretch
    int blocks, run;
    const int32_t *single; // `singles` of them: floats from a pixel to each
    int singles;
    // [blocks * run + singles][16] float32, or float16 when `half`; 32-byte aligned
    const void *weight;
    bool half;
    // weights of the next run, as many, which are prefetched; or NULL; float16 when `next_half`
    const void *next;
    bool next_half;
    // For run_pair: by what the weights are multiplied, a number for each position of the depth; or
    // NULL. Room for the products in float32, which the first tile makes for those behind it;
    // without factors it may be NULL, and helps float16 weights.
    const float *factor;
    float *expanded;
    nn_act act;        // of the sums, one of nn_act_early
    int channels;      // output channels to write: 8 or 16
    const float *bias; // 16 floats, or NULL: 0
    float *out;
    int64_t plane;             // floats from the first eight output channels to the second, in out
    const float *skip;         // added before act; may lie in out, at the same places; NULL: 0
    const int32_t *skip_place; // as `place` and `plane`, in skip
    int64_t skip_plane;
} nn_microkernel_args;

// The same for the gradient of the weights: the depth goes over pixels, in `rows` rows of `width`.
typedef struct nn_microkernel_grad_args {
    int rows, width;
    const int32_t *in_row; // floats from an input's start to row r of it
    int step;              // floats from a pixel of an input row to the next
    const int32_t *row;    // the same in grad, where pixels are eight floats apart
    const float *grad;     // gradient of eight output channels
    int64_t plane;         // floats to that of the second eight
    int channels;          // 8 or 16
    bool add;              // to out; otherwise out is written
    float *out;            // eight sums for each input
    int64_t out_plane;     // floats to those of the second eight channels
} nn_microkernel_grad_args;

typedef struct nn_microkernels {
    // Computes output pixels i < count, for any count >= 0. The input of pixel i starts at
    // pixel[i], its first eight sums go to out + place[i]. Each sum is added up in the order of the
    // depth. Multiples of `pixels` are fastest.
    void (*run)(const nn_microkernel_args *t, int count, const float *const *pixel,
                const int32_t *place);
    // The same for two panels of sixteen channels, which share all but weight, next, expanded,
    // bias, out and skip. NULL where that is no faster.
    void (*run_pair)(const nn_microkernel_args t[2], int count, const float *const *pixel,
                     const int32_t *place);
    // For inputs i < count, any count >= 0, each a channel shifted by a tap of the kernel: the sums
    // of in[i] times grad over all pixels, in their order, go to out + 8 i.
    void (*grad)(const nn_microkernel_grad_args *t, int count, const float *const *in);
    int pixels; // pixels computed at once
} nn_microkernels;

// The panels that one run should have.
static inline int nn_microkernel_panels(const nn_microkernels *k)
{
    return k->run_pair ? 2 : 1;
}

// Whether run_pair takes `panels` panels; run takes others one by one.
static inline bool nn_microkernel_is_pair(const nn_microkernel_args *t, int panels)
{
    return panels == 2 && t[1].channels == NN_PANEL_CHANNELS;
}

// Runs `panels` of them, t[0] and t[1], of which the second may have eight channels.
static inline void nn_microkernel_run_panels(const nn_microkernels *k, const nn_microkernel_args *t,
                                             int panels, int count, const float *const *pixel,
                                             const int32_t *place)
{
    if (nn_microkernel_is_pair(t, panels)) {
        k->run_pair(t, count, pixel, place);
        return;
    }
    for (int i = 0; i < panels; i++)
        k->run(&t[i], count, pixel, place);
}

// Fills *k with the best kernels that need no more than `cpu` (nn_cpu bits of cpu.h).
void nn_microkernel_init(nn_microkernels *k, unsigned cpu);

// For nn_microkernel_init: puts their versions over those that are in *k. They run on any CPU; what
// they store does not.
void nn_microkernel_init_avx2(nn_microkernels *k);
void nn_microkernel_init_avx512(nn_microkernels *k); // AVX-512 F, BW, DQ and VL
void nn_microkernel_pair_init_avx512(nn_microkernels *k);
void nn_microkernel_grad_init_avx512(nn_microkernels *k);
void nn_microkernel_init_neon(nn_microkernels *k);

// A faster level calls these for some shapes.
void nn_microkernel_run_avx2(const nn_microkernel_args *t, int count, const float *const *pixel,
                             const int32_t *place);
void nn_microkernel_grad_avx2(const nn_microkernel_grad_args *t, int count, const float *const *in);

#endif
