// SPDX-License-Identifier: MIT
// What the AVX-512 files of the kernel families export to their FAMILY.c.
#ifndef NN_KERNELS_AVX512_H
#define NN_KERNELS_AVX512_H

#include "nn/kernels/kernels.h"

// As those of avx2.h, for CPUs with AVX-512 F, BW, DQ and VL.
void nn_microkernel_init_avx512(nn_microkernels *k);
void nn_winograd_init_avx512(nn_winograd_kernels *k);

#endif
