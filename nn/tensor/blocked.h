// SPDX-License-Identifier: MIT
// Images in NCHW8c: channels in blocks of eight that lie together, with a halo of zeros around each
// plane.
#ifndef NN_TENSOR_BLOCKED_H
#define NN_TENSOR_BLOCKED_H

#include "nn/tensor/tensor.h"

// Element (n,c,y,x) of a blocked tensor t is data[n t.image + c/8 t.plane + y t.row + 8 x + c%8]. A
// halo of rows and columns surrounds each plane, so that readers may use negative and too large y
// and x. The owner of the storage keeps the halo zero; operators write inside (0,0)..(H,W) only.
// The lanes of the last block past C hold any finite numbers: readers multiply them by 0, writers
// may overwrite them.
//
// A quantised image (dtype NN_U8) lies in NCHW16c: blocks of sixteen channels, strides in bytes,
// and the halo holds the byte that stands for 0.
enum { NN_BLOCK = 8, NN_BYTE_BLOCK = 16 };

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

static inline int64_t nn_byte_blocked_count(int64_t channels)
{
    return (channels + NN_BYTE_BLOCK - 1) / NN_BYTE_BLOCK;
}

static inline uint8_t *nn_byte_blocked_at(const nn_tensor *t, int64_t n, int64_t block, int64_t y,
                                          int64_t x)
{
    return (uint8_t *)t->data + n * t->image + block * t->plane + y * t->row + x * NN_BYTE_BLOCK;
}

// Sets layout and strides of t (shape N,C,H,W; float32 or u8) with a halo. Returns the number of
// elements of the storage; *origin gets the index of the element that t->data must point at.
int64_t nn_blocked_plan(nn_tensor *t, const nn_halo *halo, int64_t *origin);

// Zeroes the halo of a float32 image; the elements inside stay.
void nn_blocked_clear_halo(const nn_tensor *t, const nn_halo *halo);
// Sets the halo of a quantised image to this byte.
void nn_byte_blocked_fill_halo(const nn_tensor *t, const nn_halo *halo, uint8_t byte);

// Copies images between layouts; at least one of both tensors is NN_BLOCKED, shapes are equal.
// Lanes past C become zero.
void nn_blocked_copy(const nn_tensor *dst, const nn_tensor *src);

#endif
