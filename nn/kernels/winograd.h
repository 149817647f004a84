// SPDX-License-Identifier: MIT
// Winograd's minimal filtering (Lavin, Gray 2016, "Fast Algorithms for Convolutional Neural
// Networks"): transforms of tiles of blocked images, and of weights.
#ifndef NN_KERNELS_WINOGRAD_H
#define NN_KERNELS_WINOGRAD_H

#include <stdbool.h>
#include <stdint.h>

// F(m x m, k x k) computes m x m pixels from (m + k - 1)^2 pixels, with as many products for each
// pair of channels instead of m^2 k^2. F(m, k) does so along one line: m pixels from m + k - 1.
// With a stride of 2, the even and the odd pixels of a line are images of their own, convolved with
// the even and the odd taps: 2 m + k - 2 products, but the products at one point of both are added
// up before they are transformed back. The shorter kernel has no product at infinity.
typedef enum nn_winograd {
    NN_WINOGRAD_F2X2_3X3, // F(2x2,3x3)
    NN_WINOGRAD_F4X4_3X3, // F(4x4,3x3)
    NN_WINOGRAD_F6X6_3X3, // F(6x6,3x3)
    NN_WINOGRAD_F2X2_5X5, // F(2x2,5x5)
    NN_WINOGRAD_F1X4_1X3, // F(4,3), along rows
    NN_WINOGRAD_F4X1_3X1, // along columns
    NN_WINOGRAD_F1X6_1X7, // F(6,7)
    NN_WINOGRAD_F6X1_7X1,
    NN_WINOGRAD_F2X2_3X3_S2, // stride 2
    NN_WINOGRAD_F4X4_3X3_S2,
    NN_WINOGRAD_COUNT
} nn_winograd;

enum { NN_WINOGRAD_MAX = 12 }; // largest side of a transformed tile

// Of a tile, down and across: output pixels, weights, and pixels read, from which as many products
// are made; side = (out - 1) stride + kernel. Product (i, j) belongs to sum (i mod sums[0],
// j mod sums[1]); without a stride each product is a sum.
typedef struct nn_winograd_size {
    int out[2], kernel[2], side[2];
    int stride, sums[2];
} nn_winograd_size;

// What a stride of 1 or 2 makes of a line.
#define NN_WINOGRAD_SIDE(out, kernel, stride) (((out)-1) * (stride) + (kernel))
#define NN_WINOGRAD_SUMS(out, kernel, stride) ((out) + ((kernel)-1) / (stride))
#define NN_WINOGRAD_SIZE(h, w, kernel_h, kernel_w, stride)                                         \
    {                                                                                              \
        {h, w}, {kernel_h, kernel_w},                                                              \
            {NN_WINOGRAD_SIDE(h, kernel_h, stride), NN_WINOGRAD_SIDE(w, kernel_w, stride)},        \
            stride,                                                                                \
        {                                                                                          \
            NN_WINOGRAD_SUMS(h, kernel_h, stride), NN_WINOGRAD_SUMS(w, kernel_w, stride)           \
        }                                                                                          \
    }

nn_winograd_size nn_winograd_sizes(nn_winograd kind);

// The transform of weights: product j of an axis is the sum of m[axis][j][i] times tap i. In
// float64.
enum { NN_WINOGRAD_TAPS = 7, NN_WINOGRAD_WEIGHT_LANES = 16 };
typedef struct nn_winograd_weights {
    int side[2], kernel[2];
    double m[2][NN_WINOGRAD_MAX][NN_WINOGRAD_TAPS];
} nn_winograd_weights;

nn_winograd_weights nn_winograd_find_weights(nn_winograd kind);

// Tiles side by side, with eight channels a pixel. The first one starts at `from`, each next one
// out[1] stride pixels to the right.
typedef struct nn_winograd_input {
    const float *from;
    int64_t row, pixel; // floats from one row of pixels to the next; from pixel to pixel
    int rows, columns;  // pixels that may be read, from `from` on; others count as 0
    int tiles;
    float *to; // eight channels of product p of tile t: to + t * tile + p * product
    int64_t tile, product;
} nn_winograd_input;

typedef struct nn_winograd_output {
    int channels;      // 8 or 16
    const float *from; // as `to` of the input, sums for products; sixteen floats each can be read
    int64_t tile, product;
    int tiles;
    const float *bias; // as many as channels
    // added before relu; laid out as `to`, with its own row and plane; may be `to`; or NULL
    const float *skip;
    int64_t skip_row, skip_plane;
    bool relu;          // negative sums become 0 (NaN passes)
    float *to;          // tiles side by side, each of out[0] x out[1] pixels
    int64_t row, pixel; // of `to`; `pixel` of skip, too
    int64_t plane;      // floats from the first eight channels to the second, in `to`
    int rows, columns;  // pixels that may be written, from `to` on
} nn_winograd_output;

// Transforms along one line whose size is not known when compiling: F(out, kernel) with up to
// NN_WINOGRAD_LINE products. Matrices are [from][to]: `input` side x side, `output` side x out;
// `weights` kernel x side, in float64.
enum { NN_WINOGRAD_LINE = 8 };
void nn_winograd_line(int out, int kernel, float *input, float *output, double *weights);

// Such a transform of vectors of eight, for many lines.
typedef struct nn_winograd_lines {
    const float *matrix; // [inner][out]
    int inner, out;      // out <= NN_WINOGRAD_LINE
    int lines;
    const float *from; // vector k of line l: from + l * from_line + k * from_step
    int64_t from_line, from_step;
    float *to; // vector i of line l: to + l * to_line + i * to_step
    int64_t to_line, to_step;
    int last;          // vectors of the last line that may be written
    const float *bias; // eight, or NULL: 0
    bool relu;         // negative sums become 0 (NaN passes)
} nn_winograd_lines;

typedef struct nn_winograd_kernels {
    void (*input[NN_WINOGRAD_COUNT])(const nn_winograd_input *in);
    void (*output[NN_WINOGRAD_COUNT])(const nn_winograd_output *out);
    void (*lines)(const nn_winograd_lines *l);
    // Weights of `lanes` pairs of channels, lane l of tap i (by rows) at from[l * stride + i],
    // become products: lane l of product p at to[p * 16 + l]; lanes that are not there become 0.
    void (*weights)(const nn_winograd_weights *w, const float *from, int64_t stride, int lanes,
                    float *to);
    bool wide; // sixteen floats at a time where CPUs compute with them in one pass
} nn_winograd_kernels;

// Fills *k with the best kernels that need no more than `cpu` (nn_cpu bits of cpu.h).
void nn_winograd_init(nn_winograd_kernels *k, unsigned cpu);

// For nn_winograd_init: puts their versions over those that are in *k. They run on any CPU; what
// they store does not.
void nn_winograd_init_avx2(nn_winograd_kernels *k);
void nn_winograd_init_avx512(nn_winograd_kernels *k); // AVX-512 F, BW, DQ and VL
void nn_winograd_init_wide_avx512(nn_winograd_kernels *k);
void nn_winograd_init_neon(nn_winograd_kernels *k);

#endif
