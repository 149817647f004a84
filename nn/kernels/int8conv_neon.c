// SPDX-License-Identifier: MIT
// Quantised convolution with NEON alone: about as fast as float32, of a quarter of its memory.
#include <arm_neon.h>

static inline __attribute__((always_inline)) int32x4_t dot(int32x4_t sum, int8x16_t w,
                                                           int32x4_t four)
{
    const int8x16_t x = vreinterpretq_s8_s32(four);
    const int16x8_t low = vmull_s8(vget_low_s8(w), vget_low_s8(x)), high = vmull_high_s8(w, x);
    return vaddq_s32(sum, vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)));
}

#define NN_INT8_DOT(sum, w, x, lane) dot(sum, w, vdupq_laneq_s32(vreinterpretq_s32_s8(x), lane))
#define NN_INT8_INIT nn_int8_conv_init_neon
#define NN_INT8_SPEED 12
#include "nn/kernels/int8conv_neon.h"
