// SPDX-License-Identifier: MIT
// The bfloat16 kernel of AMX on a machine that has only AVX-512: tiles are played in C.
#include "tests/kernels/amx_emulated.h"

#define nn_bf16_conv_init_amx test_bf16_conv_init_amx_emulated
#include "nn/kernels/bf16conv_amx.c"
