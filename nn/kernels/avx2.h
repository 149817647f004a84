// SPDX-License-Identifier: MIT
// What the AVX2 files of the kernel families export to their FAMILY.c.
#ifndef NN_KERNELS_AVX2_H
#define NN_KERNELS_AVX2_H

#include "nn/kernels/kernels.h"

// Each stores its AVX2 + FMA + F16C versions over the C ones already in *k. These run on any CPU;
// what they store does not.
void nn_nchw8c_init_avx2(nn_nchw8c_kernels *k);
void nn_depthwise_init_avx2(nn_depthwise_kernels *k);
void nn_depthwise_plane_init_avx2(nn_depthwise_plane_kernels *k);
void nn_eltwise_init_avx2(nn_eltwise_kernels *k);
void nn_gemv_init_avx2(nn_gemv_kernels *k);
void nn_cast_init_avx2(nn_cast_kernels *k);
void nn_pixel_init_avx2(nn_pixel_kernels *k);
void nn_microkernel_init_avx2(nn_microkernels *k);
void nn_update_init_avx2(nn_update_kernels *k);
void nn_winograd_init_avx2(nn_winograd_kernels *k);

// For a faster level that leaves some cases to it.
void nn_microkernel_run_avx2(const nn_microkernel_args *t, int count, const float *const *pixel,
                             const int32_t *place);

#endif
