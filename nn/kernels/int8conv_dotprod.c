// SPDX-License-Identifier: MIT
// Quantised convolution with the dot products of ARMv8.2.
#include <arm_neon.h>

#define NN_INT8_DOT(sum, w, x, lane) vdotq_laneq_s32(sum, w, x, lane)
#define NN_INT8_INIT nn_int8_conv_init_dotprod
#define NN_INT8_SPEED 60
#include "nn/kernels/int8conv_neon.h"
