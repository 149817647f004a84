// SPDX-License-Identifier: MIT
// Winograd's transforms with AVX-512: the code for AVX2, compiled for 32 registers instead of 16,
// so that the lines of a tile stay in registers instead of on the stack.
#define NN_WINOGRAD_INIT nn_winograd_init_avx512
#include "nn/kernels/winograd_vec.c"
