// SPDX-License-Identifier: MIT
// Winograd's transforms with AVX2.
#define NN_WINOGRAD_INIT nn_winograd_init_avx2
#include "nn/kernels/winograd_vec.c"
