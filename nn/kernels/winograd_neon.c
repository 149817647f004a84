// SPDX-License-Identifier: MIT
// Winograd's transforms with NEON.
#define NN_WINOGRAD_INIT nn_winograd_init_neon
#include "nn/kernels/winograd_vec.c"
