// SPDX-License-Identifier: MIT
// Winograd's transforms with AVX-512, sixteen floats at a time: both halves of a panel on the way
// out, two lines side by side. The way in, bound by stores to the second-level cache, gains
// nothing.
#define NN_WINOGRAD_INIT nn_winograd_init_wide_avx512
#define NN_WINOGRAD_TWO
#include "nn/kernels/winograd_vec.c"
