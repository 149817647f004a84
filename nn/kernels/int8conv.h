// SPDX-License-Identifier: MIT
// The core of convolution on quantised images: u8 activations times s8 weights into s32 sums, which
// become u8 again.
#ifndef NN_KERNELS_INT8CONV_H
#define NN_KERNELS_INT8CONV_H

#include "nn/kernels/eltwise.h"

#include <stdbool.h>
#include <stdint.h>

// Quantised images lie in blocks of sixteen channels: byte c of a pixel of a block is channel c.
enum { NN_INT8_BLOCK = 16 };

// An activation in pieces: f(y) = a[i] + t (b[i] + t (c[i] + t (d[i] + t e[i]))) with i = floor(y)
// held within the array and t = y - i.
enum { NN_INT8_PIECES = 32 };
typedef struct nn_int8_curve {
    float a[NN_INT8_PIECES], b[NN_INT8_PIECES], c[NN_INT8_PIECES], d[NN_INT8_PIECES],
        e[NN_INT8_PIECES];
    float piece[NN_INT8_PIECES][8]; // a to e once more, side by side; zeros behind them
} nn_int8_curve;

// What becomes of a sum s: y = s scale + shift, + skip skip_scale, + the curve or the slope, then
// max(low), min(high), rounded to even, and + zero. Products and sums are fused (one rounding), in
// this order, at every CPU level. The zero points of inputs are part of `shift`; that of the output
// comes last, as in other runtimes: added before, it would take bits from y.
typedef struct nn_int8_requant {
    const float *scale, *shift; // of each output channel
    float skip_scale;
    float low, high;            // within -zero and 255 - zero, unless the results stay float32
    int zero;                   // of the output; not added to results that stay float32
    const nn_int8_curve *curve; // NULL: none
    float slope; // y < 0 becomes y slope, 0 < slope < 1; 0: it stays as it is. Without curve only
} nn_int8_requant;

// Output channels come in panels of sixteen. The depth is `stretches` of `quads` * 4 consecutive
// bytes, at the same offsets from each pixel: the taps of a kernel times the blocks of channels.
typedef struct nn_int8_conv {
    const int32_t *offset; // bytes from a pixel to each stretch
    int stretches, quads;
    int in_row;   // stretches of which each begins where the one before ends: the depth is
                  // groups of as many; 0 and 1 promise nothing
    int64_t step; // bytes from an input pixel to the next
    // Where kernels take several rows at once: output pixels of a row, and bytes from a row to the
    // next. 0: all pixels of a run lie side by side.
    int64_t row, x_row, out_row, skip_row;
    const void *weight;   // packed, panel behind panel
    int panels;           // output channels / 16, rounded up
    const int32_t *start; // what each sum starts with
    nn_int8_requant requant;
    int64_t out_plane, skip_plane; // bytes from a panel of the output, of skip, to the next
    // float32 results instead of bytes: eight channels a block, blocks `real_plane` floats apart.
    // NULL: bytes. Only blocks that begin below `channels` are written.
    float *real;
    int64_t real_plane, real_row;
    int channels; // outputs; weights behind the last one, up to a whole panel, are 0
} nn_int8_conv;

typedef struct nn_int8_conv_kernels {
    // Computes `pixels` >= 0 output pixels that lie side by side, or in whole rows, all panels. x:
    // the first input pixel; out, skip: the first pixel of panel 0, sixteen bytes a pixel. skip
    // NULL: none. out is not used when t->real is given.
    void (*run)(const nn_int8_conv *t, const uint8_t *x, uint8_t *out, const uint8_t *skip,
                int64_t pixels);
    // Before and after the runs of a thread, which may be many: prepares registers for runs of
    // `pixels` pixels of a convolution like *t, and gives them back. NULL: nothing to prepare. Runs
    // outside give the same results later.
    void (*begin)(const nn_int8_conv *t, int64_t pixels);
    void (*end)(void);
    // Brings weights [quads][16 outputs][4 inputs] into the order of `run`.
    void (*pack)(void *packed, const int8_t *weight, int64_t quads);
    bool rows;        // `run` takes several rows at once; others want t->row to be 0
    int weight_bytes; // of a packed weight: 1 or 2
    int centre; // `run` multiplies inputs less this: callers start each sum with it times the sum
                // of its weights
    int pixels; // computed at once; other counts are cut evenly
    int panels; // of a run at most, for speed: what is read for all of them stays in a cache
    // For estimates, on one core: multiply-accumulates a nanosecond, nanoseconds to make a sum a
    // byte, with a curve. 0: not known, faster than those that are.
    double speed, finish, follow;
    // Faster ones that take small weights only; NULL: none.
    const struct nn_int8_conv_kernels *small;
} nn_int8_conv_kernels;

// Weights are small when sums of four products, or two, of bytes stay within 16 bits. Four are
// inputs 0, 1, 4, 5, or 2, 3, 6, 7, of each eight of a stretch: their weights add up to at most
// this, signs aside. The last four inputs of an odd number of quads are 0, 1 and 2, 3.
enum { NN_INT8_SMALL = 128 };

// Fills *k with the best kernels that need no more than `cpu` (nn_cpu bits of cpu.h).
void nn_int8_conv_init(nn_int8_conv_kernels *k, unsigned cpu);

extern const nn_int8_conv_kernels nn_int8_conv_small_avx2;

// For nn_int8_conv_init: puts their versions over those that are in *k. They run on any CPU; what
// they store does not.
void nn_int8_conv_init_avx2(nn_int8_conv_kernels *k);
void nn_int8_conv_init_avxvnni(nn_int8_conv_kernels *k);
void nn_int8_conv_init_avx512vnni(nn_int8_conv_kernels *k);
void nn_int8_conv_init_amx(nn_int8_conv_kernels *k); // AMX tiles and int8, AVX-512 VNNI
void nn_int8_conv_init_neon(nn_int8_conv_kernels *k);
void nn_int8_conv_init_dotprod(nn_int8_conv_kernels *k);

// A faster level calls this for some shapes.
void nn_int8_conv_run_avx512vnni(const nn_int8_conv *t, const uint8_t *x, uint8_t *out,
                                 const uint8_t *skip, int64_t pixels);

// The curve of f = `act` for a real x given as y = 2 x + NN_INT8_CURVE_ZERO: f(x) out_scale +
// out_zero, in quartics of half a unit over -7.5 .. 7.5 and lines outside. They go through f at
// five Chebyshev points: bends at multiples of a half are exact; SiLU, GELU, Mish and the sigmoid
// are off by less than 4e-6, outside by less than 4e-3.
enum { NN_INT8_CURVE_ZERO = 16 };
void nn_int8_make_curve(nn_int8_curve *curve, nn_act act, float out_scale, float out_zero);

// One sum as every level turns it into a result, before it is rounded.
float nn_int8_requantise(const nn_int8_requant *r, int channel, int32_t sum, const uint8_t *skip);

#endif
