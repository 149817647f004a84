// SPDX-License-Identifier: MIT
// Images with their channels in blocks of eight that lie together (NCHW8c), and a halo of zeros.
#ifndef NN_TENSOR_BLOCKED_H
#define NN_TENSOR_BLOCKED_H

#include "nn/tensor/tensor.h"

// Element (n,c,y,x) of a blocked tensor t lies at data[n t.image + c/8 t.plane + y t.row + 8 x +
// c%8]. Around each plane lies a halo: rows and columns that may be read at negative and too large
// y and x. Its owner keeps it zero; who writes a tensor writes inside (0,0)..(H,W) only. The lanes
// of the last block behind C hold any finite numbers: readers give them no weight, writers may
// write them.
enum { NN_BLOCK = 8 };

typedef struct nn_halo {
    int top, left, bottom, right; // pixels, >= 0
} nn_halo;

static inline int64_t nn_blocked_count(int64_t channels)
{
    return (channels + NN_BLOCK - 1) / NN_BLOCK;
}

static inline float *nn_blocked_at(const nn_tensor *t, int64_t n, int64_t block, int64_t y,
                                   int64_t x)
{
    return (float *)t->data + n * t->image + block * t->plane + y * t->row + x * NN_BLOCK;
}

// Makes t (shape (N,C,H,W) set) blocked with a halo. Returns the floats of the whole storage;
// *origin gets the float of it that t->data has to point at.
int64_t nn_blocked_plan(nn_tensor *t, const nn_halo *halo, int64_t *origin);

// Zeroes the halo of a tensor that was planned with it; what lies inside stays.
void nn_blocked_clear_halo(const nn_tensor *t, const nn_halo *halo);

// Copies images between layouts: one of the two is NN_BLOCKED, or both. Shapes are equal. Lanes
// behind C become zero.
void nn_blocked_copy(const nn_tensor *dst, const nn_tensor *src);

#endif
