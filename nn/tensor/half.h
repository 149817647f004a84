// SPDX-License-Identifier: MIT
// What float16 can hold.
#ifndef NN_TENSOR_HALF_H
#define NN_TENSOR_HALF_H

#include "nn/base/api.h"

#include <stdbool.h>
#include <stdint.h>

// Whether none of `count` finite numbers becomes infinite as float16, which ends at 65504.
NN_API bool nn_half_holds(const float *x, int64_t count);

#endif
