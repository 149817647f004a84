// SPDX-License-Identifier: MIT
// The AMX kernel on a machine that has only AVX-512 VNNI: tiles are played in C.
#include "tests/kernels/amx_emulated.h"

#define nn_int8_conv_init_amx test_int8_conv_init_amx_emulated
#include "nn/kernels/int8conv_amx.c"
