// SPDX-License-Identifier: MIT
// The dispatch table: a struct of function pointers per kernel family, C first, better ISAs over
// it.
#ifndef NN_KERNELS_KERNELS_H
#define NN_KERNELS_KERNELS_H

#include "nn/base/api.h"
#include "nn/kernels/bf16conv.h"
#include "nn/kernels/cast.h"
#include "nn/kernels/cpu.h"
#include "nn/kernels/depthwise.h"
#include "nn/kernels/depthwise_plane.h"
#include "nn/kernels/eltwise.h"
#include "nn/kernels/gemm.h"
#include "nn/kernels/gemv.h"
#include "nn/kernels/int8conv.h"
#include "nn/kernels/int8rows.h"
#include "nn/kernels/microkernel.h"
#include "nn/kernels/nchw8c.h"
#include "nn/kernels/pixel.h"
#include "nn/kernels/plane.h"
#include "nn/kernels/rowconv.h"
#include "nn/kernels/scale.h"
#include "nn/kernels/strassen.h"
#include "nn/kernels/update.h"
#include "nn/kernels/winograd.h"

typedef struct nn_kernels {
    nn_nchw8c_kernels nchw8c;                   // rows of blocked images
    nn_depthwise_kernels depthwise;             // rows of blocked images, a kernel for each channel
    nn_depthwise_plane_kernels depthwise_plane; // dense planes, a kernel for each
    nn_eltwise_kernels eltwise;                 // activations, add, mul, sums
    nn_gemm_kernels gemm;                       // sgemm and im2col
    nn_gemv_kernels gemv;                       // products with one vector or a few
    nn_cast_kernels cast;                       // float16 and bfloat16 conversion
    nn_pixel_kernels pixel;                     // video frames to float planes
    nn_plane_kernels plane;                     // dense planes in training
    nn_microkernels microkernel;                // blocked convolution
    nn_bf16_conv_kernels bf16conv;              // convolution in bfloat16
    nn_int8_conv_kernels int8conv;              // quantised convolution
    nn_int8_row_kernels int8rows;               // rows of quantised images
    nn_rowconv_kernels rowconv;                 // dense planes to rows of blocked images
    nn_scale_kernels scale;                     // video frames to a screen
    nn_update_kernels update;                   // optimiser steps, moving averages
    nn_winograd_kernels winograd;               // transforms of tiles of blocked images
    nn_strassen_kernels strassen;               // sums around products of halves of matrices
} nn_kernels;

// Fills *k with the best kernels that need no more than `cpu`; 0 gives the C reference throughout
// (gemm: our own loops). Tests walk the levels with this.
void nn_kernels_init(nn_kernels *k, unsigned cpu);

// The table for this machine, filled once; the environment variable
// NEROSCALE_CPU=c|avx2|avxvnni|avx512|avx512vnni|amx|neon|dotprod lowers it (avxvnni: avx2 and,
// where there is one, AVX-VNNI; avx512: without VNNI, bfloat16 and NN_CPU_WIDE; avx512vnni: all but
// AMX; neon: without dot products; amx and dotprod: all).
NN_API const nn_kernels *nn_kernels_best(void);
// The CPU level of that table: what the machine has and NEROSCALE_CPU allows.
NN_API unsigned nn_kernels_level(void);

#endif
