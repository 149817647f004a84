// SPDX-License-Identifier: MIT
// Small arithmetic for sizes, tiles and the division of work.
#ifndef NN_BASE_ARITH_H
#define NN_BASE_ARITH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NN_ALIGN = 64 }; // bytes: one cache line, one AVX-512 register

// Plain comparisons instead of fminf and fmaxf, which treat NaN specially and do not vectorise.
static inline int64_t nn_min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t nn_max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static inline float nn_min_float(float a, float b)
{
    return a < b ? a : b;
}

static inline float nn_max_float(float a, float b)
{
    return a > b ? a : b;
}

// a / b rounded up; a >= 0, b > 0, and a + b does not overflow.
static inline int64_t nn_divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

// Rounds `bytes` up to a multiple of NN_ALIGN, so that what follows is aligned as well.
static inline size_t nn_align_up(size_t bytes)
{
    return (bytes + NN_ALIGN - 1) / NN_ALIGN * NN_ALIGN;
}

#endif
