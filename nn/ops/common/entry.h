// SPDX-License-Identifier: MIT
// Indices that are held as float32: what entry of an axis one means.
#ifndef NN_OPS_COMMON_ENTRY_H
#define NN_OPS_COMMON_ENTRY_H

#include <stdint.h>

// The entry that an index means on an axis of `size`: negative ones count from the end, those
// outside are clamped, NaN becomes 0.
static inline int64_t nn_op_entry(float at, int64_t size)
{
    at += at < 0 ? (float)size : 0;
    return at > 0 ? at < (float)size ? (int64_t)at : size - 1 : 0;
}

#endif
