// SPDX-License-Identifier: MIT
// IEEE float16 and bfloat16 to and from float32, rounding to nearest even.
#ifndef NN_KERNELS_CAST_H
#define NN_KERNELS_CAST_H

#include <stdint.h>

typedef struct nn_cast_kernels {
    void (*f32_from_f16)(float *dst, const uint16_t *src, int64_t n);
    void (*f16_from_f32)(uint16_t *dst, const float *src, int64_t n);
    void (*f32_from_bf16)(float *dst, const uint16_t *src, int64_t n);
    void (*bf16_from_f32)(uint16_t *dst, const float *src, int64_t n);
} nn_cast_kernels;

void nn_cast_init(nn_cast_kernels *k, unsigned cpu);

// For nn_cast_init: puts its versions over those that are in *k. It runs on any CPU; what it stores
// does not.
void nn_cast_init_avx2(nn_cast_kernels *k);
void nn_cast_init_neon(nn_cast_kernels *k);

#endif
