// SPDX-License-Identifier: MIT
// Winograd's transforms with AVX-512, sixteen floats at a time. There are 32 registers, so that the
// lines of a tile stay in them instead of on the stack.
#define NN_VEC_PAIRS
#define NN_WINOGRAD_INIT nn_winograd_init_avx512
#include "nn/kernels/winograd_vec.c"
